"""How a mapping file says where a value comes from, and when something holds.

Invariant: a value that validates compiles; every name, path and pattern is checked on load.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from cdp.canonical.formula import Formula, formula
from cdp.canonical.functions import TRUTH
from cdp.canonical.written import pattern
from cdp.model.paths import NATIVE_ID, parse
from cdp.settings import Strict

if TYPE_CHECKING:
    from collections.abc import Iterator


def _single(text: str) -> str:
    if text != NATIVE_ID and parse(text).many:
        msg = f"{text!r} leads to a list; name the list in `each` and the field in the value"
        raise ValueError(msg)
    return text


def _list(text: str) -> str:
    parse(text)
    return text


def _expression(text: str) -> str:
    formula(text)
    return text


def _test(text: str) -> str:
    if formula(text).kind != TRUTH:
        msg = f"{text!r} is neither true nor false; compare it, as in {text} = 'x'"
        raise ValueError(msg)
    return text


def _pattern(text: str) -> str:
    if re.compile(pattern(text)).groups != 1:
        msg = f"{text!r} needs exactly one group in brackets: the part to keep"
        raise ValueError(msg)
    return text


def _text(value: object) -> object:
    """Return YAML's booleans and numbers as the JSON text that sources are compared with."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _texts(value: object) -> object:
    return [_text(v) for v in value] if isinstance(value, list) else [_text(value)]


def _codes(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {str(_text(key)): _text(target) for key, target in value.items()}


Text = Annotated[str, BeforeValidator(_text)]
FieldPath = Annotated[str, AfterValidator(_single)]
ListPath = Annotated[str, AfterValidator(_list)]


class Condition(Strict):
    """A test of the source's record; exactly one of `field`, `expr`, `all`, `any`, `not`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    field: FieldPath | None = Field(default=None, description="field that is tested")
    is_: Annotated[tuple[str, ...], BeforeValidator(_texts)] | None = Field(
        default=None, alias="is", description="holds when the field has one of these values"
    )
    filled: bool | None = Field(
        default=None, description="holds when the field has a value, or has none"
    )
    matches: Annotated[str, AfterValidator(pattern)] | None = Field(
        default=None, description="holds when this regular expression is found in the field"
    )
    expr: Annotated[str, AfterValidator(_test)] | None = Field(
        default=None, description="holds when this expression is true"
    )
    all: tuple[Condition, ...] = Field(default=(), description="holds when all of these hold")
    any: tuple[Condition, ...] = Field(default=(), description="holds when one of these holds")
    not_: Condition | None = Field(
        default=None, alias="not", description="holds when this does not"
    )

    @model_validator(mode="after")
    def _one_test(self) -> Condition:
        one = self.field, self.expr, self.not_
        given = [*(test is not None for test in one), bool(self.all), bool(self.any)]
        if sum(given) != 1:
            msg = "give exactly one of field, expr, all, any, not"
            raise ValueError(msg)
        tests = [self.is_ is not None, self.filled is not None, self.matches is not None]
        if sum(tests) != (self.field is not None):
            msg = "a test of a field needs exactly one of is, filled, matches"
            raise ValueError(msg)
        return self

    @property
    def formula(self) -> Formula | None:
        """The expression, parsed and checked."""
        return formula(self.expr) if self.expr is not None else None


class Value(Strict):
    """Where one value comes from; a plain text is a path."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    path: FieldPath | None = Field(
        default=None, description="field of the record, as in address.city"
    )
    expr: Annotated[str, AfterValidator(_expression)] | None = Field(
        default=None, description="what this expression gives, as in upper(City)"
    )
    const: Text | None = Field(default=None, description="always this value")
    first: tuple[Value, ...] = Field(default=(), description="the first of these that has a value")
    join: tuple[Value, ...] = Field(
        default=(), description="those of these that have a value, in a row"
    )
    separator: str = Field(default=" ", alias="with", description="what `join` puts between them")
    extract: Annotated[str, AfterValidator(_pattern)] | None = Field(
        default=None, description="regular expression whose one group is kept"
    )
    strip_zeros: bool = Field(default=False, description="remove zeros the source pads with")
    map: Annotated[dict[str, str | None], BeforeValidator(_codes)] | None = Field(
        default=None, description="the source's code and what it means; null means: no value"
    )
    otherwise: Text | None = Field(default=None, description="what a code that `map` lacks means")
    keep_others: bool = Field(default=False, description="a code that `map` lacks means itself")
    default: Text | None = Field(default=None, description="value where the source has none")
    when: Condition | None = Field(default=None, description="no value unless this holds")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: object) -> object:
        if isinstance(data, bool | int | float):
            return {"const": data}
        return {"path": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one_origin(self) -> Value:
        given = [
            self.path is not None,
            self.expr is not None,
            self.const is not None,
            bool(self.first),
            bool(self.join),
        ]
        if sum(given) != 1:
            msg = "give exactly one of path, expr, const, first, join"
            raise ValueError(msg)
        return self

    @property
    def formula(self) -> Formula | None:
        """The expression, parsed and checked."""
        return formula(self.expr) if self.expr is not None else None


def outcomes(value: Value) -> set[str] | None:
    """Return every value that can come out, None where the source decides."""
    if value.map is not None:
        if value.keep_others:
            return None
        ends = {target for target in value.map.values() if target is not None}
        return ends | {v for v in (value.otherwise, value.default) if v is not None}
    if value.const is not None:
        return {value.const}
    found = None if value.extract or value.strip_zeros else _origins(value)
    return found if found is None or value.default is None else {*found, value.default}


def _origins(value: Value) -> set[str] | None:
    """Return every value that an expression or a list of values can give."""
    if value.formula is not None:
        return None if value.formula.ends is None else set(value.formula.ends)
    found: set[str] = set()
    for part in value.first:
        ends = outcomes(part)
        if ends is None:
            return None
        found |= ends
    return found if value.first else None


def paths(value: Value | Condition | None) -> set[str]:
    """Return every path that a value or a condition reads."""
    if value is None:
        return set()
    if isinstance(value, Condition):
        inner: tuple[Value | Condition | None, ...] = (*value.all, *value.any, value.not_)
        own = value.field
    else:
        inner = (*value.first, *value.join, value.when)
        own = value.path
    found = {own} if own is not None else set()
    if value.formula is not None:
        found |= value.formula.paths
    return found.union(*(paths(part) for part in inner))


def parts(value: object) -> Iterator[Strict]:
    """Yield the models in a field of a model: it itself, those of a list, those of a mapping."""
    if isinstance(value, Strict):
        yield value
    elif isinstance(value, dict | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from parts(part)
