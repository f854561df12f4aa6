"""A preview tells what a definition would change, and changes nothing."""

from pathlib import Path

from builders import AS_OF, add, in_memory
from cdp.segments.compiler import compiled
from cdp.segments.definition import SegmentFile
from cdp.segments.preview import preview


def test_a_preview_compares_with_what_is_published(tmp_path: Path) -> None:
    germans = SegmentFile.model_validate({"where": {"attribute": "country", "is": "DE"}})
    with in_memory(tmp_path) as warehouse:
        for name, country in (("a", "DE"), ("b", "DE"), ("c", "FR"), ("d", "DE")):
            person = {"profile_type": "person", "country": country, "full_name": name.upper()}
            add(warehouse, "gold.profile", {"profile_id": f"P-{name}"} | person)
        memberships = [("it", "P-a"), ("it", "P-c"), ("other", "P-b"), ("other", "P-c")]
        add(
            warehouse,
            "gold.segment_member",
            *({"segment": segment, "profile_id": profile} for segment, profile in memberships),
        )
        before = warehouse.digest("gold.segment_member")
        found = preview(warehouse, compiled("it", {"it": germans}), AS_OF, 2)
        assert warehouse.digest("gold.segment_member") == before
    assert (found.members, found.entering, found.leaving) == (3, 2, 1)
    assert found.overlap == {"other": 1}
    assert found.sample == (("P-a", "A"), ("P-b", "B"))


def test_organisations_are_shown_by_their_name(tmp_path: Path) -> None:
    everybody = SegmentFile.model_validate(
        {"of": "organisation", "where": {"attribute": "name", "exists": True}}
    )
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.account", {"account_id": "A-1", "name": "Acme"})
        found = preview(warehouse, compiled("it", {"it": everybody}), AS_OF)
    assert found.sample == (("A-1", "Acme"),)
