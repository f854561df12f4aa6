"""A statement over other tables than it names: a part of the rows in place of all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import sqlglot
from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.store import Statement


def over(statement: Statement, instead: Mapping[str, str], writes: str | None = None) -> Statement:
    """Return the statement with tables in place of those it reads, and of the one it writes."""
    if not instead and writes is None:
        return statement
    tree = sqlglot.parse_one(statement.sql, dialect="duckdb")
    for table in list(tree.find_all(exp.Table)):
        other = instead.get(f"{table.db}.{table.name}")
        if other is not None:
            schema, name = other.split(".")
            table.set("this", exp.to_identifier(name))
            table.set("db", exp.to_identifier(schema))
    return replace(
        statement,
        sql=tree.sql("duckdb"),
        reads=tuple(instead.get(name, name) for name in statement.reads),
        writes=writes or statement.writes,
    )
