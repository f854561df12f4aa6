"""What becomes of versions: accepted, replaced or in quarantine, and nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from cdp.errors import ReconciliationError

if TYPE_CHECKING:
    from canonical_room import Room

PEOPLE = """
objects:
  people:
    strip_zeros: true
    parties:
      - type: {path: type, default: person, map: {p: person, o: organisation}}
        created: made
        changed: touched
        status: {path: state, map: {1: active, 2: blocked}}
        attributes: {family_name: last, birth_date: born, organisation_name: name}
        identifiers: [{kind: email, value: mail}]
"""
ORDERS = """
objects:
  orders:
    orders:
      - party: buyer
        account: firm
        mentions: [{kind: email, value: mail}, {kind: source, of: crm, value: key}]
        ordered_at: at
        status: {path: s, map: {1: open}, default: completed}
        channel: {const: shop}
        currency: {const: EUR}
        amount: total
        lines: {each: lines, product: sku, quantity: n, amount: sum}
"""
BALANCE = (
    "select source, object, versions, accepted, superseded, quarantined, fields_left_out "
    "from silver.reconciliation order by all"
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_latest_version_holds_whatever_the_order_of_arrival(room: Room) -> None:
    room.maps("s", PEOPLE)
    room.land("s", "people", "0007", {"last": "New"}, at("2025-03-01"))
    room.land("s", "people", "7", {"last": "Old"}, at("2025-01-01"))
    room.land("s", "people", "8", {"last": "First"})
    room.land("s", "people", "8", {"last": "Second"})
    room.rebuild()
    names = room.all("select record_id, value from silver.attribute order by all")
    assert names == [("s:7", "New"), ("s:8", "Second")]
    assert room.all("select native_id, changed_at from silver.record order by 1")[0] == (
        "7",
        at("2025-03-01"),
    )
    assert room.all(BALANCE) == [("s", "people", 4, 2, 2, 0, 0)]


def test_a_bad_value_is_left_out_and_its_record_accepted(room: Room) -> None:
    room.maps("s", PEOPLE)
    room.land(
        "s", "people", "1", {"last": "Quint", "mail": "n/a", "born": "31.02.1976", "state": 9}
    )
    room.rebuild()
    rows = room.all(
        "select field, reason, original, native_id, locator, whole_record from silver.quarantine "
        "order by field"
    )
    assert rows == [
        ("birth_date", "invalid_date", "31.02.1976", "1", "file.json#1", False),
        ("email", "invalid_email", "n/a", "1", "file.json#1", False),
        ("status", "unknown_code", "9", "1", "file.json#1", False),
    ]
    assert room.all("select status from silver.record") == [(None,)]
    assert room.all(BALANCE) == [("s", "people", 1, 1, 0, 0, 3)]


@pytest.mark.parametrize(
    ("payload", "reason", "field"),
    [
        ({"born": "1980-01-01"}, "nothing_usable", None),
        ({"last": "???", "mail": "n/a"}, "nothing_usable", None),
        ({"type": "x", "last": "Quint"}, "unknown_code", "type"),
    ],
)
def test_a_party_without_anything_usable_is_refused(
    room: Room, payload: dict[str, str], reason: str, field: str | None
) -> None:
    room.maps("s", PEOPLE)
    room.land("s", "people", "1", payload)
    room.rebuild()
    assert room.all("select reason, field, whole_record from silver.quarantine") == [
        (reason, field, True)
    ]
    assert room.all("select * from silver.record") == []
    assert room.all(BALANCE) == [("s", "people", 1, 0, 0, 1, 0)]


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"total": "twenty"}, "invalid_number", "amount"),
        ({"at": "2025-02-30T09:09:09Z"}, "invalid_date", "ordered_at"),
        ({"total": None}, "missing_amount", "amount"),
        ({"s": 7}, "unknown_code", "status"),
    ],
)
def test_an_order_without_what_it_needs_is_refused_with_its_lines(
    room: Room, change: dict[str, object], reason: str, field: str
) -> None:
    room.maps("shop", ORDERS)
    order = {"at": "2025-01-01", "total": "5", "lines": [{"n": 1, "sum": 5}], **change}
    room.land("shop", "orders", "1", order)
    room.rebuild()
    assert room.all("select reason, field, whole_record from silver.quarantine") == [
        (reason, field, True)
    ]
    assert room.all("select * from silver.order") == []
    assert room.all("select * from silver.order_line") == []
    message = room.all("select message from silver.quarantine")[0][0]
    assert field in message


def test_the_lines_of_a_refused_order_do_not_stay_with_a_buyer_of_its_key(room: Room) -> None:
    buyer = "    parties: [{type: {const: person}, identifiers: [{kind: email, value: mail}]}]\n"
    room.maps("shop", ORDERS + buyer)
    line = {"n": 1, "sum": 5}
    room.land("shop", "orders", "1", {"at": "2025-01-01", "mail": "a@b.de", "lines": [line]})
    room.rebuild()
    assert room.all("select record_id from silver.record") == [("shop:1",)]
    assert room.all("select * from silver.order") == []
    assert room.all("select * from silver.order_line") == []


def test_an_order_with_its_party_and_lines(room: Room) -> None:
    room.maps("shop", ORDERS)
    lines = [
        {"sku": "a", "n": "2", "sum": "3,50"},
        {"sku": "b", "n": "?", "sum": 1},
        {"n": 1, "sum": 1},
    ]
    order = {"at": "2025-01-01T10:00:00+02:00", "total": "5", "lines": lines, "note": "x"}
    room.land("shop", "orders", "1", {**order, "buyer": "77", "mail": "a@x.example"})
    room.land("shop", "orders", "2", {**order, "mail": "A@x.example", "firm": "9"})
    room.land("shop", "orders", "3", {**order, "mail": "n/a", "key": "k"})
    room.land("shop", "orders", "4", order)
    room.rebuild()
    rows = room.all(
        "select order_id, record_id, account_record_id, ref_kind, ref_value, ordered_at, custom "
        "from silver.order order by 1"
    )
    moment = at("2025-01-01T08:00:00")
    assert rows == [
        ("shop:1", "shop:77", None, None, None, moment, '{"note":"x"}'),
        ("shop:2", None, "shop:9", "email", "a@x.example", moment, '{"note":"x"}'),
        ("shop:3", None, None, "source", "crm:k", moment, '{"note":"x"}'),
        ("shop:4", None, None, None, None, moment, '{"note":"x"}'),
    ]
    first = (
        "select line, product_id, quantity, amount from silver.order_line where order_id = 'shop:1'"
    )
    assert [(a, b, float(c), float(d)) for a, b, c, d in room.all(f"{first} order by 1")] == [
        (1, "shop:a", 2.0, 3.5),
        (2, None, 1.0, 1.0),
    ]
    left_out = (
        "select distinct field, reason from silver.quarantine where native_id = '4' order by 1"
    )
    assert room.all(left_out) == [
        ("order_line", "missing_quantity"),
        ("order_line.quantity", "invalid_number"),
    ]


def test_two_objects_with_one_key_are_told_apart(room: Room) -> None:
    people = PEOPLE.replace("people:", "a:") + PEOPLE.replace("objects:\n  people:", "  b:")
    room.maps("s", people)
    room.land("s", "b", "1", {"last": "Second"})
    room.land("s", "a", "1", {"last": "First"})
    room.rebuild()
    assert room.all("select record_id, value from silver.attribute") == [("s:1", "First")]
    assert room.all("select object, reason from silver.quarantine") == [("b", "id_taken")]


def test_an_object_without_a_mapping_is_counted_and_named(room: Room) -> None:
    room.maps("s", PEOPLE)
    room.land("s", "strange", "1", {"a": 1})
    room.land("s", "strange", "1", {"a": 2})
    room.reject("s", "strange")
    room.rebuild()
    assert room.all(BALANCE) == [("s", "strange", 3, 0, 1, 2, 0)]
    reasons = room.all("select reason, native_id from silver.quarantine order by 1")
    assert reasons == [("broken_json", None), ("no_mapping", "1")]


def test_a_record_to_which_nothing_applies_is_counted(room: Room) -> None:
    room.maps(
        "s",
        PEOPLE.replace("        created", "        when: {field: kind, is: x}\n        created"),
    )
    room.land("s", "people", "1", {"last": "Quint"})
    room.rebuild()
    assert room.all("select reason from silver.quarantine") == [("nothing_applies",)]


def test_only_declared_sources_are_in_silver(room: Room) -> None:
    room.maps("s", PEOPLE).maps("t", PEOPLE)
    room.land("s", "people", "1", {"last": "Quint"})
    room.land("t", "people", "1", {"last": "Quint"})
    room.reject("t", "people")
    room.rebuild()
    assert len(room.all("select * from silver.record")) == 2
    del room.mappings["t"]
    room.rebuild()
    assert room.all("select record_id from silver.record") == [("s:1",)]
    assert room.all(BALANCE) == [("s", "people", 1, 1, 0, 0, 0)]


def test_no_source_gives_an_empty_silver(room: Room) -> None:
    room.land("s", "people", "1", {"last": "Quint"})
    room.rebuild()
    assert room.all("select * from silver.record") == []
    assert room.all(BALANCE) == []


def test_rebuilding_changes_nothing(room: Room) -> None:
    room.maps("s", PEOPLE).maps("shop", ORDERS)
    room.land("s", "people", "1", {"last": "Quint", "mail": "n/a"})
    room.land("shop", "orders", "1", {"at": "2025-01-01", "total": "5"})
    room.rebuild()
    tables = ("silver.record", "silver.attribute", "silver.order", "silver.quarantine")
    before = [room.warehouse.digest(table) for table in tables]
    room.rebuild()
    assert [room.warehouse.digest(table) for table in tables] == before


def test_versions_that_all_count_are_statements_of_their_own(room: Room) -> None:
    room.maps(
        "m",
        """
