"""The balance of a run: what became of each row that was read, or the run fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from builders import Value, add
from canonical_room import RECEIVED, Room
from cdp.canonical.account import account
from cdp.errors import ReconciliationError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAPPING = """
objects:
  people:
    parties: [{type: {const: person}, attributes: {family_name: last}, identifiers:
      [{kind: email, value: mail}]}]
"""
LATER = RECEIVED.replace(day=2)


@pytest.fixture
def people(room: Room) -> Iterator[Room]:
    room.warehouse.connection.execute("delete from silver.balance")
    yield room.maps("crm", MAPPING)
    for table in ("silver.balance", "quality.refusal"):
        room.warehouse.connection.execute(f"delete from {table}")  # noqa: S608 - a constant


def read(room: Room, rows_in: int, repeated: int = 0, duplicate: int = 0) -> None:
    """Write down what was landed last as one load, and make silver anew."""
    load: dict[str, Value] = {
        "load_id": room.loads,
        "run_id": room.loads,
        "source": "crm",
        "object": "people",
    }
    counts = {"rows_in": rows_in, "rows_repeated": repeated, "rows_duplicate": duplicate}
    add(room.warehouse, "bronze.load", load | counts)
    room.loads += 1
    room.rebuild()


def test_each_row_that_was_read_became_something(people: Room) -> None:
    people.land("crm", "people", "1", {"last": "Quint"})
    people.land("crm", "people", "1", {"last": "Quinn"}, LATER)
    people.land("crm", "people", "2", {})
    people.land("crm", "people", "3", {"last": "Abel"})
    people.land("crm", "people", "3", {}, LATER, is_deleted=True)
    refused = people.land("crm", "people", "4", {"last": "Zed"})
    people.reject("crm", "people")
    refusal: dict[str, Value] = {
        "seq": refused,
        "source": "crm",
        "object": "people",
        "native_id": "4",
    }
    add(people.warehouse, "quality.refusal", refusal | {"reason": "mail:required"})
    read(people, 11, repeated=4, duplicate=1)
    account(people.warehouse)
    assert people.all("select outcome, reason, rows from silver.balance order by all") == [
        ("accepted", "", 1),
        ("deleted", "", 1),
        ("duplicate", "", 1),
        ("quarantined", "broken_json", 1),
        ("quarantined", "mail:required", 1),
        ("quarantined", "nothing_usable", 1),
        ("superseded", "", 2),
        ("unchanged", "", 3),
    ]
    people.land("crm", "people", "5", {"last": "New"})
    read(people, 1)
    account(people.warehouse)
    later = "select outcome, rows from silver.balance where run_id > 1"
    assert people.all(later) == [("accepted", 1)]


def test_a_run_that_lost_a_row_fails(people: Room) -> None:
    people.land("crm", "people", "1", {"last": "Quint"})
    read(people, 2)
    message = "run 1, crm/people: 2 rows read, but 1 accepted"
    with pytest.raises(ReconciliationError, match=re.escape(message)):
        account(people.warehouse)
    people.warehouse.connection.execute("delete from silver.balance")
