"""What a field may be compared with; a missing value satisfies only `exists: false`.

A value must be of the field's kind: YAML reads NO and on as booleans and 1 as a number, and
such a slip is an error here, never an empty segment.
"""

import math
from datetime import date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator
from sqlglot import exp

from cdp.model.tables import Column
from cdp.segments.naming import offer
from cdp.segments.offering import Offering
from cdp.segments.operators import FOLDED, OPERATORS, Kind, predicate
from cdp.segments.scope import ConditionError, Scope

_LARGEST = 2**63


def _can_be_bound(value: bool | float | datetime | date | str) -> object:  # noqa: FBT001 - any scalar
    if isinstance(value, str):
        if "\0" in value or (not value.isascii() and _has_surrogate(value)):
            msg = "a text may not have a zero byte or half a character in it"
            raise ValueError(msg)
    elif isinstance(value, int | float) and not (math.isfinite(value) and abs(value) < _LARGEST):
        msg = "a number must be finite, and less than 2^63"
        raise ValueError(msg)
    return value


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


Scalar = Annotated[bool | int | float | datetime | date | str, AfterValidator(_can_be_bound)]
Text = Annotated[str, AfterValidator(_can_be_bound)]

_KINDS: dict[Kind, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "time": (datetime, date, str),
    "boolean": (bool,),
    "list": (str,),
}
_OF_NO_KIND = {"exists", "within_days", "older_than_days", "ignore_case"}


class Comparison(Offering):
    """Comparisons that must all hold for a field."""

    is_: Scalar | None = Field(None, alias="is", description="equal to this")
    is_not: Scalar | None = Field(None, description="there, but not this")
    one_of: tuple[Scalar, ...] | None = Field(
        None, min_length=1, max_length=1000, description="one of these; a list has one of these"
    )
    none_of: tuple[Scalar, ...] | None = Field(
        None, min_length=1, max_length=1000, description="there, but none of these"
    )
    at_least: Scalar | None = Field(None, description="this or more; for times this or later")
    at_most: Scalar | None = Field(None, description="this or less; for times this or earlier")
    more_than: Scalar | None = Field(None, description="more than this; for times later")
    less_than: Scalar | None = Field(None, description="less than this; for times earlier")
    between: tuple[Scalar, Scalar] | None = Field(
        None, description="from the one to the other, both included"
    )
    contains: Text | None = Field(None, description="has this text in it; a list has this element")
    starts_with: Text | None = Field(None, description="begins with this text")
    ends_with: Text | None = Field(None, description="ends with this text")
    ignore_case: bool | None = Field(None, description="true: texts are compared in lower case")
    within_days: int | None = Field(
        None, gt=0, le=36_600, description="a time in the last so many days"
    )
    older_than_days: int | None = Field(
        None, ge=0, le=36_600, description="a time before the last so many"
    )
    exists: bool | None = Field(None, description="true: there is a value; false: there is none")

    @model_validator(mode="after")
    def _ignores_case_of_something(self) -> Self:
        if self.ignore_case is not None and not FOLDED & set(self.given()):
            msg = f"`ignore_case` goes with one of: {', '.join(sorted(FOLDED))}"
            raise ValueError(msg)
        return self

    def given(self) -> dict[str, object]:
        """Return the comparisons that were declared, by name."""
        names = {f.alias or n: n for n, f in Comparison.model_fields.items()}
        found = {alias: getattr(self, name) for alias, name in names.items()}
        return {a: value for a, value in found.items() if value is not None and a != "ignore_case"}

    def compare(self, column: Column, scope: Scope, this: exp.Expr) -> exp.Expr:
        """Return whether `this`, a value of the column, satisfies all of them; never null.

        Raises:
            ConditionError: a comparison or a value does not fit the kind of the column.
        """
        kind = kind_of(column)
        given = self.given()
        for operator, value in given.items():
            _check(column, kind, operator, value)
        folded = bool(self.ignore_case)
        if folded and kind not in {"text", "list"}:
            msg = f"{column.name} is a {kind}, which has no case; leave `ignore_case` out"
            raise ConditionError(msg)
        try:
            parts = [
                predicate(operator, (this.copy(), value, kind), scope, folded=folded)
                for operator, value in given.items()
            ]
        except ValueError as error:
            msg = f"{column.name} is a time: {error}"
            raise ConditionError(msg) from None
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
    known = OPERATORS[kind]
    if operator not in known:
        msg = (
            f"{column.name} is a {kind}, which {operator!r} cannot compare;"
            f"{offer(operator, known)} known: {', '.join(known)}"
        )
        raise ConditionError(msg)
    if operator in _OF_NO_KIND:
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


__all__ = ["Comparison", "Kind", "NeededComparison", "Scalar", "Text", "kind_of"]
