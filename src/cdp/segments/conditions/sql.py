"""`sql`: a query for the ids of members."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import sqlglot
from pydantic import Field, field_validator
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import READS, Scope, exists

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.definition import SegmentFile

_NOT_REPEATABLE = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Rand, exp.Uuid)
_NOT_REPEATABLE_NAMES = {"now", "today", "random", "uuid", "get_current_timestamp", "setseed"}


class Sql(Condition):
    """The member's id is in the column profile_id of a SELECT over gold tables."""

    sql: str = Field(description="SELECT with a column profile_id; may use $as_of")

    @field_validator("sql")
    @classmethod
    def _is_a_safe_query(cls, text: str) -> str:
        query = _parsed(text)
        _check_tables(query)
        _check_repeatable(query)
        if "profile_id" not in query.named_selects:
            msg = "the query has no column profile_id"
            raise ValueError(msg)
        return text

    @cached_property
    def query(self) -> exp.Query:
        """The query, parsed."""
        return _parsed(self.sql)

    def is_own(self, segments: Mapping[str, SegmentFile]) -> bool:
        """A query may rank, count or compare members with each other."""
        _ = segments
        return False

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the query gives the member's id."""
        belongs = exp.column("profile_id", table="it").eq(scope.member)
        rows = exp.select().from_(self.query.copy().subquery("it")).where(belongs)
        return exists(rows)


def _parsed(text: str) -> exp.Query:
    try:
        statements = sqlglot.parse(text, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        msg = f"this is not SQL: {str(error).splitlines()[0]}"
        raise ValueError(msg) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        msg = "one SELECT is needed, nothing else"
        raise ValueError(msg)
    return statements[0]


def _check_tables(query: exp.Query) -> None:
    ctes = {cte.alias for cte in query.find_all(exp.CTE)}
    for table in query.find_all(exp.Table):
        plain = isinstance(table.this, exp.Identifier)
        if plain and not table.db and table.name in ctes:
            continue
        if not plain or table.catalog or f"{table.db}.{table.name}" not in READS:
            msg = f"{table.sql('duckdb')} may not be read here; known: {', '.join(READS)}"
            raise ValueError(msg)


def _check_repeatable(query: exp.Query) -> None:
    for node in query.find_all(exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        if isinstance(node, _NOT_REPEATABLE) or name.lower() in _NOT_REPEATABLE_NAMES:
            msg = f"{node.sql('duckdb')} would give another answer each time; use $as_of"
            raise ValueError(msg)
    for parameter in query.find_all(exp.Parameter, exp.Placeholder):
        if parameter.name != "as_of":
            msg = f"unknown parameter ${parameter.name}; known: $as_of"
            raise ValueError(msg)


CONDITIONS.add("sql", Sql)
