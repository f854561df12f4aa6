"""A statement cut down to the keys that were touched: the same SQL over fewer rows.

It is right for the reason that a statement may be run bucket by bucket: what it gives for a key
follows from the rows of that key, and from broadcast tables, alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.stage import Key
    from cdp.store.statement import Statement

KEYS: tuple[Key, ...] = ("record_id", "profile_id", "account_id")


def touched(key: str) -> str:
    """Return the step table that lists the touched keys of a kind."""
    return f"step.touched_{key}"


def narrowed(statement: Statement) -> Statement:
    """Return the statement over the rows of touched keys; broadcast tables whole."""
    condition = among(statement.key)
    return scoped(statement, dict.fromkeys(statement.reads, condition))


def scoped(statement: Statement, scope: Mapping[str, str]) -> Statement:
    """Return the statement over the rows that satisfy, for each table named, its condition."""
    return replace(statement, sql=_cut(statement.sql, tuple(sorted(scope.items()))))


@cache
def _cut(sql: str, scope: tuple[tuple[str, str], ...]) -> str:
    conditions = dict(scope)
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for table in list(tree.find_all(exp.Table)):
        condition = conditions.get(f"{table.db}.{table.name}")
        if condition is not None:
            name = exp.table_(table.this, db=table.args["db"])
            # Not by rowid, though that reads less: DuckDB 2.0.0 dies of `rowid in (select ...)`
            # over rows that the same transaction added.
            part = exp.select("*").from_(name).where(condition, dialect="duckdb")
            table.replace(part.subquery(table.alias or table.name))
    return tree.sql("duckdb")


def among(key: str) -> str:
    """Return the condition that a row's key was touched."""
    column = exp.to_identifier(key, quoted=True).sql("duckdb")
    return f"{column} in (select {column} from {touched(key)})"  # noqa: S608 - quoted


def only(statement: Statement, condition: str) -> Statement:
    """Return the statement without the rows of its result that do not satisfy the condition."""
    return replace(statement, sql=f"select * from ({statement.sql}) where {condition}")  # noqa: S608 - our own
