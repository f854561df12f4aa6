"""The law of the delta: what it makes of silver is what making all of it anew makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from builders import in_memory
from canonical_room import RECEIVED, Room
from cdp.canonical.engine import TABLES
from cdp.canonical.touched import TOUCHED

pytestmark = pytest.mark.long

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.store import Warehouse

CRM = """
objects:
  people:
    strip_zeros: true
    unpack: [more]
    parties:
      - type: {path: type, default: person, map: {p: person, o: organisation}}
        changed: at
        attributes:
          family_name: last
          birth_date: born
          job_title: {expr: "upper(last) || type", when: {expr: "born > '1990'"}}
        identifiers: [{kind: email, value: mail}]
        roles: [{role: {expr: "lower(last)"}, valid_from: at, attributes: {type: type}}]
        consents:
          - {when: {field: ok, filled: true}, contact_kind: email, contact: mail,
             channel: {const: email}, state: {path: ok, map: {y: granted, n: denied}}}
  others:
    parties:
      - type: {const: person}
        attributes: {family_name: last}
    roles:
      - {party: from, role: {const: customer}, scope: to, attributes: {name: last}}
    relationships:
      - {party: from, to: to, kind: contact_of, when: {field: to, filled: true}}
"""
WEB = """
objects:
  events:
    parties:
      - {type: {const: person}, id: user, merge: true, custom: false, changed: at,
         identifiers: [{kind: email, value: mail}]}
      - {type: {const: visitor}, id: device, merge: true, custom: false, changed: at}
    visitor_links: [{visitor: device, user: user}]
    interactions:
      - {when: {field: type, is: view}, party: {first: [user, device]}, occurred_at: at,
         channel: {const: web}, type: type}
  orders:
    orders:
      - {party: user, account: firm, ordered_at: at, status: {const: open},
         channel: {const: shop}, currency: {const: EUR}, amount: total,
         lines: {each: lines, product: sku, quantity: n, amount: sum}}
    products: [{each: lines, id: sku, name: name}]
  campaigns:
    campaigns: [{name: name, status: {path: state, default: planned, map: {a: active}}}]
    target_groups: [{name: name, size: size, is_control_group: held}]
  members:
    campaign_members:
      - {party: user, mentions: [{kind: email, value: mail}], campaign_id: of, joined_at: at,
         responded: ok}
    target_group_members: [{party: user, account: firm, target_group_id: of, joined_at: at}]
  permissions:
    versions: all
    consents:
      - {party: user, contact_kind: {const: email}, contact: mail, channel: {const: email},
         state: {path: ok, map: {y: granted, n: denied}}, given_at: at}
