"""The law of wide tables: a record comes out of them as it does cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from canonical_room import Room
from cdp.canonical import engine
from cdp.canonical.engine import TABLES
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from cdp.canonical.plan import Entity
    from cdp.store import Warehouse

pytestmark = pytest.mark.long

CRM: Final = """
objects:
  people:
    unpack: [more]
    parties:
      - type: {path: type, default: person, map: {p: person, o: organisation, v: visitor}}
        country: land
        status: {path: state, map: {1: active, 2: blocked, 3: ~}}
        created: made
        changed: at
        attributes:
          given_name: first
          family_name: {path: last, strip_zeros: true}
          birth_date: born
          gender: {path: sex, map: {1: male, 2: female}}
          organisation_name: {path: last, when: {field: type, is: o}}
          role: [role, {const: customer, when: {field: state, filled: true}}, second]
        addresses:
          - {street: street, city: city, country: land}
          - {when: {field: type, is: p}, street: home, city: city, country: {const: DE}}
        identifiers:
          - {kind: email, value: mail, verified: sure}
          - {kind: email, value: other_mail, when: {field: ok, filled: true}}
          - {kind: phone, value: phone}
          - {kind: phone, value: mobile, country: land, verified: sure}
          - {kind: source, value: twin}
          - {kind: source, of: web, value: {path: user, strip_zeros: true}}
        consents:
          - {when: {field: ok, filled: true}, contact_kind: {const: email}, contact: mail,
             channel: {const: email}, state: {path: ok, map: {y: granted, n: denied}}}
        relationships: [{to: boss, kind: contact_of}]
  others:
    versions: all
    parties:
      - {type: {const: person}, id: key, attributes: {full_name: last}, custom: false,
         identifiers: [{kind: email, value: mail}]}
  guests:
    parties:
      - {type: {const: visitor}, id: key, merge: true, changed: at}
    visitor_links: [{visitor: key, user: user}]
"""
WEB: Final = """
objects:
  orders:
    orders:
      - {party: user, account: firm, ordered_at: at, channel: {const: shop}, amount: total,
         status: {path: state, map: {1: open, 2: completed}}, currency: {const: EUR},
         mentions: [{kind: email, value: mail}, {kind: phone, value: phone, country: land}],
         lines: {each: lines, product: sku, name: name, quantity: n, amount: sum}}
    carts:
      - {when: {field: cart, filled: true}, party: user, created_at: at, changed_at: at,
         status: {const: open}, currency: money, amount: total,
         lines: {each: lines, product: sku, name: name, quantity: n, amount: sum}}
    products: [{each: lines, id: sku, name: name}]
  events:
    interactions:
      - {party: user, mentions: [{kind: anonymous_id, value: device}], occurred_at: at,
         channel: {const: web}, type: type, properties: more}
  clicks:
    interactions:
      - {id: key, party: user, occurred_at: at, channel: {const: web}, type: type}
    leads: [{party: user, created_at: at, status: {const: open}, name: type}]
  sales:
    opportunities:
      - {party: user, account: firm, created_at: at, status: {const: open}, name: type,
         phase: phase, amount: total, currency: money, probability: chance, close_on: end}
