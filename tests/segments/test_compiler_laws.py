"""The compiler against a slow reference: random definitions, random tables, the same members."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlglot import exp

from builders import AS_OF, Value, add, in_memory
from cdp.segments.compiler import Compiled, compiled
from cdp.segments.definition import SegmentFile
from cdp.segments.filling import statement_of
from cdp.segments.known import document_of
from cdp.segments.scope import ConditionError
from cdp.segments.together import together
from cdp.store import Warehouse
from cdp.store.narrow import narrowed
from segment_reference import Reference
from segment_wishes import DEFINITIONS, OTHERS
from segment_worlds import NOW, WORLDS, Row

SCORES = frozenset({"rfm"})
SEVERAL = st.lists(DEFINITIONS, min_size=1, max_size=8)

# Of rows alone, so that there are always some that one pass can find, and each form is among them.
ROWS: tuple[Row, ...] = (
    {"where": {"not": {"feature": "orders", "at_least": 1}}},
    {"where": {"any": [{"feature": "orders", "exists": False}, {"score": "rfm", "at_least": 5}]}},
    {"where": {"not": {"score": "rfm", "exists": False}}},
    {"of": "organisation", "where": {"not": {"feature": "orders", "at_least": 2}}},
    {"of": "organisation", "where": {"score": "rfm", "exists": False}},
)

# Words that say what is meant without them, too.
SAID_ANYHOW = (("at_least", 1),)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with in_memory(tmp_path_factory.mktemp("reference")) as opened:
        yield opened


def fill(warehouse: Warehouse, world: dict[str, list[Row]]) -> None:
    ids: dict[str, Value] = {"as_of": NOW}
    for table, found in world.items():
        delete = exp.delete(table, dialect="duckdb").sql("duckdb", identify=True)
        warehouse.connection.execute(delete)
        if found:
            usual = ids if table in {"gold.feature", "gold.score"} else {}
            add(warehouse, table, *(usual | row for row in found))


def compile_(definition: Row) -> tuple[Compiled, dict[str, SegmentFile]]:
    files = {name: SegmentFile.model_validate(d) for name, d in OTHERS.items()}
    files["it"] = SegmentFile.model_validate(definition)
    return compiled("it", files, SCORES), files


def agree(warehouse: Warehouse, world: dict[str, list[Row]], definitions: list[Row]) -> None:
    fill(warehouse, world)
    reference = Reference(world, OTHERS, NOW)
    for definition in definitions:
        query, _ = compile_(definition)
        found = warehouse.query(query.sql, **query.params(AS_OF))["profile_id"].to_list()
        assert len(found) == len(set(found))
        assert set(found) == reference.members(definition), definition


@settings(max_examples=10, deadline=None)
@given(world=WORLDS, definitions=SEVERAL)
def test_the_sql_finds_whom_the_reference_finds(
    warehouse: Warehouse, world: dict[str, list[Row]], definitions: list[Row]
) -> None:
    agree(warehouse, world, definitions)


@settings(max_examples=8, deadline=None)
@given(world=WORLDS, definitions=SEVERAL)
def test_segments_found_together_are_those_found_one_by_one(
    warehouse: Warehouse, world: dict[str, list[Row]], definitions: list[Row]
) -> None:
    fill(warehouse, world)
    files = {name: SegmentFile.model_validate(d) for name, d in OTHERS.items()}
    for number, definition in enumerate((*definitions, *ROWS)):
        files[f"s{number}"] = SegmentFile.model_validate(definition)
    each = [compiled(name, files, SCORES) for name in files]
    shared = together(each)
    assert len(shared) < len(each)

    def members(queries: list[Compiled], narrow: bool) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for one in queries:
            statement = narrowed(statement_of(one)) if narrow else statement_of(one)
            rows = warehouse.query(statement.sql, **one.params(AS_OF))
            found += rows.select("segment", "profile_id").rows()
        return sorted(found)

    for kind in ("profile_id", "account_id"):
        warehouse.connection.execute(
            f"create or replace table step.touched_{kind} as "
            f"select unnest(['P-1', 'A-1']) as {kind}"
        )
    assert members(shared, narrow=False) == members(each, narrow=False)
    own = [one for one in each if files[one.name].condition.is_own(files)]
    assert members(together(own), narrow=True) == members(own, narrow=True)


@settings(max_examples=100, deadline=None)
@given(definition=DEFINITIONS)
def test_every_word_of_a_condition_counts(definition: Row) -> None:
    whole = SegmentFile.model_validate(definition)
    for less in _without_a_word(definition["where"]):
        try:
            other = SegmentFile.model_validate(definition | {"where": less})
            query, _ = compile_(definition | {"where": less})
        except (ValidationError, ConditionError):
            continue
        if other != whole:
            meant, _ = compile_(definition)
            assert (query.sql, query.params(AS_OF)) != (meant.sql, meant.params(AS_OF)), less


def _without_a_word(condition: Any) -> Iterator[Any]:
    """Yield a condition as it reads without one of its words, on whatever level."""
    if isinstance(condition, dict):
        for key, value in condition.items():
            if (key, value) in SAID_ANYHOW:
                continue
            yield {k: v for k, v in condition.items() if k != key}
            yield from (condition | {key: less} for less in _without_a_word(value))
    elif isinstance(condition, list):
        for place, value in enumerate(condition):
            for less in _without_a_word(value):
                yield [*condition[:place], less, *condition[place + 1 :]]


@pytest.mark.long
@settings(max_examples=100, deadline=None)
@given(world=WORLDS, definitions=SEVERAL)
def test_it_does_so_often(
    warehouse: Warehouse, world: dict[str, list[Row]], definitions: list[Row]
) -> None:
    agree(warehouse, world, definitions)


@settings(max_examples=6, deadline=None)
@given(world=WORLDS, definitions=SEVERAL, touched=st.sets(st.sampled_from(["P-1", "P-2", "A-1"])))
def test_what_is_ones_own_follows_from_ones_own_rows(
    warehouse: Warehouse, world: dict[str, list[Row]], definitions: list[Row], touched: set[str]
) -> None:
    fill(warehouse, world)
    for kind in ("profile_id", "account_id"):
        warehouse.connection.execute(
            f"create or replace table step.touched_{kind} as "
            f"select unnest($ids::varchar[]) as {kind}",
            {"ids": sorted(touched)},
        )
    for definition in definitions:
        query, files = compile_(definition)
        if files["it"].condition.is_own(files):
            narrow = narrowed(statement_of(query)).sql
            every = warehouse.query(query.sql, **query.params(AS_OF))["profile_id"]
            some = warehouse.query(narrow, **query.params(AS_OF))["profile_id"]
            assert set(some) == set(every) & touched, definition


@settings(max_examples=12, deadline=None)
@given(definition=DEFINITIONS)
def test_a_definition_means_the_same_in_json(definition: Row) -> None:
    query, files = compile_(definition)
    as_json = json.loads(json.dumps(document_of(files["it"])))
    again, _ = compile_(as_json)
    assert (again.entity, again.tables) == (query.entity, query.tables)
    assert len(again.values) == len(query.values)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=9, max_size=30)


@settings(max_examples=6, deadline=None)
@given(text=TEXT, number=st.integers(10**9, 10**12), of_text=st.sampled_from(["is", "contains"]))
def test_no_value_of_a_definition_is_in_the_sql(text: str, number: int, of_text: str) -> None:
    where = {
        "all": [
            {"attribute": "city", of_text: text, "ignore_case": True},
            {"attribute": "sources", "one_of": [text]},
            {"attribute": "inferred.time_zone", "is": text},
            {"attribute": "custom.tier", "at_least": number},
            {"feature": "orders", "between": [number, number]},
            {"score": "rfm", "band": text},
            {"consent": text, "category": text},
            {"interest": text},
            {"role": text, "scope": text},
            {"campaign": text},
            {"related": text, "other": "group"},
            {"event": "order", "where": {"channel": text}, "sum": "amount", "at_least": number},
            {"never": "order_line", "where": {"category": [text]}},
            {"sequence": [{"event": "cart", "where": {"status": text}}, {"event": "order"}]},
        ]
    }
    query, _ = compile_({"where": where})
    assert text not in query.sql
    assert str(number) not in query.sql
    assert text in query.values.values()


def test_an_attribute_of_persons_is_none_of_organisations() -> None:
    where = {"attribute": "birth_date", "exists": True}
    segments = {"it": SegmentFile.model_validate({"of": "organisation", "where": where})}
    with pytest.raises(
        ConditionError, match=r"unknown field of gold\.account 'birth_date'; known: account_id"
    ):
        compiled("it", segments)