objects:
  permissions:
    versions: all
    consents:
      - party: who
        contact_kind: {const: email}
        contact: mail
        channel: {const: email}
        state: {path: p, map: {Y: granted, N: denied}}
        given_at: at
""",
    )
    room.land(
        "m", "permissions", "k", {"who": "1", "mail": "A@x.example", "p": "N", "at": "2025-01-01"}
    )
    room.land(
        "m", "permissions", "k", {"who": "1", "mail": "a@x.example", "p": "Y", "at": "2025-02-01"}
    )
    room.land("m", "permissions", "l", {"who": "1", "mail": "no address", "p": "Y"})
    room.land("m", "permissions", "j", {"mail": "b@x.example", "p": "Y"}, at("2025-03-01"))
    room.rebuild()
    rows = room.all(
        "select consent_id, record_id, contact_value, state, given_at, purpose, category, provable "
        "from silver.consent order by 1"
    )
    usual = ("marketing", "any", False)
    assert rows == [
        ("m:j", None, "b@x.example", "granted", at("2025-03-01"), *usual),
        ("m:k", "m:1", "a@x.example", "denied", at("2025-01-01"), *usual),
        ("m:k:2", "m:1", "a@x.example", "granted", at("2025-02-01"), *usual),
    ]
    # A permission for an address that cannot be read must not become one for every address.
    assert room.all("select reason, field from silver.quarantine") == [("invalid_email", "contact")]


def test_a_stage_that_does_not_add_up_stops_and_says_where(room: Room) -> None:
    room.maps("s", PEOPLE)
    room.land("s", "people", "1", {"last": "Quint"})
    seq = room.land("s", "people", "2", {"last": "Quint"})
    before = room.warehouse.digest("silver.reconciliation")
    # Bronze is damaged: two versions with one number.
    room.warehouse.connection.execute("update bronze.record set seq = 1 where seq = ?", [seq])
    with pytest.raises(ReconciliationError, match="s/people: 2 versions in bronze"):
        room.rebuild()
    assert room.warehouse.digest("silver.reconciliation") == before


@pytest.mark.parametrize(
    ("versions", "is_there", "balance"),
    [
        ([("b", 2, None), ("", 3, True)], False, (3, 0, 2, 1, 0)),
        ([("", 3, True), ("b", 2, None)], False, (3, 0, 2, 1, 0)),
        ([("", 2, True), ("b", 3, None)], True, (3, 1, 2, 0, 0)),
        ([("", 2, True), ("", 3, True)], False, (3, 0, 2, 1, 0)),
    ],
)
def test_an_object_that_is_gone(
    room: Room, versions: list[Any], *, is_there: bool, balance: tuple[int, ...]
) -> None:
    room.maps("crm", PEOPLE)
    day = datetime.fromisoformat("2026-01-01")
    room.land("crm", "people", "1", {"last": "Quint", "mail": "a@x.example"}, day)
    for name, later, is_deleted in versions:
        payload = {"last": name, "mail": "a@x.example"}
        changed = day + timedelta(days=later)
        room.land("crm", "people", "1", payload, changed, is_deleted=is_deleted)
    room.rebuild()
    found = room.all(
        "select versions, accepted, superseded, deleted, quarantined from silver.reconciliation"
    )
    assert found == [balance]
    assert bool(room.all("select * from silver.record")) is is_there
    assert bool(room.all("select * from silver.identifier")) is is_there
