"""Run a statement whole and in buckets of its key: both must give the same rows and types.

It finds what a wrong key declaration breaks in silence: a window that is not partitioned by
the key, an uncorrelated subquery over a partitioned table, a list without order, a LIMIT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

if TYPE_CHECKING:
    from cdp.store import Statement, Warehouse

_BUCKET = "('0x' || left(md5(coalesce({key}::varchar, '')), 8))::ubigint % {buckets} = {bucket}"


def differences(
    warehouse: Warehouse, statement: Statement, buckets: int = 7, /, **params: object
) -> list[tuple[Any, ...]]:
    """Return up to five rows (and differing types) that one way gives and the other does not.

    The tables named by `reads` are cut by a hash of the key (a null key is in one bucket like
    any other value); broadcast tables are seen whole. Only temporary tables are made.
    """
    connection = warehouse.connection
    bound = params or None
    for name in ("whole", "pieces"):
        connection.execute(f"drop table if exists temp.{name}")
    connection.execute(f"create temp table whole as {statement.sql}", bound)
    for bucket in range(buckets):
        sql = bucketed(statement, buckets, bucket)
        head = "insert into pieces" if bucket else "create temp table pieces as"
        connection.execute(f"{head} {sql}", bound)
    nameless = _nameless(warehouse, statement)
    types = [_types(warehouse, name) for name in ("whole", "pieces")]
    if types[0] != types[1]:
        return [tuple(types[0]), tuple(types[1])]
    extra = [*_extra(warehouse, "whole", "pieces"), *_extra(warehouse, "pieces", "whole")]
    return [*nameless, *extra]


def bucketed(statement: Statement, buckets: int, bucket: int) -> str:
    """Return the statement with each partitioned table cut down to one bucket."""
    tree = sqlglot.parse_one(statement.sql, dialect="duckdb")
    condition = _BUCKET.format(key=statement.key, buckets=buckets, bucket=bucket)
    for table in list(tree.find_all(exp.Table)):
        if f"{table.db}.{table.name}" in statement.reads:
            part = exp.select("*").from_(exp.table_(table.this, db=table.args["db"]))
            cut = part.where(condition, dialect="duckdb")
            table.replace(cut.subquery(table.alias or table.name))
    return tree.sql("duckdb")


def _nameless(warehouse: Warehouse, statement: Statement) -> list[tuple[Any, ...]]:
    """Return rows of the result without a key: an exchange between buckets would lose them."""
    query = exp.select("*").from_("whole").where(f"{statement.key} is null").limit(5)
    return warehouse.connection.execute(query.sql("duckdb")).fetchall()


def _types(warehouse: Warehouse, table: str) -> list[tuple[Any, ...]]:
    query = exp.select("column_name", "column_type").from_(f"(describe {table})")
    return warehouse.connection.execute(query.sql("duckdb")).fetchall()


def _extra(warehouse: Warehouse, left: str, right: str) -> list[tuple[Any, ...]]:
    this, that = (exp.select("*").from_(name) for name in (left, right))
    query = exp.except_(this, that, distinct=False).limit(5)
    return warehouse.connection.execute(query.sql("duckdb")).fetchall()
