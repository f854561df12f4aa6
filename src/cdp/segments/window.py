"""When something happened: the fields that say so, the same for every condition over events."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from cdp.segments import moments
from cdp.segments.offering import Offering
from cdp.segments.scope import ConditionError

if TYPE_CHECKING:
    from sqlglot import exp

    from cdp.segments.scope import Scope

MomentText = datetime | date | str
_LONGEST = 36_600


def has_happened(time: exp.Expr) -> exp.Expr:
    """Return whether a time is not after the moment that the run looks from."""
    return moments.at_most(time, moments.Moment(moments.as_of(), is_day=False))


class Window(Offering):
    """A stretch of time; nothing after the run's moment is ever in it."""

    within_days: int | None = Field(
        None, gt=0, le=_LONGEST, description="only in the last so many days"
    )
    older_than_days: int | None = Field(
        None, ge=0, le=_LONGEST, description="only before the last so many days"
    )
    from_: MomentText | None = Field(
        None,
        alias="from",
        description="only at this moment or later: 2026-01-01, 90 days ago, start of month",
    )
    to: MomentText | None = Field(
        None, description="only at this moment or earlier; a date with the whole of its day"
    )
    between: tuple[MomentText, MomentText] | None = Field(
        None, description="only from the one moment to the other, both included"
    )

    @model_validator(mode="after")
    def _is_said_once(self) -> Self:
        if self.between is not None and not (self.from_ is None and self.to is None):
            msg = "give either `between` or `from` and `to`"
            raise ValueError(msg)
        return self

    def holds(self, time: exp.Expr, scope: Scope) -> list[exp.Expr]:
        """Return what must hold of a time for it to be in the window.

        Raises:
            ConditionError: a bound is no moment.
        """
        found: list[exp.Expr] = []
        if self.within_days is not None:
            since = moments.Moment(moments.days_before(scope.bind(self.within_days)), is_day=False)
            found.append(moments.more_than(time.copy(), since))
        if self.older_than_days is not None:
            old = moments.Moment(
                moments.days_before(scope.bind(self.older_than_days)), is_day=False
            )
            found.append(moments.at_most(time.copy(), old))
        first, last = self.between or (self.from_, self.to)
        try:
            if first is not None:
                found.append(moments.at_least(time.copy(), moments.moment_of(first, scope)))
            if last is not None:
                found.append(moments.at_most(time.copy(), moments.moment_of(last, scope)))
        except ValueError as error:
            raise ConditionError(str(error)) from None
        return found
