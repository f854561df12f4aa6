"""A view: its slice with blocks, trust, freshness, region and cut, and what is masked of it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from builders import add, opened, workspace
from cdp.errors import ConfigError
from cdp.privacy.masking_views import mask_view
from cdp.publish.served import Generation, Published
from cdp.scenarios.freshness import age
from cdp.scenarios.scenario import OutOfRegionError, Scenario, View, load
from cdp.scenarios.view import view_of
from published import ACME, ADA, BOB, NOW, SCENARIOS, VISITOR, fill, publish

BLOCKS: dict[str, object] = {
    "blocks/orders.yaml": {
        "title": "Orders",
        "table": "order",
        "columns": ["order_id", "ordered_at", "status", "amount"],
    },
    "blocks/seen.yaml": {
        "title": "Seen",
        "table": "interaction",
        "columns": ["subject", "trust_tier", "properties"],
    },
    "blocks/partners.yaml": {
        "title": "Partners",
        "table": "relationship",
        "columns": ["kind", "other_id"],
    },
    "scenarios/desk.yaml": {
        "description": "x",
        "purpose": "service",
        "fields": ["full_name", "email", "scores"],
        "include": ["timeline", "possible"],
        "blocks": ["orders", "seen", "partners"],
        "cut": "lenient",
        "max_age": "26h",
        "region": ["EU"],
    },
}


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> tuple[Generation, dict[str, View]]:
    folder = tmp_path_factory.mktemp("views")
    place = workspace(folder, {"cdp.yaml": {"name": "t", "country": "DE"}} | SCENARIOS | BLOCKS)
    with opened(folder) as warehouse:
        fill(warehouse)
        link = {"profile_id": ADA, "other_id": ACME, "kind": "ship_to"}
        add(warehouse, "gold.relationship", link, link | {"other_id": BOB, "kind": "bill_to"})
        warehouse.connection.execute(
            "update gold.profile set region = 'EU' where profile_id <> $1", [VISITOR]
        )
        warehouse.connection.execute("update gold.attribute set trust_tier = 'observed'")
        publish(place, warehouse)
    return Published(place.home).current(), load(place)


Views = tuple[Generation, dict[str, View]]


def seen(views: Views, id_: str = ADA, **later: float) -> dict[str, Any]:
    return view_of(views[0], "profile", id_, views[1]["desk"], NOW + timedelta(**later))


def test_a_view_shows_its_blocks_each_with_its_trust(views: Views) -> None:
    found = seen(views)
    blocks = found["blocks"]
    assert list(blocks) == ["orders", "seen", "partners"]
    assert [(b["title"], b["trust"], len(b["rows"])) for b in blocks.values()] == [
        ("Orders", "fact", 5),
        ("Seen", "evidence", 1),
        ("Partners", "fact", 2),
    ]
    assert found["view"]["trust"] == {
        "profile_id": "fact",
        "full_name": "fact",
        "email": "fact",
        "scores": "evidence",
        "timeline": "mixed",
        "possible": "evidence",
    }
    assert {entry["kind"]: entry["trust"] for entry in found["timeline"]} == {
        "order": "fact",
        "ticket": "fact",
        "interaction": "evidence",
    }


def test_a_party_that_a_row_names_comes_with_name_and_address(views: Views) -> None:
    rows = {row["kind"]: row["other"] for row in seen(views)["blocks"]["partners"]["rows"]}
    assert (rows["ship_to"]["name"], rows["ship_to"]["address"]["city"]) == ("Acme Tools", "Ulm")
    assert rows["bill_to"]["name"] == "Bob Adamson"


def test_a_lenient_cut_shows_who_is_perhaps_the_same_apart_and_marked(views: Views) -> None:
    found = seen(views)["possible"]
    assert [(one["other_id"], one["certainty"], one["name"]) for one in found] == [
        (BOB, "possible", "Bob Adamson")
    ]
    assert found[0]["blocks"]["orders"]["rows"] == []
    strict = Scenario.model_validate({"description": "x", "purpose": "x", "include": ["possible"]})
    plain = view_of(views[0], "profile", ADA, View("plain", strict, {}), NOW)
    assert plain["possible"] == [{"other_id": BOB}]
    assert "blocks" not in plain


@pytest.mark.parametrize(("hours", "stale"), [(1, False), (26, False), (27, True)])
def test_what_is_too_old_is_marked(views: Views, hours: int, stale: bool) -> None:
    about = seen(views, hours=hours)["view"]
    assert about["stale"] is stale
    assert about["published_at"] == "2026-07-01T06:00:00Z"
    assert about["fresh_until"] == "2026-07-02T08:00:00Z"
    assert (about["name"], about["purpose"], about["cut"]) == ("desk", "service", "lenient")


def test_a_view_shows_its_regions_only(views: Views) -> None:
    with pytest.raises(OutOfRegionError, match="the view desk shows profiles of EU only"):
        seen(views, VISITOR)


def test_a_new_profile_is_shown_by_the_region_of_its_source(views: Views) -> None:
    view = views[1]["desk"]
    live = {"live": {"provisional": True}}
    view.refuse_other_regions(live | {"region": view.scenario.region[0]})
    with pytest.raises(OutOfRegionError, match="no known region"):
        view.refuse_other_regions(live)


def test_masked_a_block_shows_what_is_no_personal_value(views: Views) -> None:
    found = mask_view("profile", seen(views))
    assert found["full_name"] == "A. É. E."
    rows = found["blocks"]["orders"]["rows"]
    assert set(rows[0]) == {"order_id", "ordered_at", "status", "amount"}
    assert rows[0]["amount"] is None
    assert rows[0]["ordered_at"] == "2026-06-01T00:00:00Z"
    assert found["blocks"]["seen"]["rows"][0]["subject"] is None
    assert found["blocks"]["seen"]["rows"][0]["properties"] is None
    partners = {row["kind"]: row["other"] for row in found["blocks"]["partners"]["rows"]}
    assert partners["ship_to"]["name"] == "Acme Tools"
    assert (partners["bill_to"]["name"], partners["bill_to"]["address"]["city"]) == ("B. A.", None)
    assert found["possible"][0]["name"] == "B. A."
    assert [entry["trust"] for entry in found["timeline"]].count("evidence") == 1
    assert found["view"]["name"] == "desk"


def test_a_block_that_is_declared_but_not_published_is_a_marked_gap(views: Views) -> None:
    view = views[1]["desk"]
    later = View("later", view.scenario, {"campaigns": view.blocks["orders"]})
    block = view_of(views[0], "profile", ADA, later, NOW)["blocks"]["campaigns"]
    assert block["rows"] == []
    assert block["gap"]["status"] == "not_published"


def test_an_unknown_block_names_the_nearest(tmp_path: Path) -> None:
    wrong = {"description": "x", "purpose": "x", "blocks": ["order"]}
    place = workspace(tmp_path, BLOCKS | {"scenarios/a.yaml": wrong})
    with pytest.raises(ConfigError, match=r"a\.yaml: there is no block order; perhaps orders"):
        load(place)


@pytest.mark.parametrize("text", ["", "0h", "h", "-1d", "3 weeks", "1.5h"])
def test_what_is_no_age_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no age"):
        age(text)
