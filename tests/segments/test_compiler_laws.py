"""The compiler against a slow reference: random definitions, random tables, the same members."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from builders import AS_OF, Value, add, in_memory
from cdp.segments.compiler import Compiled, compiled
from cdp.segments.definition import SegmentFile
from cdp.segments.filling import statement_of
from cdp.segments.known import document_of
from cdp.segments.scope import ConditionError
from cdp.store import Warehouse
from cdp.store.narrow import narrowed
from segment_reference import Reference
from segment_wishes import DEFINITIONS, OTHERS
from segment_worlds import NOW, WORLDS, Row

SCORES = frozenset({"rfm"})
SEVERAL = st.lists(DEFINITIONS, min_size=1, max_size=8)


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