"""
WEB = WEB.replace("contact_kind: email,", "contact_kind: {const: email},")
CRM = CRM.replace("contact_kind: email,", "contact_kind: {const: email},")
DAYS = ["2025-01-01", "2025-02-02", "2025-02-30", None]
MAILS = ["a@x.example", "b@x.example", "n/a", None]
KEYS = ["1", "2", "3"]


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


LINE = st.fixed_dictionaries(
    {"sku": some("k", "l", None), "name": some("K", "L", None), "n": some(1, "?"), "sum": some(2)}
)
PAYLOADS = {
    ("crm", "people"): st.fixed_dictionaries(
        {
            "last": some("Quint", "Abel", None),
            "type": some("p", "x", None),
            "born": some("1980-01-01", "2026-01-03", None),
            "mail": some(*MAILS),
            "ok": some("y", None),
            "at": some(*DAYS),
            "note": some("x", None),
            "more": some({"note": "y", "other": 1}, None),
        }
    ),
    ("crm", "others"): st.fixed_dictionaries(
        {"last": some("Quint", None), "from": some(*KEYS), "to": some("8", "9", None)}
    ),
    ("web", "events"): st.fixed_dictionaries(
        {
            "user": some("u", "v", None),
            "device": some("d", "e", None),
            "type": some("view", "track"),
            "mail": some(*MAILS),
            "at": some(*DAYS),
        }
    ),
    ("web", "orders"): st.fixed_dictionaries(
        {
            "user": some("u", "v", None),
            "firm": some("f", None),
            "at": some(*DAYS),
            "total": some(1, "?"),
            "lines": st.lists(LINE, max_size=2),
        }
    ),
    ("web", "campaigns"): st.fixed_dictionaries(
        {
            "name": some("K", None),
            "state": some("a", "b", None),
            "size": some(3, "?"),
            "held": some(True, None),
        }
    ),
    ("web", "members"): st.fixed_dictionaries(
        {
            "user": some("u", "v", None),
            "firm": some("f", None),
            "mail": some(*MAILS),
            "of": some("1", "2", None),
            "at": some(*DAYS),
            "ok": some("yes", "?", None),
        }
    ),
    ("web", "permissions"): st.fixed_dictionaries(
        {"user": some("u", None), "mail": some(*MAILS), "ok": some("y", "n"), "at": some(*DAYS)}
    ),
    ("web", "strange"): st.just({"a": 1}),
}
GONE: dict[str, Any] = {}
VERSION = st.one_of(
    [
        st.tuples(
            st.just(of),
            some(*KEYS, "01", None),
            st.one_of(payload, payload, st.just(GONE)),
            st.integers(0, 2),
        )
        for of, payload in PAYLOADS.items()
    ]
)
Version = tuple[tuple[str, str], str | None, dict[str, Any], int]
HISTORY = st.lists(st.lists(VERSION, max_size=6), min_size=2, max_size=4)


@dataclass
class Twin:
    """Two rooms of the same bronze: one is brought up to date, the other made anew."""

    follows: Room
    anew: Room
    runs: int = 0

    def deliver(self, versions: list[Version]) -> None:
        """Land the versions as the load of one run."""
        self.runs += 1
        for room in (self.follows, self.anew):
            for (source, name), key, payload, age in versions:
                if key is None:
                    room.reject(source, name)
                else:
                    changed = RECEIVED + timedelta(days=age) if age else None
                    gone = True if payload == GONE else None
                    room.land(source, name, key, payload, changed, is_deleted=gone)
            room.arrive(self.runs)

    def states(self, table: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Return the rows of a table in both rooms."""
        sql = f"select * from {table} order by all"  # noqa: S608 - a constant
        return self.follows.all(sql), self.anew.all(sql)


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Warehouse]]:
    one, two = (tmp_path_factory.mktemp(name) for name in ("follows", "anew"))
    with in_memory(one) as first, in_memory(two) as second:
        yield [first, second]


def twin(rooms: list[Warehouse]) -> Twin:
    """Return two empty rooms with the same mappings."""
    for warehouse in rooms:
        for table in ("bronze.record", "bronze.rejected", "bronze.load"):
            warehouse.connection.execute(f"delete from {table}")  # noqa: S608 - a constant
    follows, anew = (Room(w).maps("crm", CRM).maps("web", WEB) for w in rooms)
    return Twin(follows, anew)


ORDER = {"user": "u", "firm": None, "at": "2025-01-01", "total": 1}
FIRST = {"sku": "k", "name": "K", "n": 1, "sum": 2}
SECOND = {**FIRST, "name": "L"}
OF = ("web", "orders")
PERSON = ("crm", "people")
CAMPAIGN = {"name": "K", "state": "a", "size": 3, "held": None}
MEMBER = {"user": "u", "firm": None, "mail": None, "of": "1", "at": "2025-01-01", "ok": None}
QUINT = {"last": "Quint", "mail": "a@x.example"}


