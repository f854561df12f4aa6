"""The compiler against a slow oracle: random conditions over random people, the same members."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from builders import AS_OF, Value, add, in_memory
from cdp.segments.compiler import compiled
from cdp.segments.definition import SegmentFile
from cdp.segments.scope import ConditionError
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)
IDS = ("P-1", "P-2", "P-3", "A-1")
COUNTRIES = ("DE", "FR", None)
TYPES = ("open", "click")
Row = dict[str, Any]


@dataclass(frozen=True)
class World:
    """Rows by table."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def of(self, table: str, member: str, key: str = "profile_id") -> list[Row]:
        return [row for row in self.rows[table] if row[key] == member]


def rows(**columns: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.fixed_dictionaries(dict(columns)), max_size=6)


ID = st.sampled_from(IDS)
TIMES = st.sampled_from([-1, 0, 1, 10, 10.5, 30, 40]).map(lambda days: NOW - timedelta(days=days))
WORLDS = st.builds(
    lambda **tables: World({f"gold.{name}": found for name, found in tables.items()}),
    profile=st.lists(
        st.fixed_dictionaries(
            {
                "profile_id": st.sampled_from(IDS[:3]),
                "profile_type": st.sampled_from(["person", "person", "visitor"]),
                "country": st.sampled_from(COUNTRIES),
                "record_count": st.integers(0, 3),
                "birth_date": st.sampled_from([None, date(1980, 1, 1), date(2000, 6, 1)]),
                "sources": st.lists(st.sampled_from(["crm", "erp"]), unique=True),
            }
        ),
        unique_by=lambda row: row["profile_id"],
        max_size=3,
    ),
    account=st.lists(
        st.fixed_dictionaries(
            {
                "account_id": st.just("A-1"),
                "country": st.sampled_from(COUNTRIES),
                "record_count": st.integers(0, 3),
                "sources": st.just(["erp"]),
            }
        ),
        unique_by=lambda row: row["account_id"],
        max_size=1,
    ),
    feature=st.lists(
        st.fixed_dictionaries(
            {
                "profile_id": ID,
                "orders": st.integers(0, 3),
                "recency_days": st.none() | st.integers(0, 3),
                "last_order_at": st.none() | TIMES,
            }
        ),
        unique_by=lambda row: row["profile_id"],
        max_size=4,
    ),
    score=st.lists(
        st.fixed_dictionaries(
            {
                "profile_id": ID,
                "score": st.sampled_from(["rfm", "other"]),
                "value": st.integers(0, 3).map(float),
                "band": st.sampled_from(["high", "low", None]),
            }
        ),
        unique_by=lambda row: (row["profile_id"], row["score"]),
    ),
    consent=rows(
        profile_id=ID,
        purpose=st.sampled_from(["marketing", "service"]),
        state=st.sampled_from(["granted", "denied"]),
        channel=st.sampled_from(["email", "sms"]),
        best=st.booleans(),
    ),
    interaction=rows(
        profile_id=st.none() | ID,
        account_id=st.none() | st.just("A-1"),
        type=st.sampled_from(TYPES),
        campaign=st.sampled_from(["spring", None]),
        occurred_at=TIMES,
    ),
    order=rows(
        profile_id=st.none() | ID,
        account_id=st.none() | st.just("A-1"),
        status=st.sampled_from(["completed", "cancelled"]),
        duplicate_of=st.sampled_from([None, None, "erp:1"]),
        amount=st.integers(0, 3),
        ordered_at=TIMES,
    ),
)

TEXTS: st.SearchStrategy[Row] = st.sampled_from(
    [
        {"is": "DE"},
        {"is_not": "DE"},
        {"one_of": ["DE", "IT"]},
        {"none_of": ["DE", "IT"]},
        {"contains": "D"},
        {"starts_with": "F"},
        {"exists": True},
        {"exists": False},
    ]
)
LISTS: st.SearchStrategy[Row] = st.sampled_from(
    [{"contains": "crm"}, {"exists": True}, {"exists": False}]
)
NUMBERS: st.SearchStrategy[Row] = st.sampled_from(
    [
        {"is": 1},
        {"at_least": 2},
        {"at_most": 1},
        {"more_than": 0, "less_than": 3},
        {"exists": False},
    ]
)
MOMENTS: st.SearchStrategy[Row] = st.sampled_from(
    [
        {"within_days": 10},
        {"older_than_days": 10},
        {"at_least": date(2026, 6, 21)},
        {"less_than": datetime(2026, 6, 21)},  # noqa: DTZ001 - as YAML reads it
    ]
)


