"""What a field may be compared with; a missing value satisfies only `exists: false`.

A value must be of the field's kind: YAML reads NO and on as booleans and 1 as a number, and
such a slip is an error here, never an empty segment.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Literal, Self

from pydantic import Field, model_validator
from sqlglot import exp

from cdp.model.tables import Column
from cdp.segments.scope import ConditionError, Scope, certain, days_before, moment
from cdp.settings import Strict

Scalar = bool | int | float | datetime | date | str
Kind = Literal["text", "number", "time", "boolean", "list"]

_KINDS: dict[Kind, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "time": (datetime, date),
    "boolean": (bool,),
    "list": (str,),
}
_ORDERED = ("at_least", "at_most", "more_than", "less_than")
_EQUAL = ("is", "is_not", "one_of", "none_of")
_OPERATORS: dict[Kind, tuple[str, ...]] = {
    "text": (*_EQUAL, "contains", "starts_with", "exists"),
    "number": (*_EQUAL, *_ORDERED, "exists"),
    "time": (*_ORDERED, "within_days", "older_than_days", "exists"),
    "boolean": ("is", "exists"),
    "list": ("contains", "exists"),
}


class Comparison(Strict):
    """Comparisons that must all hold for a field."""

    is_: Scalar | None = Field(None, alias="is", description="equal to this")
    is_not: Scalar | None = Field(None, description="there, but not this")
    one_of: tuple[Scalar, ...] | None = Field(None, min_length=1, description="one of these")
    none_of: tuple[Scalar, ...] | None = Field(
        None, min_length=1, description="there, but none of these"
    )
    at_least: Scalar | None = Field(None, description="this or more; for times this or later")
    at_most: Scalar | None = Field(None, description="this or less; for times this or earlier")
    more_than: Scalar | None = Field(None, description="more than this; for times later")
    less_than: Scalar | None = Field(None, description="less than this; for times earlier")
    contains: str | None = Field(None, description="has this text in it; a list has this element")
    starts_with: str | None = Field(None, description="begins with this text")
    within_days: int | None = Field(None, gt=0, description="a time in the last so many days")
    older_than_days: int | None = Field(None, ge=0, description="a time before the last so many")
    exists: bool | None = Field(None, description="true: there is a value; false: there is none")

    def given(self) -> dict[str, object]:
        """Return the comparisons that were declared, by name."""
        names = {f.alias or n: n for n, f in Comparison.model_fields.items()}
        found = {alias: getattr(self, name) for alias, name in names.items()}
        return {alias: value for alias, value in found.items() if value is not None}

    def compare(self, column: Column, scope: Scope, alias: str) -> exp.Expr:
        """Return whether the column, of the row called `alias`, satisfies all of them.

        Raises:
            ConditionError: a comparison or a value does not fit the kind of the column.
        """
        kind = kind_of(column)
        given = self.given()
        for operator, value in given.items():
            _check(column, kind, operator, value)
        this = exp.column(column.name, table=alias)
        parts = [
            _PREDICATES[operator](this, value, scope, kind) for operator, value in given.items()
        ]
        return exp.and_(*parts)


class NeededComparison(Comparison):
    """At least one comparison."""

    @model_validator(mode="after")
    def _compares(self) -> Self:
        if not self.given():
            operators = ", ".join(f.alias or n for n, f in Comparison.model_fields.items())
            msg = f"nothing to compare with; give one of: {operators}"
            raise ValueError(msg)
        return self


def kind_of(column: Column) -> Kind:
    """Return what the column's values are."""
    if column.type.endswith("[]"):
        return "list"
    if column.type in {"timestamp", "date"}:
        return "time"
    if column.type in {"varchar", "boolean"}:
        return "text" if column.type == "varchar" else "boolean"
    return "number"


def _check(column: Column, kind: Kind, operator: str, value: object) -> None:
    if operator not in _OPERATORS[kind]:
        msg = (
            f"{column.name} is a {kind}, which {operator!r} cannot compare; "
            f"known: {', '.join(_OPERATORS[kind])}"
        )
        raise ConditionError(msg)
    if operator in {"exists", "within_days", "older_than_days"}:
        return
    for one in value if isinstance(value, tuple) else (value,):
        if not _fits(kind, one):
            msg = f"{column.name} is a {kind}, but {operator!r} is given {one!r}{_hint(kind)}"
            raise ConditionError(msg)


def _fits(kind: Kind, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS[kind])


def _hint(kind: Kind) -> str:
    return "; put it in quotes" if kind == "text" else ""


def _one_of(this: exp.Expr, value: object, scope: Scope, _: Kind) -> exp.Expr:
    values = value if isinstance(value, tuple) else (value,)
    return certain(exp.In(this=this, expressions=[scope.bind(one) for one in values]))


def _none_of(this: exp.Expr, value: object, scope: Scope, _: Kind) -> exp.Expr:
    values = value if isinstance(value, tuple) else (value,)
    return certain(exp.not_(exp.In(this=this, expressions=[scope.bind(one) for one in values])))


def _ordered(
    comparison: type[exp.Binary],
) -> Callable[[exp.Expr, object, Scope, Kind], exp.Expr]:
    def predicate(this: exp.Expr, value: object, scope: Scope, _: Kind) -> exp.Expr:
        return certain(comparison(this=this, expression=scope.bind(value)))

    return predicate


def _contains(this: exp.Expr, value: object, scope: Scope, kind: Kind) -> exp.Expr:
    function = "list_contains" if kind == "list" else "contains"
    return certain(exp.Anonymous(this=function, expressions=[this, scope.bind(value)]))


def _starts_with(this: exp.Expr, value: object, scope: Scope, _: Kind) -> exp.Expr:
    return certain(exp.Anonymous(this="starts_with", expressions=[this, scope.bind(value)]))


def _within(this: exp.Expr, value: object, _: Scope, __: Kind) -> exp.Expr:
    return certain(
        exp.and_(
            exp.GT(this=this.copy(), expression=days_before(int(str(value)))),
            exp.LTE(this=this, expression=moment()),
        )
    )


def _older(this: exp.Expr, value: object, _: Scope, __: Kind) -> exp.Expr:
    return certain(exp.LTE(this=this, expression=days_before(int(str(value)))))


def _exists(this: exp.Expr, value: object, _: Scope, kind: Kind) -> exp.Expr:
    empty: exp.Expr = exp.Is(this=this.copy(), expression=exp.null())
    if kind == "list":
        length = exp.Anonymous(this="len", expressions=[this])
        empty = exp.or_(empty, length.eq(exp.Literal.number(0)))
    return exp.not_(exp.paren(empty)) if value else exp.paren(empty)


_PREDICATES: dict[str, Callable[[exp.Expr, object, Scope, Kind], exp.Expr]] = {
    "is": _one_of,
    "is_not": _none_of,
    "one_of": _one_of,
    "none_of": _none_of,
    "at_least": _ordered(exp.GTE),
    "at_most": _ordered(exp.LTE),
    "more_than": _ordered(exp.GT),
    "less_than": _ordered(exp.LT),
    "contains": _contains,
    "starts_with": _starts_with,
    "within_days": _within,
    "older_than_days": _older,
    "exists": _exists,
}