@settings(max_examples=8, deadline=None)
@given(HISTORY)
# The order that described a product last is replaced by one that does not name it.
@example(
    [
        [(OF, "1", {**ORDER, "lines": [FIRST]}, 0), (OF, "2", {**ORDER, "lines": [SECOND]}, 0)],
        [(OF, "2", {**ORDER, "lines": []}, 0)],
    ]
)
# Another object of the source comes with a key that is taken.
@example([[(PERSON, "1", QUINT, 0)], [(("crm", "others"), "1", {"last": "Abel", "from": "1"}, 0)]])
# A field that was only known inside another object appears in the record itself.
@example(
    [
        [(PERSON, "1", {**QUINT, "more": {"note": "y"}}, 0)],
        [(PERSON, "2", {**QUINT, "note": "x", "more": {"note": "y"}}, 0)],
    ]
)
# An object goes, with all that was known of it, comes back, and goes once more.
@example(
    [
        [(PERSON, "1", QUINT, 1), (OF, "1", {**ORDER, "lines": [FIRST]}, 0)],
        [(PERSON, "1", GONE, 2), (OF, "1", GONE, 0)],
        [(PERSON, "1", QUINT, 2), (PERSON, "2", GONE, 0)],
        [(PERSON, "1", GONE, 2), (("web", "permissions"), "1", GONE, 0)],
    ]
)
# A campaign changes its name, another goes; of its members one changes, one leaves.
@example(
    [
        [
            (("web", "campaigns"), "1", CAMPAIGN, 0),
            (("web", "campaigns"), "2", CAMPAIGN, 0),
            (("web", "members"), "1", MEMBER, 0),
            (("web", "members"), "2", MEMBER, 0),
        ],
        [
            (("web", "campaigns"), "1", {**CAMPAIGN, "name": "L"}, 0),
            (("web", "campaigns"), "2", GONE, 0),
            (("web", "members"), "1", {**MEMBER, "ok": "yes"}, 0),
            (("web", "members"), "2", GONE, 0),
        ],
    ]
)
def test_a_delta_makes_what_making_all_anew_does(
    rooms: list[Warehouse], history: list[list[Version]]
) -> None:
    both = twin(rooms)
    both.deliver(history[0])
    both.follows.rebuild()
    for versions in history[1:]:
        both.deliver(versions)
        before = owned(both.follows)
        assert both.follows.follow(both.runs - 1) is not None
        both.anew.rebuild()
        for table in (*TABLES, "quarantine", "reconciliation"):
            left, right = both.states(f"silver.{table}")
            assert left == right, table
        touched = {row[0] for row in both.follows.all(f"select * from {TOUCHED}")}  # noqa: S608
        after = owned(both.follows)
        moved = {p for p in before.keys() | after.keys() if before.get(p) != after.get(p)}
        assert moved <= touched


def owned(room: Room) -> dict[str, list[Any]]:
    """Return what silver says of each party."""
    found: dict[str, list[Any]] = {}
    for table in (
        "record",
        "attribute",
        "identifier",
        "consent",
        "order",
        "interaction",
        "campaign_member",
    ):
        rows = room.warehouse.query(f"select * from silver.{table} order by all")  # noqa: S608
        for row in rows.iter_rows(named=True):
            if row["record_id"] is not None:
                found.setdefault(row["record_id"], []).append((table, *row.values()))
    return found


def test_nothing_is_followed_where_no_run_left_anything(room: Room) -> None:
    room.maps("crm", CRM)
    room.land("crm", "people", "1", QUINT)
    room.arrive(1)
    room.warehouse.connection.execute("drop table if exists step.canonical_part")
    assert room.follow(0) is None


def test_an_empty_delta_changes_nothing(rooms: list[Warehouse]) -> None:
    both = twin(rooms)
    both.deliver([(PERSON, "1", QUINT, 0), (OF, "2", {**ORDER, "lines": [SECOND]}, 0)])
    both.follows.rebuild()
    both.follows.warehouse.changed.clear()
    both.deliver([])
    both.follows.warehouse.changed.clear()
    both.follows.follow(1)
    assert both.follows.warehouse.changed == set()
    assert both.follows.all(f"select * from {TOUCHED}") == []  # noqa: S608 - a constant
