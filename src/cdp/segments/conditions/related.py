"""`related` and `contacts`: what holds of those whom the member has a relationship with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, AnyCondition
from cdp.segments.moments import as_of
from cdp.segments.relatives import ME, OTHER, Relatives, distinct_pairs
from cdp.segments.scope import ACCOUNTS, ConditionError, Entity, Scope, certain, named

if TYPE_CHECKING:
    from collections.abc import Iterable

_TABLE = "gold.relationship"


class Related(Relatives):
    """Others that a relationship leads to or comes from, and what holds of them."""

    related: str = Field(description="kind: contact_of, subsidiary_of, member_of, ...; any: every")
    other: Entity = Field(description="what the others are: person, organisation, group")
    direction: Literal["from", "to", "either"] = Field(
        "either",
        description="from: the member is contact_of the other; to: the other is that of the member",
    )
    ended: bool = Field(
        default=False, description="true: those that ended, instead of those that hold now"
    )
    satisfies: AnyCondition | None = Field(
        None, description="condition on the others; default: that there is such a relationship"
    )

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member has such relatives."""
        kind = None if self.related == "any" else self.related
        pairs = _pairs(kind, self.direction, scope, has_ended=self.ended)
        return self.quantified(pairs, (self.other, self.satisfies), scope)


class Contacts(Relatives):
    """Persons with a relationship to the organisation or group that holds now."""

    contacts: AnyCondition = Field(description="condition on the persons, of whom any satisfies it")

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether such persons belong to the member."""
        if scope.entity not in ACCOUNTS:
            msg = f"a {scope.entity} has no contacts; `contacts` is of organisations and groups"
            raise ConditionError(msg)
        pairs = _pairs(None, "to", scope, has_ended=False)
        return self.quantified(pairs, ("person", self.contacts), scope)


def _pairs(kind: str | None, direction: str, scope: Scope, *, has_ended: bool) -> exp.Select:
    ends = {"from": ("profile_id", "other_id"), "to": ("other_id", "profile_id")}
    chosen = list(ends.values()) if direction == "either" else [ends[direction]]
    return distinct_pairs(
        *(
            exp.select(
                exp.column(me, table="tie").as_(ME), exp.column(other, table="tie").as_(OTHER)
            )
            .from_(named(_TABLE, "tie"))
            .where(*_holding(kind, scope, has_ended=has_ended))
            for me, other in chosen
        )
    )


def _holding(kind: str | None, scope: Scope, *, has_ended: bool) -> Iterable[exp.Expr]:
    """Yield what must hold of a relationship for it to be of the kind, and to hold now."""
    if kind is not None:
        yield exp.column("kind", table="tie").eq(scope.bind(kind))
    ended = certain(exp.LTE(this=exp.column("valid_to", table="tie"), expression=as_of()))
    if has_ended:
        yield ended
        return
    yield exp.not_(ended)
    begins = exp.column("valid_from", table="tie")
    yield exp.not_(certain(exp.GT(this=begins, expression=as_of())))


CONDITIONS.add("related", Related)
CONDITIONS.add("contacts", Contacts)
