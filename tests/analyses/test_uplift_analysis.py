"""The analysis `uplift`: the figures of `cdp segment uplift`, and what is not measured."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from analysed_world import analysed, declared
from builders import AS_OF, Value, add, in_memory
from cdp.analyses.definition import declared as declared_in
from cdp.analyses.kinds.uplift import draw
from cdp.errors import ConfigError, UnknownNameError
from cdp.segments.control import is_held_out, slots
from cdp.segments.uplift import Question, uplift
from cdp.store import Warehouse

BEGAN = AS_OF - timedelta(days=60)
SEGMENTS = {
    "spring": "where: {feature: orders, at_least: 0}\ncontrol:\n  share: 0.3\n  campaigns:\n"
    "    mailing: {share: 0.5}\n",
    "free": "where: {feature: orders, at_least: 1}\n",
}
FIXED: dict[str, Any] = {"kind": "uplift", "segment": "spring", "until": "2026-07-01"}


def campaign(warehouse: Warehouse, folder: Path, members: int = 400) -> None:
    """Add a segment of which the treated order twice as often."""
    (folder / "segments").mkdir(exist_ok=True)
    for name, text in SEGMENTS.items():
        (folder / "segments" / f"{name}.yaml").write_text(text, "utf-8")
    ids = [f"P-{n:03}" for n in range(members)]
    began = BEGAN.replace(tzinfo=None)
    entered: dict[str, Value] = {"segment": "spring", "run_id": 1, "event": "entered", "at": began}
    add(warehouse, "gold.segment_history", *(entered | {"profile_id": one} for one in ids))
    order: dict[str, Value] = {"status": "completed", "ordered_at": began + timedelta(days=9)}
    add(
        warehouse,
        "gold.order",
        *(
            order | {"order_id": f"shop:{n}", "profile_id": one, "amount": 10.0 + n % 7}
            for n, one in enumerate(ids)
            if n % 10 < (3 if is_held_out("spring", 0.3, one) else 6)
        ),
    )


def row(warehouse: Warehouse) -> dict[str, Any]:
    return warehouse.query("from gold.analysis_uplift").row(0, named=True)


def said(warehouse: Warehouse) -> tuple[str, list[str], list[str]]:
    found = warehouse.query("select status, words, marks from gold.analysis").row(0)
    return found[0], found[1], found[2]


def test_it_is_the_uplift_of_the_segment(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        campaign(warehouse, tmp_path)
        analysed(warehouse, tmp_path, files={"spring": FIXED})
        found, (status, words, marks) = row(warehouse), said(warehouse)
        pictures = draw(warehouse, "spring")
        asked = Question("spring", "spring", slots(0.3), "order", BEGAN, AS_OF)
        same = uplift(warehouse, asked)
    assert same.rate is not None
    assert same.spend is not None
    assert (found["rate_difference"], found["rate_low"], found["rate_high"]) == (
        *(same.rate.value, same.rate.low, same.rate.high),
    )
    assert (found["spend_difference"], found["spend_low"]) == (same.spend.value, same.spend.low)
    assert (found["treated"], found["control"]) == (same.treated.members, same.control.members)
    assert found["rate_low"] > 0
    assert found["sample_ratio_p"] == same.sample_ratio_p
    assert found["since"] == BEGAN.replace(tzinfo=None)
    assert (status, marks) == ("found", ["unstable_spend"])
    assert words[1].endswith("percentage points, which shows a difference")
    assert set(pictures) == {"uplift.svg"}


def test_all_segments_with_a_control_group_where_none_is_named(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        campaign(warehouse, tmp_path)
        analysed(warehouse, tmp_path, ask=["uplift"])
        assert row(warehouse)["segment"] == "spring"
        assert warehouse.count("gold.analysis_uplift") == 1
        assert said(warehouse)[2] == ["read_out_not_fixed", "unstable_spend"]
        one = {"kind": "uplift", "segment": "spring", "campaign": "mailing"}
        analysed(warehouse, tmp_path, files={"mailing": one})
        found = warehouse.query("from gold.analysis_uplift where campaign = 'mailing'").row(
            0, named=True
        )
    arm = [is_held_out("mailing", 0.5, f"P-{n:03}") for n in range(400)]
    assert (found["control"], found["treated"]) == (sum(arm), 400 - sum(arm))


def test_before_the_read_out_nothing_is_shown(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        campaign(warehouse, tmp_path)
        analysed(warehouse, tmp_path, files={"spring": FIXED | {"until": "2026-07-02"}})
        status, words, _ = said(warehouse)
        assert (status, warehouse.count("gold.analysis_uplift")) == ("insufficient_data", 0)
        assert words[0].startswith("the read-out is on 2026-07-02, and it is 2026-07-01")


def test_arms_that_were_not_drawn_by_the_hash_conclude_nothing(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        campaign(warehouse, tmp_path)
        held = [f"P-{n:03}" for n in range(300) if is_held_out("spring", 0.3, f"P-{n:03}")]
        warehouse.connection.execute(
            "delete from gold.segment_history where list_contains($held, profile_id)",
            {"held": held},
        )
        analysed(warehouse, tmp_path, files={"spring": FIXED})
        assert row(warehouse)["rate_difference"] is None
        assert said(warehouse)[2] == ["sample_ratio_mismatch"]
        assert "nothing can be concluded" in said(warehouse)[1][1]
        assert draw(warehouse, "spring") == {}


def test_a_segment_that_begins_with_the_run_has_nothing_to_measure(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        campaign(warehouse, tmp_path)
        analysed(warehouse, tmp_path, as_of=BEGAN, ask=["uplift"])
        status, words, _ = said(warehouse)
    assert status == "insufficient_data"
    assert "no time has passed since then" in words[0]


def test_too_few_members_are_said(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        campaign(warehouse, tmp_path, members=2)
        analysed(warehouse, tmp_path, files={"spring": FIXED | {"since": "2026-01-01"}})
        status, words, _ = said(warehouse)
    assert status == "insufficient_data"
    assert "had not two members in both arms on 2026-01-01" in words[0]


@pytest.mark.parametrize(
    ("more", "error", "told"),
    [
        ({"segment": "sprung"}, UnknownNameError, "unknown segment 'sprung'; known: free, spring"),
        ({"segment": "free"}, ConfigError, "has no control group"),
        ({"campaign": "it"}, UnknownNameError, "unknown campaign of segment spring 'it'"),
        ({"outcome": "nothing"}, ConfigError, "known: activity, cart"),
        ({"since": "soon"}, ConfigError, "is no ISO 8601 date or moment"),
        ({"since": "2026-07-02"}, ConfigError, "it comes after `since`"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    tmp_path: Path, more: dict[str, Any], error: type[Exception], told: str
) -> None:
    with in_memory(tmp_path) as warehouse:
        campaign(warehouse, tmp_path, members=10)
        with pytest.raises(error, match=told.replace("(", r"\(")):
            analysed(warehouse, tmp_path, files={"spring": FIXED | more})


def test_moments_without_a_zone_are_of_utc(tmp_path: Path) -> None:
    files = {"it": {"kind": "uplift", "since": "2026-05-01T06:00:00+02:00", "until": AS_OF.date()}}
    found = declared_in(declared(tmp_path, files))["it"].model_dump()
    assert found["since"] == datetime(2026, 5, 1, 4, tzinfo=UTC)
    assert found["until"] == AS_OF