"""
KEYS: Final = ["1", "2", "3"]
MAILS: Final = ["a@x.example", "B@x.example", "n/a", " ", None]
PHONES: Final = ["030 1234567", "+4930 1234567", "12", None]
LANDS: Final = ["DE", "France", "??", None]
DAYS: Final = ["2025-01-01", "2025-02-02T10:00:00Z", "2025-02-30", None]


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


USER: Final = some("u", "v", None)
LINE: Final = st.fixed_dictionaries(
    {"sku": some("k", None), "name": some("K", None), "n": some(1, "?"), "sum": some(2)}
)
PEOPLE: Final = {
    "type": some("p", "o", "v", "x", None),
    "land": some(*LANDS),
    "state": some("1", "2", "3", "9", None),
    "made": some(*DAYS),
    "at": some(*DAYS),
    "first": some("Ann", "7", None),
    "last": some("Quint", "00", "0Abel", None),
    "born": some("1980-01-01", "2026-01-03", None),
    "sex": some("1", "3", None),
    "role": some("customer", "x y", None),
    "second": some("customer", "prospect", None),
    "street": some("1 High Street", None),
    "home": some("1 High Street", "2 Low Road", None),
    "city": some("Bonn", None),
    "mail": some(*MAILS),
    "other_mail": some(*MAILS),
    "sure": some(True, False, "?", None),
    "ok": some("y", "z", None),
    "phone": some(*PHONES),
    "mobile": some(*PHONES),
    "twin": some("1", "8", None),
    "user": some("007", "0", None),
    "boss": some("1", "9", None),
    "note": some("x", None),
    "more": some({"note": "y", "odd": 1}, None),
}
OTHERS: Final = {
    "key": some(*KEYS, None),
    "last": some("Quint", None),
    "mail": some(*MAILS),
    "at": some(*DAYS),
    "user": some(*KEYS, None),
}
EVENT: Final = {
    "key": some(*KEYS, None),
    "user": USER,
    "firm": some("f", None),
    "at": some(*DAYS),
    "total": some(1, "2.50", "?", None),
    "state": some("1", "9", None),
    "mail": some(*MAILS),
    "phone": some(*PHONES),
    "land": some(*LANDS),
    "cart": some("x", None),
    "money": some("EUR", "Euro", None),
    "device": some("d", None),
    "type": some("view", None),
    "phase": some("first", None),
    "chance": some("12.5", "?", None),
    "end": some(*DAYS),
    "more": some({"a": 1}, "x", None),
    "lines": st.lists(LINE, max_size=2),
}
OBJECTS: Final = {
    ("crm", "people"): PEOPLE,
    ("crm", "others"): OTHERS,
    ("crm", "guests"): OTHERS,
    **{("web", name): EVENT for name in ("orders", "events", "clicks", "sales")},
}
Version = tuple[tuple[str, str], str, dict[str, Any]]
VERSION: Final[st.SearchStrategy[Version]] = st.one_of(
    [
        st.tuples(st.just(of), some(*KEYS), st.fixed_dictionaries({}, optional=payload))
        for of, payload in OBJECTS.items()
    ]
)
PERSON: Final = {"type": "p", "last": "Quint", "mail": "a@x.example", "first": "Ann"}
ORDER: Final = {"user": "u", "at": "2025-01-01", "total": 1, "state": "1"}
LINES: Final = [{"sku": "k", "name": "K", "n": 1, "sum": 2}]


def rebuild_cellwise(room: Room) -> None:
    """Make silver cell by cell, with no wide table."""

    def apart(entities: list[Entity]) -> tuple[list[list[Entity]], list[Entity]]:
        return [], list(entities)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "together", apart)
        room.rebuild()


@settings(max_examples=15, deadline=None)
@given(st.lists(VERSION, max_size=8))
@example([(("crm", "people"), "1", PERSON), (("crm", "people"), "2", PERSON | {"first": "7"})])
# A value is said twice, and a key of another system is the record's own.
@example([(("crm", "people"), "1", PERSON | {"other_mail": "a@x.example", "ok": "y"})])
@example([(("crm", "people"), "1", PERSON | {"twin": "1"})])
# Two addresses that are the same, and two that are not.
@example([(("crm", "people"), "1", PERSON | {"street": "1 High Street", "home": "1 High Street"})])
@example([(("crm", "people"), "1", PERSON | {"street": "1 High Street", "home": "2 Low Road"})])
# Another object has the key.
@example(
    [(("crm", "people"), "1", PERSON), (("crm", "others"), "9", {"key": "1", "last": "Quint"})]
)
@example([(("crm", "people"), "1", PERSON), (("crm", "guests"), "9", {"key": "1", "user": "2"})])
# An order that is sound and a cart of the same record that lacks its currency, with lines.
@example([(("web", "orders"), "1", ORDER | {"cart": "x", "lines": LINES})])
@example([(("web", "orders"), "1", ORDER | {"cart": "x", "money": "EUR", "lines": LINES})])
# A consent that is no good leaves a sound party's relationship alone.
@example([(("crm", "people"), "1", PERSON | {"ok": "z", "boss": "9"})])
def test_a_record_comes_out_as_it_does_cell_by_cell(
    memory: Warehouse, versions: list[Version]
) -> None:
    for table in ("bronze.record", "bronze.rejected", "bronze.load"):
        memory.connection.execute(f"delete from {table}")  # noqa: S608 - a constant
    room = Room(memory).maps("crm", CRM).maps("web", WEB)
    for (source, name), key, payload in versions:
        room.land(source, name, key, payload)
    room.arrive(1)
    counts = room.rebuild()
    together = states(room)
    assert counts == {table: len(together[f"silver.{table}"]) for table in TABLES}
    rebuild_cellwise(room)
    apart = states(room)
    for table, rows in apart.items():
        assert together[table] == rows, table


def states(room: Room) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every table that is made."""
    tables = [f"silver.{t}" for t in (*TABLES, "quarantine", "reconciliation")]
    tables += [f"step.canonical_{kept}" for kept in engine.KEPT]
    return {table: room.all(f"select * from {quoted(table)} order by all") for table in tables}  # noqa: S608


def test_a_whole_record_is_never_taken_cell_by_cell(room: Room) -> None:
    room.maps("crm", CRM)
    room.land("crm", "people", "1", PERSON)
    room.rebuild()
    assert room.all("select count(*) from temp.canonical_field where kind = 'party'") == [(0,)]
    room.land("crm", "people", "2", PERSON | {"mail": "n/a"})
    room.rebuild()
    odd = "select distinct record_id from temp.canonical_field where kind = 'party'"
    assert room.all(odd) == [("crm:2",)]
