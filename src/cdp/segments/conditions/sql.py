"""`sql`: a query for the ids of members."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field, field_validator
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.queries import MOST_ROWS, checked
from cdp.segments.scope import Scope, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.definition import SegmentFile

_TOO_MANY = "segments/{}.yaml: the query gives more than {:,} rows; look at its joins"


class Sql(Condition):
    """The member's id is in the column profile_id of a SELECT over gold tables."""

    sql_: str = Field(alias="sql", description="SELECT with a column profile_id; may use $as_of")

    @field_validator("sql_")
    @classmethod
    def _is_a_safe_query(cls, text: str) -> str:
        checked(text)
        return text

    @cached_property
    def query(self) -> exp.Query:
        """The query, parsed."""
        return checked(self.sql_)

    def is_own(self, segments: Mapping[str, SegmentFile]) -> bool:
        """A query may rank, count or compare members with each other."""
        _ = segments
        return False

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the query gives the member's id.

        The rows are counted while they come, and the query stops at too many.
        """
        number = exp.Window(this=exp.RowNumber())
        refused = exp.Anonymous(
            this="error", expressions=[scope.bind(_TOO_MANY.format(scope.path[0], MOST_ROWS))]
        )
        counted = exp.select(
            exp.column("profile_id", table="own"),
            exp.func(
                "if",
                exp.GT(this=number, expression=exp.Literal.number(MOST_ROWS)),
                refused,
                exp.null(),
            ).as_("refusal"),
        ).from_(self.query.copy().subquery("own"))
        id_ = exp.column("profile_id", table="it")
        ids = exp.select(exp.cast(id_, "varchar").as_("profile_id")).from_(counted.subquery("it"))
        refusal = exp.Is(this=exp.column("refusal", table="it"), expression=exp.null())
        return scope.among(ids.where(present(id_), refusal))


CONDITIONS.add("sql", Sql)
