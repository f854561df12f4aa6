"""Parts of expressions: what kind of value each gives, and how one kind is taken for another."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlglot import exp

from cdp.canonical.compile import call
from cdp.canonical.functions import MOMENT, NUMBER, NUMERIC, TEXT, TRUTH

NULL: Final = "null"


@dataclass(frozen=True, slots=True)
class Term:
    """A part of an expression: what kind of value it gives, and its SQL."""

    kind: str
    sql: exp.Expr


def as_text(term: Term) -> exp.Expr:
    """Return the term as text: numbers without zeros at their end, days without a time."""
    if term.kind == NUMBER:
        trimmed = call("rtrim", exp.cast(term.sql, "varchar"), exp.Literal.string("0"))
        return call("rtrim", trimmed, exp.Literal.string("."))
    if term.kind == MOMENT:
        whole = call("strftime", term.sql, exp.Literal.string("%Y-%m-%d %H:%M:%S"))
        return call("replace", whole, exp.Literal.string(" 00:00:00"), exp.Literal.string(""))
    return exp.cast(term.sql, "varchar") if term.kind == TRUTH else term.sql


def _as_number(term: Term) -> exp.Expr:
    if term.kind in {TRUTH, MOMENT}:
        msg = f"{shown(term.sql)} is a {term.kind}; a number is needed here"
        raise ValueError(msg)
    return term.sql if term.kind == NUMBER else exp.TryCast(this=term.sql, to=_type(NUMERIC))


def _as_moment(term: Term) -> exp.Expr:
    if term.kind in {TRUTH, NUMBER}:
        msg = f"{shown(term.sql)} is a {term.kind}; a moment is needed here"
        raise ValueError(msg)
    return term.sql if term.kind == MOMENT else exp.TryCast(this=term.sql, to=_type("timestamp"))


def _as_truth(term: Term) -> exp.Expr:
    if term.kind in {NUMBER, MOMENT}:
        msg = f"{shown(term.sql)} is a {term.kind}; true or false is needed here"
        raise ValueError(msg)
    return term.sql if term.kind == TRUTH else exp.TryCast(this=term.sql, to=_type("boolean"))


_AS: Final = {
    TEXT: as_text,
    NULL: as_text,
    NUMBER: _as_number,
    MOMENT: _as_moment,
    TRUTH: _as_truth,
}


def as_kind(kind: str, term: Term) -> exp.Expr:
    """Return the SQL of a term as a value of this kind.

    Raises:
        ValueError: a value of the term's kind never is one.
    """
    return _AS[kind](term)


def compared(terms: list[Term]) -> str:
    """Return the kind that terms are compared as: text gives way to what it is compared with.

    Raises:
        ValueError: there is none.
    """
    special = {term.kind for term in terms} - {NULL, TEXT}
    if len(special) > 1:
        msg = f"{' and '.join(sorted(special))} do not go together; compare like with like"
        raise ValueError(msg)
    return special.pop() if special else TEXT


def chosen(terms: list[Term]) -> str:
    """Return the kind of whichever of these terms is chosen: their own, or text."""
    kinds = {term.kind for term in terms} - {NULL}
    return kinds.pop() if len(kinds) == 1 else TEXT


def literal(node: exp.Expr) -> Term:
    """Return a text or a number that is written out.

    Raises:
        ValueError: the number has too many digits.
    """
    if node.is_string:
        return Term(TEXT, exp.Literal.string(str(node.this)))
    try:
        value = Decimal(str(node.this))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value) >= 10**12 or round(value, 6) != value:
        msg = f"{shown(node)}: a number has at most 12 digits before the point and 6 behind it"
        raise ValueError(msg)
    return Term(NUMBER, exp.cast(exp.Literal.number(f"{value:f}"), NUMERIC))


def path_of(node: exp.Expr) -> str:
    """Return the path that a name is; one in double quotes is written as everywhere else."""
    if isinstance(node, exp.Dot):
        is_name = isinstance(node.expression, exp.Identifier)
        if not is_name:
            msg = f"{shown(node)} is not allowed in an expression; functions have no prefix"
            raise ValueError(msg)
        return f"{path_of(node.this)}.{_step(node.expression)}"
    if isinstance(node, exp.Identifier):
        return _step(node)
    if not isinstance(node, exp.Column) or not all(
        isinstance(part, exp.Identifier) for part in node.parts
    ):
        msg = f"{shown(node)} is no field; write its path in double quotes"
        raise ValueError(msg)
    if len(node.parts) == 1 and node.this.args.get("quoted"):
        return str(node.this.this)
    return ".".join(map(_step, node.parts))


def _step(identifier: exp.Expr) -> str:
    name = str(identifier.this)
    return f'"{name}"' if identifier.args.get("quoted") else name


def number(sql: exp.Expr) -> Term:
    """Return the number that this SQL computes, null where it has too many digits."""
    return Term(NUMBER, exp.TryCast(this=bracket(sql), to=_type(NUMERIC)))


def _type(name: str) -> exp.DataType:
    return exp.DataType.build(name, dialect="duckdb")


def nothing(kind: str) -> exp.Expr:
    """Return NULL as text, or as neither true nor false."""
    return exp.cast(exp.Null(), "boolean" if kind == TRUTH else "varchar")


def bracket(sql: exp.Expr) -> exp.Expr:
    """Return the SQL in brackets."""
    return exp.Paren(this=sql)


def shown(node: exp.Expr) -> str:
    """Return a part as people write it."""
    return node.sql("duckdb")
