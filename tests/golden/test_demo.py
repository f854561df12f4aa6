"""The golden room on the committed fixtures: what their case book promises."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from cdp.settings import Workspace
from cdp.store import Warehouse
from cdp.store.connection import connect
from conftest import FIXTURES
from golden_rows import rows

SCOPE = ("email", "marketing", "any")


@pytest.fixture(scope="module")
def gold(demo: Workspace) -> Iterator[Warehouse]:
    connection = connect(demo.home / "work.duckdb", read_only=True)
    try:
        yield Warehouse(connection)
    finally:
        connection.close()


def _promised(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_conflicting_permissions_end_as_the_case_book_says(gold: Warehouse) -> None:
    owner = dict(rows(gold, "gold.source_record", "record_id", "profile_id"))
    columns = ("profile_id", "contact_value", "channel", "purpose", "category", "state")
    found = {row[:2]: row[5] for row in rows(gold, "gold.consent", *columns) if row[2:5] == SCOPE}
    together = [
        case
        for case in _promised(FIXTURES / "consents.csv")
        if owner[case["record_id_1"]] == owner[case["record_id_2"]]
    ]
    wrong = [
        case
        for case in together
        if (found[owner[case["record_id_1"]], case["address"]] == "granted")
        != (case["expected"] == "in")
    ]
    assert wrong == []
    assert len(together) > 10


def test_no_order_of_the_fixtures_is_a_copy(gold: Warehouse) -> None:
    assert {row[0] for row in rows(gold, "gold.order", "duplicate_of")} == {None}


def test_every_golden_value_is_one_that_its_record_gave(gold: Warehouse) -> None:
    stray = (
        "select a.attribute, a.value from gold.attribute as a where a.attribute in "
        "(select attribute from silver.attribute) and a.attribute <> 'full_name' and not exists "
        "(from silver.attribute as s where s.record_id = a.record_id "
        "and s.attribute = a.attribute and s.value = a.value)"
    )
    assert gold.query(stray).rows() == []
