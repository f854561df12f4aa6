"""A statement over other tables than it names: a part of the rows in place of all of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
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
    return replace(
        statement,
        sql=_renamed(statement.sql, tuple(sorted(instead.items()))),
        reads=tuple(instead.get(name, name) for name in statement.reads),
        writes=writes or statement.writes,
    )


@cache
def _renamed(sql: str, names: tuple[tuple[str, str], ...]) -> str:
    """Return the text with tables in place of others; parsing costs more than most deltas do."""
    instead = dict(names)
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    for table in list(tree.find_all(exp.Table)):
        other = instead.get(f"{table.db}.{table.name}")
        if other is not None:
            schema, name = other.split(".")
            table.set("this", exp.to_identifier(name))
            table.set("db", exp.to_identifier(schema))
    return tree.sql("duckdb")
