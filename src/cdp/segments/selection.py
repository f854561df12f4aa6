"""Which events a condition is about: their kind, what they are like, and when they happened."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Final, Self

from pydantic import Field, model_validator
from sqlglot import exp

from cdp.segments.comparison import NeededComparison, Scalar
from cdp.segments.naming import unknown
from cdp.segments.offering import refusal
from cdp.segments.scope import EVENT_TIMES, ConditionError, Rows, Scope, fields, named
from cdp.segments.window import Window, has_happened

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.model.tables import Column
    from cdp.segments.definition import SegmentFile

Wanted = NeededComparison | tuple[Scalar, ...] | Scalar
LINE: Final = "order_line"
EVENTS: Final = tuple(sorted((*EVENT_TIMES, LINE)))
_OF_ORDER: Final = ("source", "ordered_at", "status", "channel", "currency", "duplicate_of")
_OF_PRODUCT: Final = "category"
_IDS: Final = ("profile_id", "account_id")


def known_event(name: str) -> str:
    """Return the name of a kind of event.

    Raises:
        ValueError: there is no such kind.
    """
    if name not in EVENTS:
        raise ValueError(unknown("event", name, EVENTS))
    return name


def event_fields(event: str) -> Mapping[str, Column]:
    """Return what is known of each event of a kind, by name."""
    if event != LINE:
        return fields(f"gold.{event}")
    order, product = fields("gold.order"), fields("gold.product")
    return (
        fields("gold.order_line")
        | {name: order[name] for name in (*_IDS, *_OF_ORDER)}
        | {_OF_PRODUCT: product[_OF_PRODUCT]}
    )


def time_of(event: str) -> str:
    """Return the field that says when an event of a kind happened."""
    return EVENT_TIMES["order" if event == LINE else event]


def id_of(event: str) -> tuple[str, ...]:
    """Return the fields that tell two events of a kind apart."""
    return ("order_id", "line") if event == LINE else (f"{event}_id",)


def check_fields(event: str, place: str, where: Mapping[str, object]) -> None:
    """Let only fields of the event stand there.

    Raises:
        ValidationError: there is another one; says where it stands.
    """
    known = event_fields(event)
    problems: list[tuple[tuple[str, ...], str, object]] = [
        ((place, name), unknown(f"field of {event}", name, known), wanted)
        for name, wanted in where.items()
        if name not in known
    ]
    if problems:
        raise refusal(problems)


class Selection(Window):
    """Events of one kind that are like this and in this window.

    An order that two systems hold counts once, and orders that were cancelled are left out unless
    `where` asks for a `status`.
    """

    where: dict[str, Wanted] = Field(
        default_factory=dict,
        description="fields of the event: one value, a list of values, or comparisons; of an "
        "order_line also its product's category and its order's status, channel, ...",
    )

    @model_validator(mode="after")
    def _where_is_known(self) -> Self:
        check_fields(self.kind(), "where", self.where)
        return self

    @abstractmethod
    def kind(self) -> str:
        """Return the kind of event."""

    def is_own(self, segments: Mapping[str, SegmentFile]) -> bool:
        """Whether it follows from the member's own rows: a product's category is everybody's."""
        _ = segments
        return not (self.kind() == LINE and _OF_PRODUCT in self.read())

    def read(self) -> set[str]:
        """Return the fields of the event that are looked at."""
        return set(self.where)

    def events(self, scope: Scope) -> Rows:
        """Return the events, as `it`, everybody's.

        Raises:
            ConditionError: a field is compared with what it cannot be compared with.
        """
        return self.among(self.past(scope), scope).where(*self.in_window(scope))

    def past(self, scope: Scope) -> Rows:
        """Return all events of the kind that happened by the run's moment and count."""
        event = self.kind()
        rows = Rows(exp.select().from_(self._table(event)), scope.key)
        time = exp.column(time_of(event), table="it")
        rows = rows.where(has_happened(time))
        if event not in {"order", LINE}:
            return rows
        copied = exp.column("duplicate_of", table="it")
        rows = rows.where(exp.Is(this=copied, expression=exp.null()))
        if "status" in self.read():
            return rows
        return rows.where(exp.column("status", table="it").neq(scope.bind("cancelled")))

    def among(self, rows: Rows, scope: Scope) -> Rows:
        """Return the events among these that are like this."""
        return rows.where(*likeness(self.kind(), self.where, scope))

    def in_window(self, scope: Scope) -> list[exp.Expr]:
        """Return what must hold of an event for it to be in the window."""
        return self.holds(exp.column(time_of(self.kind()), table="it"), scope)

    def _table(self, event: str) -> exp.Expr:
        if event != LINE:
            return named(f"gold.{event}", "it")
        return _lines(self.read()).subquery("it")


def likeness(event: str, where: Mapping[str, Wanted], scope: Scope) -> Iterable[exp.Expr]:
    """Return what must hold of an event, the row `it`, for it to be like this."""
    known = event_fields(event)
    for name, wanted in where.items():
        try:
            yield _comparison(wanted).compare(known[name], scope, exp.column(name, table="it"))
        except ConditionError as error:
            msg = f"where.{name}: {error}"
            raise ConditionError(msg) from None


def _lines(read: set[str]) -> exp.Select:
    """Return the query for lines of orders with what is known of the order, and of the product."""
    order = [exp.column(name, table="o") for name in (*_IDS, *_OF_ORDER)]
    line = [exp.column(name, table="l") for name in fields("gold.order_line")]
    query = (
        exp.select(*order, *line)
        .from_(named("gold.order_line", "l"))
        .join(named("gold.order", "o"), on=_same("order_id", "o", "l"))
    )
    if _OF_PRODUCT not in read:
        return query
    product = named("gold.product", "p")
    query = query.join(product, on=_same("product_id", "p", "l"), join_type="left")
    return query.select(exp.column(_OF_PRODUCT, table="p"))


def _same(column: str, one: str, other: str) -> exp.Expr:
    return exp.column(column, table=one).eq(exp.column(column, table=other))


def _comparison(wanted: Wanted) -> NeededComparison:
    if isinstance(wanted, NeededComparison):
        return wanted
    if isinstance(wanted, tuple):
        return NeededComparison.model_validate({"one_of": wanted})
    return NeededComparison.model_validate({"is": wanted})
