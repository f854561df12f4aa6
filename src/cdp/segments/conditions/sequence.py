"""`sequence`: the member did one thing, then another, or then never did another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, field_validator, model_validator
from sqlglot import exp

from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.moments import shifted
from cdp.segments.scope import Rows, Scope, present
from cdp.segments.selection import Selection, known_event, time_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.definition import SegmentFile

_MEMBER, _TIME = "member_id", "happened"


class Step(Selection):
    """One event of a sequence; of the first, the window says when it happened."""

    event: str = Field(description="order, order_line, cart, interaction, ticket, lead, ...")
    after_days: int | None = Field(
        None, gt=0, le=36_600, description="at most so many days after the step before"
    )
    never: bool = Field(
        default=False, description="true: no such event follows; only of the last step"
    )

    @field_validator("event")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return known_event(name)

    def kind(self) -> str:
        """Return the kind of event."""
        return self.event

    def times(self, scope: Scope) -> exp.Select:
        """Return the query for who did it and when."""
        rows: Rows = self.events(scope)
        time = exp.column(time_of(self.event), table="it")
        chosen = rows.query.select(rows.owner.as_(_MEMBER), time.as_(_TIME))
        return chosen.where(present(rows.owner))


class Sequence(Condition):
    """Events of a member one after the other, each later than the one before.

    A step that never follows is one that has not followed by the run's moment.
    """

    sequence: tuple[Step, ...] = Field(
        min_length=2, max_length=10, description="the events in the order in which they happened"
    )

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if any(step.never for step in self.sequence[:-1]):
            msg = "`never` is for the last step: what comes after what never happened?"
            raise ValueError(msg)
        if self.sequence[0].after_days is not None:
            msg = "`after_days` counts from the step before; the first step has none"
            raise ValueError(msg)
        return self

    def is_own(self, segments: Mapping[str, SegmentFile]) -> bool:
        """Whether every step follows from the member's own rows."""
        return all(step.is_own(segments) for step in self.sequence)

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member did so."""
        later = self.sequence[-1].times(scope)
        for number in range(len(self.sequence) - 2, -1, -1):
            following = self.sequence[number + 1]
            later = _followed(self.sequence[number].times(scope), later, following, scope)
        ids = exp.select(exp.column(_MEMBER, table="ids")).from_(later.subquery("ids"))
        return scope.among(ids)


def _followed(earlier: exp.Select, later: exp.Select, step: Step, scope: Scope) -> exp.Select:
    """Return those earlier events that the step follows, or does not follow where it is `never`.

    Where no distance is asked for, the last of the later events is enough to look at.
    """
    one, other = exp.column(_TIME, table="earlier"), exp.column(_TIME, table="later")
    on = [
        exp.column(_MEMBER, table="earlier").eq(exp.column(_MEMBER, table="later")),
        exp.GT(this=other, expression=one),
    ]
    if step.after_days is not None:
        limit = shifted(one.copy(), scope.bind(step.after_days), "day")
        on.append(exp.LTE(this=other.copy(), expression=limit))
    else:
        last = exp.func("max", exp.column(_TIME, table="every")).as_(_TIME)
        member = exp.column(_MEMBER, table="every")
        later = exp.select(member, last).from_(later.subquery("every")).group_by(member.copy())
    return (
        exp.select(exp.column(_MEMBER, table="earlier"), one.copy())
        .from_(earlier.subquery("earlier"))
        .join(
            later.subquery("later"),
            on=exp.and_(*on),
            join_type="anti" if step.never else "semi",
        )
    )


CONDITIONS.add("sequence", Sequence)
