"""Declared blocks: what YAML may say, the rows that are packed, and what a delta makes of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders import add, opened, workspace
from cdp.errors import ConfigError
from cdp.publish.blocks import MOST_BLOCKS, load
from cdp.publish.packed_blocks import packed
from cdp.publish.served import Generation, Published
from cdp.settings import Workspace
from published import ACME, ADA, BOB, SCENARIOS, copied, fill, publish

ORDERS: dict[str, object] = {
    "title": "Orders",
    "table": "order",
    "columns": ["ordered_at", "status", "amount"],
    "order": ["ordered_at desc"],
    "limit": 3,
}
BLOCKS: dict[str, object] = {
    "orders": ORDERS,
    "products": {
        "title": "Products",
        "table": "order_line",
        "through": "order",
        "columns": ["product", "quantity", "ordered_at"],
        "where": {"status": ["comp*"], "product_id": [None, "shop:1"]},
        "one_per": ["product_id"],
    },
    "contacts": {
        "title": "Contacts",
        "table": "relationship",
        "owner": ["other_id"],
        "columns": ["profile_id", "kind"],
    },
    "origins": {"title": "Origins", "table": "attribute", "columns": ["attribute", "losers"]},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published workspace with blocks, not to be changed."""
    folder = tmp_path_factory.mktemp("blocks")
    files = {f"blocks/{name}.yaml": block for name, block in BLOCKS.items()}
    place = workspace(folder, {"cdp.yaml": {"name": "test", "country": "DE"}} | SCENARIOS | files)
    with opened(folder) as warehouse:
        fill(warehouse)
        add(warehouse, "gold.relationship", {"profile_id": ADA, "other_id": ACME, "kind": "works"})
        publish(place, warehouse)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Workspace:
    return copied(made, tmp_path)


def rows(generation: Generation, name: str, id_: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(generation.document(f"block:{name}", id_) or b"[]")
    return found


def test_a_block_holds_the_rows_of_its_owner_in_order_up_to_its_limit(place: Workspace) -> None:
    generation = Published(place.home).current()
    assert [row["ordered_at"][:10] for row in rows(generation, "orders", ADA)] == [
        "2026-06-05",
        "2026-06-04",
        "2026-06-03",
    ]
    assert rows(generation, "orders", ACME) == [
        {"ordered_at": "2026-06-01T00:00:00Z", "status": "completed", "amount": 10.5}
    ]
    assert rows(generation, "orders", BOB) == []


def test_rows_without_an_owner_are_found_through_another_table(place: Workspace) -> None:
    generation = Published(place.home).current()
    bought = {"product": None, "quantity": 1.0, "ordered_at": "2026-06-01T00:00:00Z"}
    assert rows(generation, "products", ADA) == [bought]
    assert rows(generation, "products", ACME) == [bought]


def test_whose_a_row_is_can_be_said(place: Workspace) -> None:
    generation = Published(place.home).current()
    assert rows(generation, "contacts", ACME) == [{"profile_id": ADA, "kind": "works"}]
    assert rows(generation, "contacts", ADA) == []


def test_json_stays_json(place: Workspace) -> None:
    found = rows(Published(place.home).current(), "origins", ADA)
    assert [row["attribute"] for row in found] == ["address", "given_name"]
    assert found[1]["losers"] == [{"value": "Adda", "record_id": "shop:ada@example.org"}]


def test_a_changed_block_is_published_though_no_row_changed(place: Workspace) -> None:
    path = place.root / "blocks" / "orders.yaml"
    path.write_text(path.read_text().replace("limit: 3", "limit: 1"))
    with opened(place.root) as warehouse:
        publish(place, warehouse, 2)
    generation = Published(place.home).current()
    assert generation.number == 2
    assert len(rows(generation, "orders", ADA)) == 1


def test_a_block_is_a_fact_or_evidence(place: Workspace) -> None:
    told = workspace(place.root, {"blocks/seen.yaml": {"title": "x", "table": "interaction"}})
    tiers = {name: block.tier for name, block in load(told).items()}
    assert tiers["orders"] == "fact"
    assert tiers["seen"] == "evidence"


WRONG: list[tuple[str, dict[str, object], str]] = [
    ("a", {"table": "tickets"}, "there is no table tickets; perhaps ticket"),
    ("a", {"table": "zzz"}, "there is no table zzz; there are: .*order"),
    ("a", {"table": "order", "columns": ["ammount"]}, "no column ammount; perhaps amount"),
    ("a", {"table": "order", "order": ["amount down"]}, "is no column with asc or desc"),
    ("a", {"table": "order_line"}, "does not say whose a row is; name a table that does"),
    ("a", {"table": "ticket", "through": "order"}, "has no order_id, by which rows of"),
    ("a", {"table": "ticket", "limit": 0}, "limit"),
    ("A", {"table": "ticket"}, "small letters"),
]


@pytest.mark.parametrize(("name", "wrong", "message"), WRONG)
def test_what_cannot_be_packed_is_said(
    tmp_path: Path, name: str, wrong: dict[str, object], message: str
) -> None:
    place = workspace(tmp_path, {f"blocks/{name}.yaml": {"title": "x"} | wrong})
    with pytest.raises(ConfigError, match=message):
        packed(place)


def test_so_many_blocks_are_refused(tmp_path: Path) -> None:
    files: dict[str, object] = {f"blocks/b{n}.yaml": ORDERS for n in range(MOST_BLOCKS + 1)}
    with pytest.raises(ConfigError, match="41 blocks; 40 are possible"):
        packed(workspace(tmp_path, files))


def test_what_a_row_is_called_may_change_without_its_owner_being_touched(tmp_path: Path) -> None:
    member: dict[str, object] = {
        "title": "Campaigns",
        "table": "campaign_member",
        "through": "campaign",
        "columns": ["name", "status"],
    }
    found = packed(workspace(tmp_path, {"blocks/in.yaml": member, "blocks/orders.yaml": ORDERS}))
    assert found["block:in"].ids is None
    assert found["block:orders"].ids == "step.publish_id"
    assert found["block:in"].statement.reads == ("gold.campaign_member", "gold.campaign")