def _merged(*parts: Row) -> Row:
    return {key: value for part in parts for key, value in part.items()}


EVENTS = st.builds(
    _merged,
    st.sampled_from(
        [
            {"event": "interaction"},
            {"event": "interaction", "where": {"type": "open"}},
            {"event": "interaction", "where": {"campaign": {"exists": False}}},
            {"event": "interaction", "where": {"type": ["open", "click"], "campaign": "spring"}},
            {"event": "order"},
            {"event": "order", "where": {"amount": {"at_least": 2}}},
            {"event": "order", "where": {"status": "cancelled"}},
        ]
    ),
    st.sampled_from([{}, {"at_least": 1}, {"at_least": 2}, {"at_most": 0}, {"at_most": 1}]),
    st.sampled_from([{}, {"within_days": 10}, {"within_days": 35}]),
)
LEAVES: st.SearchStrategy[Row] = st.one_of(
    TEXTS.map(lambda c: {"attribute": "country"} | c),
    LISTS.map(lambda c: {"attribute": "sources"} | c),
    NUMBERS.map(lambda c: {"attribute": "record_count"} | c),
    st.just({"attribute": "birth_date", "at_least": date(1990, 1, 1)}),
    MOMENTS.map(lambda c: {"feature": "last_order_at"} | c),
    NUMBERS.map(lambda c: {"feature": "orders"} | c),
    NUMBERS.map(lambda c: {"feature": "recency_days"} | c),
    st.sampled_from(
        [
            {"score": "rfm", "at_least": 2},
            {"score": "rfm", "band": "high"},
            {"score": "rfm", "band": ["high", "low"], "at_most": 1},
            {"score": "rfm", "exists": False},
            {"score": "rfm", "exists": True},
        ]
    ),
    st.sampled_from(
        [
            {"consent": "marketing"},
            {"consent": "marketing", "state": "denied", "channel": "sms"},
            {"consent": "service", "best": True},
        ]
    ),
    EVENTS,
    st.sampled_from([{"segment": "germans"}, {"segment": "buyers"}, {"segment": "visitors"}]),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda c: {"all": c}),
        st.lists(inner, min_size=1, max_size=3).map(lambda c: {"any": c}),
        inner.map(lambda c: {"not": c}),
    ),
    max_leaves=5,
)
OTHERS: dict[str, Row] = {
    "germans": {"where": {"attribute": "country", "is": "DE"}},
    "buyers": {"of": "organisation", "where": {"event": "order"}},
    "visitors": {"of": "visitor", "where": {"not": {"segment": "germans"}}},
}
TIME_OF = {"interaction": "occurred_at", "order": "ordered_at"}


def members(world: World, definition: Row) -> set[str]:
    """The oracle: who satisfies a definition, one by one."""
    of = definition.get("of", "person")
    if of == "organisation":
        found = [(row["account_id"], row) for row in world.rows["gold.account"]]
    else:
        found = [
            (row["profile_id"], row)
            for row in world.rows["gold.profile"]
            if row["profile_type"] == of
        ]
    return {name for name, row in found if holds(world, name, row, definition["where"], of)}


def holds(world: World, member: str, row: Row, condition: Row, of: str) -> bool:
    def recurse(inner: Row) -> bool:
        return holds(world, member, row, inner, of)

    meanings: dict[str, Callable[[], bool]] = {
        "all": lambda: all(map(recurse, condition["all"])),
        "any": lambda: any(map(recurse, condition["any"])),
        "not": lambda: not recurse(condition["not"]),
        "attribute": lambda: compares(row[condition["attribute"]], condition),
        "feature": lambda: has_feature(world, member, condition),
        "score": lambda: has_score(world, member, condition),
        "consent": lambda: has_consent(world, member, condition),
        "segment": lambda: member in members(world, OTHERS[condition["segment"]]),
        "event": lambda: did(world, member, condition, of),
    }
    (kind,) = set(meanings) & set(condition)
    return meanings[kind]()


def has_feature(world: World, member: str, condition: Row) -> bool:
    facts = world.of("gold.feature", member)
    return any(compares(fact[condition["feature"]], condition) for fact in facts)


def has_score(world: World, member: str, condition: Row) -> bool:
    mine = [s for s in world.of("gold.score", member) if s["score"] == condition["score"]]
    if condition.get("exists") is False:
        return not mine
    asked = condition.get("band", ("high", "low", None))
    bands = (asked,) if isinstance(asked, str) else asked
    return any(compares(s["value"], condition) and s["band"] in bands for s in mine)


