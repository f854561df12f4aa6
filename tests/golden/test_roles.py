"""Roles of one party from many records, and the hierarchy of organisations."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

from cdp.golden.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Delta, Run
from golden_rows import NOON, add, day, empty, person, refine, rows

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store import Warehouse

TABLES = ("gold.role", "gold.account_hierarchy", "gold.relationship", "gold.account")


def test_one_party_plays_many_roles_each_with_its_own_attributes(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"given_name": "Ann", "role": "contact"})
        person(warehouse, "erp:1", "P-1")
        person(warehouse, "shop:1", "P-1", {"role": "customer"})
        customer = {"role": "customer", "scope": "1000/10"}
        add(
            warehouse,
            "silver.party_role",
            [
                customer
                | {
                    "record_id": "crm:1",
                    "attributes": '{"terms":"14","note":"kind"}',
                    "seen_at": day(9),
                    "valid_to": day(10),
                },
                customer
                | {
                    "record_id": "erp:1",
                    "attributes": '{"terms":"30"}',
                    "seen_at": day(1),
                    "valid_from": day(1),
                },
                {"record_id": "erp:1", "role": "employee"},
                {"record_id": "nobody:1", "role": "employee"},
            ],
        )
        warehouse.connection.execute(
            "update silver.record set trust_tier = 'master_data' where record_id = 'erp:1'"
        )
        refine(warehouse, tmp_path)
        found = rows(warehouse, "gold.role", "role", "scope", "records")
        (terms,) = warehouse.query("from gold.role where scope = '1000/10'").to_dicts()
    assert sorted(found) == [
        ("contact", "any", ["crm:1"]),
        ("customer", "1000/10", ["crm:1", "erp:1"]),
        ("customer", "any", ["shop:1"]),
        ("employee", "any", ["erp:1"]),
    ]
    # the master data win though the other record was confirmed later, and nothing is lost
    assert json.loads(terms["attributes"]) == {"note": "kind", "terms": "30"}
    assert (terms["valid_from"], terms["valid_to"]) == (day(1), None)


def test_hierarchy_has_parent_top_and_depth_and_circles_are_cut(tmp_path: Path) -> None:
    above = [(1, 2), (2, 3), (5, 6), (6, 7), (7, 5), (8, 7), (9, 8)]
    with empty() as warehouse:
        for number in range(1, 11):
            person(warehouse, f"erp:{number}", f"A-{number:02}")
        add(
            warehouse,
            "silver.relationship",
            [
                {"record_id": f"erp:{a}", "other_record_id": f"erp:{b}", "kind": "subsidiary_of"}
                for a, b in above
            ],
        )
        report = refine(warehouse, tmp_path)
        found = rows(
            warehouse,
            "gold.account_hierarchy",
            "account_id",
            "parent_account_id",
            "top_account_id",
            "depth",
            "cut_account_id",
        )
    assert sorted(found) == [
        ("A-01", "A-02", "A-03", 2, None),
        ("A-02", "A-03", "A-03", 1, None),
        ("A-03", None, "A-03", 0, None),
        ("A-05", None, "A-05", 0, "A-06"),
        ("A-06", "A-07", "A-05", 2, None),
        ("A-07", "A-05", "A-05", 1, None),
        ("A-08", "A-07", "A-05", 2, None),
        ("A-09", "A-08", "A-05", 3, None),
    ]
    (note,) = report.notes
    assert note.startswith("A-05 stands above and below A-06; the link above A-05 is cut")


def firms(warehouse: Warehouse, above: dict[int, int], terms: str) -> None:
    """Put nine organisations into silver, with who is above whom, and the role of one of them."""
    for table in ("silver.record", "identity.assignment", "silver.relationship"):
        warehouse.connection.execute(f"delete from {table}")  # noqa: S608 - a constant
    warehouse.connection.execute("delete from silver.party_role")
    for number in range(1, 10):
        person(warehouse, f"erp:{number}", f"A-{number:02}")
    links = [
        {"record_id": f"erp:{a}", "other_record_id": f"erp:{b}", "kind": "subsidiary_of"}
        for a, b in above.items()
    ]
    add(warehouse, "silver.relationship", links)
    role = {"record_id": "erp:2", "role": "customer", "attributes": f'{{"terms":"{terms}"}}'}
    add(warehouse, "silver.party_role", [role])


def follow(warehouse: Warehouse, root: Path, *records: str) -> set[str]:
    """Bring gold up to date with these records; return whose rows may be others."""
    for kind in ("record_id", "profile_id", "account_id"):
        name = f"step.touched_{kind}"
        warehouse.connection.execute(f"create or replace table {name} ({kind} varchar)")
    for record_id in records:
        warehouse.connection.execute("insert into step.touched_record_id values (?)", [record_id])
    moment = NOON.replace(tzinfo=UTC)
    assert STAGE.delta is not None
    with warehouse.transaction():
        report = STAGE.delta(Run(2, moment, moment, 1, warehouse, Workspace(root)), Delta(1, {}))
    assert report is not None
    assert report.touched["profile_id"] == "step.touched_profile_id"
    return set(warehouse.query("from step.touched_profile_id")["profile_id"])


def held(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    return {t: warehouse.query(f"from {t} order by all").rows() for t in TABLES}


def test_a_delta_reaches_all_below_the_link_that_changed(tmp_path: Path) -> None:
    before = {1: 2, 2: 3, 4: 1, 6: 7}
    with empty() as warehouse:
        firms(warehouse, before, "14")
        refine(warehouse, tmp_path)
        firms(warehouse, {**before, 3: 8, 7: 6}, "30")
        touched = follow(warehouse, tmp_path, "erp:2", "erp:3", "erp:7")
        found = held(warehouse)
        refine(warehouse, tmp_path)
        assert found == held(warehouse)
    # all that have another top now, those who were not touched themselves included
    assert {"A-01", "A-02", "A-03", "A-04", "A-06", "A-07", "A-08"} <= touched
    assert "A-09" not in touched
