"""The law of the delta: what rules, corrections and silver say is what judging all anew says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import add, in_memory, workspace
from canonical_room import RECEIVED, Room
from cdp.canonical.engine import TABLES
from cdp.canonical.engine import tidy as tidy_silver
from cdp.quality import drift
from cdp.quality.judge import TOUCHED, Judge, tidy
from cdp.quality.plan import plan
from cdp.store.state_corrections import Correction, Wish

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.quality.plan import Plan
    from cdp.store import Warehouse

pytestmark = pytest.mark.long

MAPPING = """
objects:
  people:
    parties:
      - {type: {const: person}, attributes: {family_name: last}, identifiers:
         [{kind: email, value: mail}]}
  firms:
    versions: all
    parties: [{type: {const: organisation}, attributes: {organisation_name: name}}]
"""
RULES = """
sources: [crm, shop]
objects:
  people:
    fields:
      last: {required: true, severity: quarantine}
      mail: [{format: email, severity: quarantine}, {unique: true, severity: quarantine}]
      firm: {refers_to: {object: firms, source: crm, strip_zeros: true}, severity: quarantine}
      age: {min: 0, max: 120}
      tags.*: {allowed: [a, b]}
    unique: [{fields: [last, age], severity: quarantine}]
  firms:
    fields:
      name: {min_length: 2, severity: quarantine}
      mail: {format: email, when: {field: name, filled: true}}
"""
DECLARED = {
    f"sources/{name}.yaml": {"type": "jsonl_file", "path": name, "trust_tier": "declared"}
    for name in ("crm", "shop")
}
STATED = ("quality.correction", "quality.failure", "quality.refusal")
KEPT = ("step.quality_held", "step.quality_key", "step.quality_decided")
DRIFT = ("quality.field", "quality.drift")


def some(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


PEOPLE = st.fixed_dictionaries(
    {
        "last": some("Quint", "Abel", None),
        "mail": some("a@x.example", "b@x.example", "n/a", None),
        "age": some(7, 200, None),
    },
    optional={"firm": some("1", "01", "2"), "tags": st.lists(some("a", "z", None), max_size=2)},
)
FIRMS = st.fixed_dictionaries({"name": some("F", "Firm", None), "mail": some("x", None)})
GONE: dict[str, Any] = {}
VERSION = st.one_of(
    st.tuples(
        some("crm", "shop"), st.just("people"), some("1", "2", "02", "3"), PEOPLE, st.integers(0, 2)
    ),
    st.tuples(some("crm"), st.just("firms"), some("1", "2"), FIRMS, st.integers(0, 2)),
    st.tuples(some("crm"), some("people", "firms"), some("1", "2"), st.just(GONE), some(0, 2)),
)
DECISION = st.tuples(
    some("set", "set", "drop", "allow"),
    st.integers(0, 50),
    st.dictionaries(some("last", "mail", "age", "firm"), some("Zed", "c@x.example", 3, None)),
)
STEP = st.tuples(
    st.lists(VERSION, max_size=6),
    st.lists(DECISION, max_size=2),
    st.lists(st.integers(0, 5), max_size=1),
)


@dataclass
class Twin:
    """Two rooms of the same bronze: one is brought up to date, the other judged anew."""

    follows: Room
    anew: Room
    rules: Plan
    corrections: list[Correction] = field(default_factory=list)
    made: int = 0
    runs: int = 0

    def step(self, step: Any) -> None:
        """Land versions, make corrections and undo some."""
        versions, decided, undone = step
        self.runs += 1
        for room in (self.follows, self.anew):
            for source, name in sorted({version[:2] for version in versions}):
                load = {"load_id": room.loads, "run_id": self.runs}
                add(room.warehouse, "bronze.load", load | {"source": source, "object": name})
                for key, payload, age in (v[2:] for v in versions if v[:2] == (source, name)):
                    changed = RECEIVED + timedelta(days=age) if age else None
                    gone = True if payload == GONE else None
                    room.land(source, name, key, payload, changed, is_deleted=gone)
                room.loads += 1
        self.corrections = [c for n, c in enumerate(self.corrections) if n not in undone]
        rows = self.anew.all(
            "select seq, source, object, native_id from bronze.record "
            "where not coalesce(is_deleted, false) order by seq"
        )
        for kind, number, changes in decided if rows else ():
            seq, source, name, key = rows[number % len(rows)]
            if kind == "set" and not changes:
                continue
            self.made += 1
            wish = Wish(kind, source, name, key, seq, changes if kind == "set" else {})
            at = datetime(2026, 1, 1, tzinfo=UTC)
            self.corrections.append(Correction(self.made, wish, "me", "why", at, None, None, None))

    def judge(self, room: Room) -> Judge:
        return Judge(room.warehouse, self.rules, self.corrections, "DE")

    def check(self, tables: tuple[str, ...]) -> None:
        """Assert that both rooms hold the same rows."""
        for table in tables:
            sql = f"select * from {table} order by all"  # noqa: S608 - a constant
            assert self.follows.all(sql) == self.anew.all(sql), table


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Warehouse]]:
    one, two = (tmp_path_factory.mktemp(name) for name in ("follows", "anew"))
    with in_memory(one) as first, in_memory(two) as second:
        yield [first, second]


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan(
        workspace(tmp_path_factory.mktemp("rules"), {"quality/all.yaml": RULES, **DECLARED})
    )


def twin(rooms: list[Warehouse], rules: Plan) -> Twin:
    """Return two empty rooms with the same rules and mappings."""
    for warehouse in rooms:
        for table in ("bronze.record", "bronze.load", *STATED, *DRIFT):
            warehouse.connection.execute(f"delete from {table}")  # noqa: S608 - a constant
        warehouse.connection.execute("drop table if exists step.quality_seen")
        warehouse.connection.execute("drop table if exists step.touched_record_id")
    follows, anew = (Room(w).maps("crm", MAPPING).maps("shop", MAPPING) for w in rooms)
    return Twin(follows, anew, rules)


def judge_anew(both: Twin, room: Room) -> None:
    with room.warehouse.transaction():
        both.judge(room).anew()
        room.warehouse.connection.execute("delete from quality.field")
        room.warehouse.connection.execute("drop table if exists step.quality_seen")
        drift.follow(room.warehouse)
        tidy(room.warehouse)


def make_silver_anew(room: Room) -> None:
    room.rebuild()
    tidy_silver(room.warehouse)


def follow(both: Twin, room: Room) -> None:
    with room.warehouse.transaction():
        assert both.judge(room).follow(both.runs - 1)
        drift.follow(room.warehouse)
        tidy(room.warehouse)
        room.warehouse.connection.execute(
            f"create or replace table step.touched_record_id as from {TOUCHED}"
        )
    rows = room.follow(both.runs - 1)
    assert rows == {name: room.warehouse.count(f"silver.{name}") for name in TABLES}
    tidy_silver(room.warehouse)


@settings(max_examples=3, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=4))
def test_following_gives_what_judging_all_anew_gives(
    rooms: list[Warehouse], rules: Plan, history: list[Any]
) -> None:
    both = twin(rooms, rules)
    both.step(history[0])
    judge_anew(both, both.follows)
    make_silver_anew(both.follows)
    for step in history[1:]:
        both.step(step)
        follow(both, both.follows)
        judge_anew(both, both.anew)
        both.check((*STATED, *KEPT, *DRIFT))
    make_silver_anew(both.anew)
    both.check(tuple(f"silver.{name}" for name in (*TABLES, "quarantine", "reconciliation")))