def has_consent(world: World, member: str, condition: Row) -> bool:
    wanted = {"purpose": condition["consent"], "state": condition.get("state", "granted")}
    wanted |= {name: condition[name] for name in ("channel", "best") if name in condition}
    return any(
        all(row[name] == value for name, value in wanted.items())
        for row in world.of("gold.consent", member)
    )


def did(world: World, member: str, condition: Row, of: str) -> bool:
    event, where = condition["event"], condition.get("where", {})
    key = "account_id" if of == "organisation" else "profile_id"
    days = condition.get("within_days", 10_000)
    times = 0
    for row in world.of(f"gold.{event}", member, key):
        counts = NOW - timedelta(days=days) < row[TIME_OF[event]] <= NOW
        if event == "order":
            counts &= row["duplicate_of"] is None
            counts &= "status" in where or row["status"] != "cancelled"
        for name, wanted in where.items():
            plain = {"one_of": wanted} if isinstance(wanted, list) else {"is": wanted}
            counts &= compares(row[name], wanted if isinstance(wanted, dict) else plain)
        times += counts
    lowest = condition.get("at_least", 0 if "at_most" in condition else 1)
    return bool(lowest <= times <= condition.get("at_most", times))


def like(value: Any, wanted: Any) -> Any:
    """A date among timestamps is its midnight."""
    if isinstance(value, datetime) and not isinstance(wanted, datetime):
        return datetime.combine(wanted, datetime.min.time())
    return wanted


def compares(value: Any, wanted: Row) -> bool:
    checks: dict[str, Callable[[Any, Any], bool]] = {
        "is": lambda v, w: v == w,
        "is_not": lambda v, w: v != w,
        "one_of": lambda v, w: v in w,
        "none_of": lambda v, w: v not in w,
        "at_least": lambda v, w: v >= like(v, w),
        "at_most": lambda v, w: v <= w,
        "more_than": lambda v, w: v > w,
        "less_than": lambda v, w: v < like(v, w),
        "contains": lambda v, w: w in v,
        "starts_with": lambda v, w: v.startswith(w),
    }
    there = value is not None and value != []
    since = timedelta(days=wanted.get("within_days", 0))
    if since and not (there and NOW - since < value <= NOW):
        return False
    if "older_than_days" in wanted:
        before = NOW - timedelta(days=wanted["older_than_days"])
        return bool(there and value <= before)
    for name, target in wanted.items():
        if name == "exists" and there != target:
            return False
        if name in checks and not (value is not None and checks[name](value, target)):
            return False
    return True


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with in_memory(tmp_path_factory.mktemp("oracle")) as opened:
        yield opened


def fill(warehouse: Warehouse, world: World) -> None:
    for table, found in world.rows.items():
        warehouse.connection.execute(
            exp.delete(table, dialect="duckdb").sql("duckdb", identify=True)
        )
        keys: dict[str, dict[str, Value]] = {
            "gold.interaction": {"interaction_id": "n"},
            "gold.order": {"order_id": "n"},
        }
        if found:
            add(warehouse, table, *(keys.get(table, {}) | row for row in found))


@settings(max_examples=30, deadline=None)
@given(
    world=WORLDS,
    definitions=st.lists(
        st.fixed_dictionaries(
            {
                "of": st.sampled_from(["person", "person", "visitor", "organisation"]),
                "where": CONDITIONS,
            }
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_the_sql_finds_whom_the_oracle_finds(
    warehouse: Warehouse, world: World, definitions: list[Row]
) -> None:
    fill(warehouse, world)
    for definition in definitions:
        if definition["of"] == "organisation" and "birth_date" in str(definition):
            continue
        segments = {
            name: SegmentFile.model_validate(d) for name, d in {**OTHERS, "it": definition}.items()
        }
        query = compiled("it", segments, frozenset({"rfm"}))
        found = warehouse.query(query.sql, **query.params(AS_OF))["profile_id"].to_list()
        assert len(found) == len(set(found))
        assert set(found) == members(world, definition)


def test_an_attribute_of_persons_is_none_of_organisations() -> None:
    where = {"attribute": "birth_date", "exists": True}
    segments = {"it": SegmentFile.model_validate({"of": "organisation", "where": where})}
    with pytest.raises(
        ConditionError, match=r"gold\.account has no field 'birth_date'; known: account_id"
    ):
        compiled("it", segments)
