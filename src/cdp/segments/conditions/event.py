"""`event`: how often the member did something, within a window."""

from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from sqlglot import exp

from cdp.segments.comparison import NeededComparison, Scalar
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import EVENT_TIMES, Scope, days_before, exists, fields, moment, pick

Wanted = NeededComparison | tuple[Scalar, ...] | Scalar


class Event(Condition):
    """At least, or at most, so many events of a kind; at least one when no number is given.

    Events after the run's moment are not seen. An order that two systems hold counts once, and
    orders that were cancelled are left out unless `where` asks for a `status`.
    """

    event: str = Field(description="order, cart, interaction, ticket, lead, ...")
    where: dict[str, Wanted] = Field(
        default_factory=dict,
        description="fields of the event: one value, a list of values, or comparisons",
    )
    at_least: int | None = Field(None, ge=1, description="this many or more")
    at_most: int | None = Field(None, ge=0, description="this many or fewer, none included")
    within_days: int | None = Field(None, gt=0, description="only in the last so many days")

    @field_validator("event")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in EVENT_TIMES:
            msg = f"unknown event {name!r}; known: {', '.join(EVENT_TIMES)}"
            raise ValueError(msg)
        return name

    @field_validator("where")
    @classmethod
    def _has_known_fields(cls, where: dict[str, Wanted], info: ValidationInfo) -> dict[str, Wanted]:
        known = fields(f"gold.{info.data['event']}") if "event" in info.data else where
        for name in where:
            if name not in known:
                msg = f"unknown field {name!r} of {info.data['event']}; known: {', '.join(known)}"
                raise ValueError(msg)
        return where

    @model_validator(mode="after")
    def _bounds_leave_room(self) -> Self:
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            msg = f"at_least {self.at_least} is more than at_most {self.at_most}"
            raise ValueError(msg)
        return self

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member did it as often as that."""
        rows = self._events(scope)
        if self.at_most is None and (self.at_least or 1) == 1:
            return exists(rows)
        times = rows.select(exp.Count(this=exp.Star())).subquery()
        lowest = self.at_least if self.at_least is not None else 0
        bounds: list[exp.Expr] = [exp.GTE(this=times, expression=exp.Literal.number(lowest))]
        if self.at_most is not None:
            bounds.append(exp.LTE(this=times.copy(), expression=exp.Literal.number(self.at_most)))
        return exp.paren(exp.and_(*bounds))

    def _events(self, scope: Scope) -> exp.Select:
        table = f"gold.{self.event}"
        time = exp.column(EVENT_TIMES[self.event], table="it")
        rows = scope.rows(table, scope.key).where(exp.LTE(this=time, expression=moment()))
        if self.within_days is not None:
            since = days_before(self.within_days)
            rows = rows.where(exp.GT(this=time.copy(), expression=since))
        if self.event == "order":
            rows = self._orders_that_count(rows, scope)
        for name, wanted in self.where.items():
            rows = rows.where(_comparison(wanted).compare(pick(name, table), scope, "it"))
        return rows

    def _orders_that_count(self, rows: exp.Select, scope: Scope) -> exp.Select:
        copied = exp.column("duplicate_of", table="it")
        rows = rows.where(exp.Is(this=copied, expression=exp.null()))
        if "status" in self.where:
            return rows
        status = exp.column("status", table="it")
        return rows.where(status.neq(scope.bind("cancelled")))


def _comparison(wanted: Wanted) -> NeededComparison:
    if isinstance(wanted, NeededComparison):
        return wanted
    if isinstance(wanted, tuple):
        return NeededComparison.model_validate({"one_of": wanted})
    return NeededComparison.model_validate({"is": wanted})


CONDITIONS.add("event", Event)
