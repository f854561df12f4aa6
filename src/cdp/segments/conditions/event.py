"""`event`: how often the member did something, or how much of it, within a window."""

from typing import Final, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator
from sqlglot import exp

from cdp.segments.comparison import kind_of
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.naming import unknown
from cdp.segments.scope import Rows, Scope, named
from cdp.segments.selection import (
    Selection,
    Wanted,
    check_fields,
    event_fields,
    id_of,
    known_event,
    likeness,
    time_of,
)

_MEASURES: Final = ("sum", "avg", "min", "max", "distinct")
_BOUNDS: Final = {
    "at_least": exp.GTE,
    "at_most": exp.LTE,
    "more_than": exp.GT,
    "less_than": exp.LT,
}
_MONEY: Final = {"amount"}
_LARGEST: Final = 2.0**53
Number = int | float


class Event(Selection, Condition):
    """So many events of a kind, or so much of one of their fields; at least one when nothing else.

    A sum over no events is 0; an average, lowest or highest value of none is not there, and
    satisfies nothing. Amounts of other currencies are never added to each other.
    """

    event: str = Field(description="order, order_line, cart, interaction, ticket, lead, ...")
    at_least: Number | None = Field(None, description="this many, or this much, or more")
    at_most: Number | None = Field(None, description="this many, or this much, or less; 0: none")
    more_than: Number | None = Field(None, description="more than this")
    less_than: Number | None = Field(None, description="less than this")
    sum: str | None = Field(None, description="bounds are of the sum of this field")
    avg: str | None = Field(None, description="bounds are of the average of this field")
    min: str | None = Field(None, description="bounds are of the lowest value of this field")
    max: str | None = Field(None, description="bounds are of the highest value of this field")
    distinct: str | None = Field(
        None, description="bounds are of the number of different values of this field"
    )
    currency: str | None = Field(
        None,
        pattern=r"^[A-Z]{3}$",
        description="currency of the amounts that are measured; default: that of the features",
    )
    which: Literal["first", "last"] | None = Field(
        None, description="look at the first, or the last, of these events alone"
    )
    having: dict[str, Wanted] = Field(
        default_factory=dict, description="what the first or last one is like, as in `where`"
    )

    @field_validator("event")
    @classmethod
    def _is_known(cls, name: str) -> str:
        return known_event(name)

    @field_validator("sum", "avg", "min", "max", "distinct")
    @classmethod
    def _measures_a_field(cls, name: str | None, info: ValidationInfo) -> str | None:
        event = info.data.get("event")
        if name is None or event is None:
            return name
        known = event_fields(event)
        if info.field_name != "distinct":
            known = {n: c for n, c in known.items() if kind_of(c) == "number"}
        if name not in known:
            raise ValueError(unknown(f"field of {event} to measure", name, known))
        return name

    @field_validator("at_least", "at_most", "more_than", "less_than")
    @classmethod
    def _is_a_number(cls, value: Number | None) -> Number | None:
        if value is not None and not -_LARGEST <= value <= _LARGEST:
            msg = "a number must be finite, and less than 2^53"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        check_fields(self.event, "having", self.having)
        measures = [name for name in _MEASURES if getattr(self, name) is not None]
        bounds = self._bounds()
        problems = {
            "give one of sum, avg, min, max, distinct": len(measures) > 1,
            f"`{''.join(measures[:1])}` needs a bound such as `at_least`": measures and not bounds,
            "`which` looks at one event; leave bounds and measures out": self.which
            and (bounds or measures),
            "`having` goes with `which`": self.having and not self.which,
            f"at_least {self.at_least} is more than at_most {self.at_most}": self.at_least
            is not None
            and self.at_most is not None
            and self.at_least > self.at_most,
            "nobody has fewer than no events: give at_least 1 or more": not measures
            and self.at_least is not None
            and self.at_least < 1,
            "nobody has fewer than no events: give at_most 0 or more": not measures
            and ((self.at_most or 0) < 0 or (self.less_than is not None and self.less_than <= 0)),
            "`currency` goes with a measured amount": self.currency
            and not self._measured() & _MONEY,
        }
        for problem, is_one in problems.items():
            if is_one:
                raise ValueError(problem)
        return self

    def kind(self) -> str:
        """Return the kind of event."""
        return self.event

    def read(self) -> set[str]:
        """Return the fields of the event that are looked at."""
        return {*self.where, *self.having, *self._measured()}

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member did it as often, or as much, as that."""
        if self.which is not None:
            return self._one(scope)
        rows = self.events(scope)
        measured = self._measured() & _MONEY
        if measured:
            rows = self._in_one_currency(rows, scope)
        bounds = self._bounds()
        measure = next((name for name in _MEASURES if getattr(self, name) is not None), "count")
        if measure == "count" and bounds in ({}, {"at_least": 1}):
            return rows.of(scope)
        return self._bounded(rows, self._number(measure), scope, is_there=measure not in _EMPTY)

    def _bounded(self, rows: Rows, number: exp.Expr, scope: Scope, *, is_there: bool) -> exp.Expr:
        """Return whether the number, of the member's events, is within the bounds.

        Who has no event has the number 0, unless `is_there` says that none is there.
        """
        bounds = self._bounds()
        holds_of_none = not is_there and all(_HOLDS[name](0, b) for name, b in bounds.items())
        within = exp.and_(
            *(
                _BOUNDS[name](this=number.copy(), expression=scope.bind(bound))
                for name, bound in bounds.items()
            )
        )
        chosen = exp.not_(exp.paren(within)) if holds_of_none else within
        ids = rows.owners().group_by(rows.owner).having(chosen)
        among = scope.among(ids)
        return exp.not_(among) if holds_of_none else among

    def _number(self, measure: str) -> exp.Expr:
        if measure == "count":
            return exp.Count(this=exp.Star())
        column = exp.column(getattr(self, measure), table="it")
        if measure == "distinct":
            return exp.Count(this=exp.Distinct(expressions=[column]))
        total = exp.func(measure, column)
        return exp.func("coalesce", total, exp.Literal.number(0)) if measure == "sum" else total

    def _in_one_currency(self, rows: Rows, scope: Scope) -> Rows:
        if "currency" not in event_fields(self.event) or "currency" in self.where:
            return rows
        if self.currency is not None:
            wanted: exp.Expr = scope.bind(self.currency)
        else:
            usual = exp.select(exp.func("max", exp.column("currency", table="f")))
            wanted = usual.from_(named("gold.feature", "f")).subquery()
        return rows.where(exp.column("currency", table="it").eq(wanted))

    def _one(self, scope: Scope) -> exp.Expr:
        """Return whether the first or last of the events is in the window and like `having`."""
        rows = self.among(self.past(scope), scope)
        names = (time_of(self.event), *id_of(self.event))
        order = [
            exp.Ordered(this=exp.column(name, table="it"), desc=self.which == "last")
            for name in names
        ]
        place = exp.Window(
            this=exp.RowNumber(), partition_by=[rows.owner], order=exp.Order(expressions=order)
        )
        chosen = rows.query.select(exp.Column(this=exp.Star(), table=exp.to_identifier("it")))
        first = chosen.where(exp.not_(exp.Is(this=rows.owner, expression=exp.null())))
        first = first.qualify(place.eq(exp.Literal.number(1)))
        one = Rows(exp.select().from_(first.subquery("it")), rows.key)
        liked = likeness(self.event, self.having, scope)
        return one.where(*self.in_window(scope), *liked).of(scope)

    def _bounds(self) -> dict[str, Number]:
        found = {name: getattr(self, name) for name in _BOUNDS}
        return {name: bound for name, bound in found.items() if bound is not None}

    def _measured(self) -> set[str]:
        return {getattr(self, name) for name in _MEASURES[:-1] if getattr(self, name) is not None}


_EMPTY: Final = {"count", "sum", "distinct"}
"""Measures that are 0 of no events."""
_HOLDS: Final = {
    "at_least": lambda number, bound: number >= bound,
    "at_most": lambda number, bound: number <= bound,
    "more_than": lambda number, bound: number > bound,
    "less_than": lambda number, bound: number < bound,
}

CONDITIONS.add("event", Event)
