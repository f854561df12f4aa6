"""`account` and `parent`: what holds of the organisation that the member belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, AnyCondition, Condition
from cdp.segments.scope import ACCOUNTS, ConditionError, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.definition import SegmentFile


class _Above(Condition):
    def is_own(self, segments: Mapping[str, SegmentFile]) -> bool:
        """It looks at an organisation: a change of its moves the member."""
        _ = segments
        return False


class Account(_Above):
    """The organisation that a person works for satisfies this."""

    account: AnyCondition = Field(description="condition on the organisation it works for")

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the organisation is there and satisfies the condition."""
        if scope.entity in ACCOUNTS:
            msg = f"a {scope.entity} works for nobody; `account` is of persons, see `parent`"
            raise ConditionError(msg)
        return _through("account_id", self.account, scope)


class Parent(_Above):
    """The organisation above an organisation satisfies this."""

    parent: AnyCondition = Field(description="condition on the organisation above it")

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether there is one and it satisfies the condition."""
        if scope.entity not in ACCOUNTS:
            msg = f"nothing stands above a {scope.entity}; `parent` is of organisations"
            raise ConditionError(msg)
        return _through("parent_account_id", self.parent, scope)


def _through(column: str, condition: Condition, scope: Scope) -> exp.Expr:
    inside = scope.inside("account", "organisation")
    ids = inside.everybody().select(inside.member).where(condition.sql(inside))
    rows = scope.rows(scope.table, scope.key)
    named = exp.column(column, table="it")
    return rows.where(exp.In(this=named, query=ids.subquery(copy=False))).of(scope)


CONDITIONS.add("account", Account)
CONDITIONS.add("parent", Parent)
