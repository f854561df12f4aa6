"""What holds of others that a member belongs with: so many of them, or every one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator
from sqlglot import exp

from cdp.segments.condition import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.definition import SegmentFile
    from cdp.segments.scope import Entity, Scope

ME, OTHER = "me", "other"


class Relatives(Condition):
    """A condition on others: any of them satisfies it, so many of them do, or every one does.

    Who has no such others satisfies none of these, `every` included.
    """

    every: bool = Field(default=False, description="true: every one of them, and there is one")
    at_least: int | None = Field(None, ge=1, description="so many of them, or more")
    at_most: int | None = Field(
        None, ge=0, description="so many of them, or fewer; 0: none, or no others at all"
    )

    @model_validator(mode="after")
    def _says_how_many_once(self) -> Self:
        bounded = self.at_least is not None or self.at_most is not None
        if self.every and bounded:
            msg = "give either `every` or a number (`at_least`, `at_most`)"
            raise ValueError(msg)
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            msg = f"at_least {self.at_least} is more than at_most {self.at_most}"
            raise ValueError(msg)
        return self

    def is_own(self, segments: Mapping[str, SegmentFile]) -> bool:
        """It looks at others: a change of theirs moves the member."""
        _ = segments
        return False

    def quantified(
        self, pairs: exp.Select, other: tuple[Entity, Condition | None], scope: Scope
    ) -> exp.Expr:
        """Return whether so many of the others, of a kind, satisfy the condition.

        `pairs` gives whom each member belongs with, in the columns `me` and `other`, once each.
        """
        entity, condition = other
        inside = scope.inside("related", entity)
        pair = exp.column(OTHER, table="pair").eq(inside.member)
        query = inside.everybody().join(pairs.subquery("pair"), on=pair)
        me = exp.column(ME, table="pair")
        satisfied = exp.true() if condition is None else condition.sql(inside)
        if self.every:
            all_of_them = exp.func("bool_and", satisfied)
            return scope.among(query.select(me).group_by(me.copy()).having(all_of_them))
        query = query.select(me).where(satisfied)
        if self.at_most is None and (self.at_least or 1) == 1:
            return scope.among(query)
        return self._counted(query.group_by(me.copy()), scope)

    def _counted(self, query: exp.Select, scope: Scope) -> exp.Expr:
        number = exp.Count(this=exp.Star())
        bounds: list[exp.Expr] = []
        if self.at_least is not None:
            bounds.append(exp.GTE(this=number.copy(), expression=scope.bind(self.at_least)))
        if self.at_most is None:
            return scope.among(query.having(*bounds))
        fewer = exp.LTE(this=number, expression=scope.bind(self.at_most))
        if self.at_least is not None:
            return scope.among(query.having(*bounds, fewer))
        return exp.not_(scope.among(query.having(exp.not_(fewer))))


def distinct_pairs(*queries: exp.Select) -> exp.Select:
    """Return the pairs of these queries of `me` and `other`, each once."""
    every: exp.Query = queries[0]
    for query in queries[1:]:
        every = exp.union(every, query, distinct=False, copy=False)
    return exp.select(exp.column(ME), exp.column(OTHER)).distinct().from_(every.subquery("each"))
