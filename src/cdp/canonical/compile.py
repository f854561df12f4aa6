"""Values and conditions of a mapping, as SQL expressions over extracted fields.

All fields that an entity reads are taken out of the JSON text at once, those of the record and
those of the element; an expression refers to them by columns that are numbered as they are met.
Expressions share their parts instead of copying them: they are written out once and never changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from cdp.model.paths import NATIVE_ID, parse

if TYPE_CHECKING:
    from cdp.canonical.values import Condition, Value

RECORD, ELEMENT = "record", "element"


def text(value: str) -> exp.Expr:
    """Return a string literal."""
    return exp.Literal.string(value)


def null() -> exp.Expr:
    """Return NULL as text, so that lists of it have a type."""
    return exp.cast(exp.Null(), "varchar")


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call of a DuckDB function."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def branch(cases: list[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr | None = None) -> exp.Expr:
    """Return CASE WHEN ... END."""
    whens = [exp.If(this=condition, true=result) for condition, result in cases]
    return exp.Case(ifs=whens, default=otherwise or null())


def is_null(value: exp.Expr) -> exp.Expr:
    """Return `value IS NULL`."""
    return exp.Is(this=value, expression=exp.Null())


def is_filled(value: exp.Expr) -> exp.Expr:
    """Return `value IS NOT NULL`."""
    return exp.Not(this=is_null(value))


def named(value: exp.Expr, name: str) -> exp.Expr:
    """Return `value AS name`."""
    return exp.Alias(this=value, alias=exp.to_identifier(name))


def both(*tests: exp.Expr) -> exp.Expr:
    """Return that all of these hold."""
    return exp.and_(*tests, copy=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """A compiled value: as it was received, and what it means (null: nothing that is known)."""

    original: exp.Expr
    meaning: exp.Expr


@dataclass
class Scope:
    """The fields an entity reads; `element` says whether a list's element is being looked at."""

    element: bool = False
    record_paths: list[str] = field(default_factory=list)
    element_paths: list[str] = field(default_factory=list)

    def of_record(self) -> Scope:
        """Return the same fields, looked at from the record."""
        return Scope(False, self.record_paths, self.element_paths)  # noqa: FBT003 - the record

    def read(self, path: str) -> exp.Expr:
        """Return the text at a path; empty text is none."""
        if path == NATIVE_ID:
            return exp.column("native_id")
        parsed = parse(path)
        inside = self.element and not parsed.absolute
        known = self.element_paths if inside else self.record_paths
        if parsed.json not in known:
            known.append(parsed.json)
        return exp.column(f"{ELEMENT if inside else RECORD}_{known.index(parsed.json)}")

    def holds(self, condition: Condition) -> exp.Expr:
        """Return the test, never null."""
        if condition.formula is not None:
            return condition.formula.holds(self.read)
        if condition.field is not None:
            return _tested(condition, self.read(condition.field))
        if condition.not_ is not None:
            return exp.Not(this=exp.Paren(this=self.holds(condition.not_)))
        if condition.all:
            return exp.Paren(this=both(*(self.holds(c) for c in condition.all)))
        return exp.Paren(this=exp.or_(*(self.holds(c) for c in condition.any), copy=False))

    def value(self, value: Value) -> Pair:
        """Return the value, as received and as meant."""
        pair = self._origin(value)
        meaning = pair.meaning
        if value.extract is not None:
            found = call("regexp_extract", meaning, text(value.extract), exp.Literal.number(1))
            meaning = call("nullif", found, text(""))
        if value.strip_zeros:
            stripped = call("ltrim", meaning, text("0"))
            only_zeros = exp.EQ(this=stripped, expression=text(""))
            meaning = branch([(only_zeros, null())], stripped)
        pair = Pair(pair.original, meaning)
        if value.map is not None:
            pair = _mapped(pair, value)
        if value.default is not None:
            fallback = text(value.default)
            missing = is_null(pair.original)
            pair = Pair(
                branch([(missing, fallback)], pair.original),
                branch([(missing, fallback)], pair.meaning),
            )
        if value.when is not None:
            test = self.holds(value.when)
            pair = Pair(branch([(test, pair.original)]), branch([(test, pair.meaning)]))
        return pair

    def _origin(self, value: Value) -> Pair:
        if value.path is not None:
            read = self.read(value.path)
            return Pair(read, read)
        if value.formula is not None:
            found = value.formula.value(self.read)
            return Pair(found, found)
        if value.const is not None:
            return Pair(text(value.const), text(value.const))
        pairs = [self.value(part) for part in (*value.first, *value.join)]
        if value.first:
            filled = [is_filled(pair.original) for pair in pairs]
            return Pair(
                branch([(f, p.original) for f, p in zip(filled, pairs, strict=True)]),
                branch([(f, p.meaning) for f, p in zip(filled, pairs, strict=True)]),
            )
        return Pair(
            _joined(value.separator, [p.original for p in pairs]),
            _joined(value.separator, [p.meaning for p in pairs]),
        )


def _tested(condition: Condition, value: exp.Expr) -> exp.Expr:
    """Return the test of a field, never null."""
    if condition.matches is not None:
        found = call("regexp_matches", value, text(condition.matches))
        return exp.Paren(this=both(is_filled(value), found))
    if condition.is_ is None:
        return is_filled(value) if condition.filled else is_null(value)
    chosen = exp.In(this=value, expressions=[text(v) for v in condition.is_])
    return exp.Paren(this=both(is_filled(value), chosen))


def _joined(separator: str, parts: list[exp.Expr]) -> exp.Expr:
    return call("nullif", call("concat_ws", text(separator), *parts), text(""))


def _mapped(pair: Pair, value: Value) -> Pair:
    """Return the meaning of a code; a code that means nothing is as good as not received."""
    codes = value.map or {}
    nothing = [text(code) for code, target in codes.items() if target is None]
    known: list[tuple[exp.Expr, exp.Expr]] = [
        (exp.EQ(this=pair.meaning, expression=text(code)), text(target))
        for code, target in codes.items()
        if target is not None
    ]
    original, rest = pair.original, pair.meaning if value.keep_others else null()
    if value.otherwise is not None:
        rest = branch([(is_filled(pair.meaning), text(value.otherwise))])
    meaning = branch(known, rest) if known else rest
    if nothing:
        void = exp.In(this=pair.meaning, expressions=nothing)
        original, meaning = branch([(void, null())], original), branch([(void, null())], meaning)
    return Pair(original, meaning)
