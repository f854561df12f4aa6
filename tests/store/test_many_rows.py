"""Rows stay when a transaction adds nothing to a table first and more than a row group then."""

from dataclasses import replace

import polars as pl
import pytest
from sqlglot import exp

from cdp.model.tables import BY_NAME
from cdp.store import Statement, Warehouse, scratch
from cdp.store.narrow import only
from cdp.store.schema import SCHEMAS, ddl

ROWS = 130_000
NONE = pl.DataFrame(schema={"segment": pl.String, "profile_id": pl.String})


def statement(table: str) -> Statement:
    sql = (
        "select 's' as segment, 'P-' || i as profile_id, 1::bigint as entered_run, "
        "timestamp '2026-07-01' as entered_at from range(130000) as t(i) where i < $rows"
    )
    return Statement("test", sql, "one member", "profile_id", (), (), ("rows",), table)


@pytest.mark.parametrize("table", ["gold.segment_member", "step.member"])
def test_nothing_and_then_much(table: str) -> None:
    warehouse = Warehouse(scratch(threads=2))
    for schema in SCHEMAS:
        warehouse.connection.execute(f"create schema {schema}")
    warehouse.connection.execute(ddl(BY_NAME["gold.segment_member"]))
    with warehouse.transaction():
        if table.startswith("step."):
            assert warehouse.make(statement(table), rows=0) == 0
        else:
            assert warehouse.replace(statement(table), rows=0) == 0
        assert warehouse.append(statement(table), rows=ROWS) == ROWS
    found = exp.select("profile_id").distinct().from_(table).sql("duckdb")
    assert warehouse.query(found).height == ROWS
    order = warehouse.query("select current_setting('preserve_insertion_order') as kept")
    assert order["kept"].to_list() == [True]
    warehouse.connection.close()


def test_an_empty_frame_and_then_much() -> None:
    warehouse = Warehouse(scratch(threads=2))
    warehouse.connection.execute("create schema step")
    with warehouse.transaction():
        assert warehouse.put("step.member", NONE) == 0
        many = pl.DataFrame(
            {"segment": ["s"] * ROWS, "profile_id": [f"P-{n}" for n in range(ROWS)]}
        )
        assert warehouse.insert("step.member", many) == ROWS
    assert warehouse.query("select distinct profile_id from step.member").height == ROWS
    warehouse.connection.close()


@pytest.mark.parametrize("table", ["gold.segment_member", "step.member", "temp.member"])
def test_much_in_place_of_much(table: str) -> None:
    warehouse = Warehouse(scratch(threads=2))
    for schema in SCHEMAS:
        warehouse.connection.execute(f"create schema {schema}")
    warehouse.connection.execute(ddl(BY_NAME["gold.segment_member"]))
    with warehouse.transaction():
        (warehouse.append if table in BY_NAME else warehouse.make)(statement(table), rows=ROWS)
    for kept in (1_000, 0):
        fewer = replace(statement(table), sql=statement(table).sql.replace("'P-'", f"'Q{kept}-'"))
        condition = f"try_cast(split_part(profile_id, '-', 2) as int) >= {kept}"
        with warehouse.transaction():
            added = warehouse.redo(only(fewer, condition), condition, rows=ROWS)
        assert added == ROWS - kept
        found = exp.select("profile_id").distinct().from_(table).sql("duckdb")
        assert warehouse.query(found).height == ROWS
    warehouse.connection.close()
