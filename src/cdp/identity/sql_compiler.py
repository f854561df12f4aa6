"""SQL conditions over two records as Python source, so that one text decides in both worlds.

Invariant: for any values, the Python text is true exactly where DuckDB finds the SQL true. What
cannot be translated exactly is refused when it is compiled, never guessed when it is evaluated.
SQL's third truth value is kept by translating each condition twice: when it is true, and when it
is false (Kleene 1938).
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, Final

import sqlglot
from sqlglot import exp

from cdp.errors import CdpError
from cdp.identity.sql_functions import COUNTS, FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
ORDER: Final[dict[type[exp.Expr], str]] = {
    exp.EQ: "==",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
OPPOSITE: Final = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
ARITHMETIC: Final[dict[type[exp.Expr], str]] = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}
KNOWN: Final[dict[type[exp.Expr], str]] = {
    exp.JarowinklerSimilarity: "jaro_winkler_similarity",
    exp.ArrayOverlaps: "list_has_any",
    exp.ArrayContains: "list_contains",
    exp.ArrayMax: "list_max",
    exp.ArrayMin: "list_min",
    exp.ArrayFilter: "list_filter",
    exp.ArrayDistinct: "list_distinct",
    exp.Transform: "list_transform",
    exp.StartsWith: "starts_with",
    exp.Contains: "contains",
    exp.Length: "length",
    exp.Left: "left",
    exp.Abs: "abs",
    exp.Least: "least",
    exp.Greatest: "greatest",
    exp.Coalesce: "coalesce",
}
"""sqlglot's node of a function, by the name it has in DuckDB."""
FUSED: Final = {
    ("jaro_winkler_similarity", ">="): "is_alike",
    ("damerau_levenshtein", "<="): "is_within",
}
"""A function compared with a literal, as one call."""


class UntranslatableError(CdpError):
    """A condition uses SQL that the scorer has no exact Python for."""


@cache
def columns_of(sql: str) -> frozenset[str]:
    """Return the columns that a condition reads, lambda variables left out."""
    tree = _parsed(sql)
    bound = {str(name) for node in tree.find_all(exp.Lambda) for name in node.expressions}
    return frozenset(n.name for n in tree.find_all(exp.Column) if not n.table) - bound


def is_true(sql: str) -> str:
    """Return Python source that is truthy where the condition is true.

    Columns are Python variables of their own names, functions those of `sql_functions`.

    Raises:
        UntranslatableError: there is no exact Python for a part of it.
    """
    return _Translation(sql).true(_parsed(sql))


def _parsed(sql: str) -> exp.Expr:
    try:
        tree = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.ParseError as error:
        msg = f"the condition {sql!r} is no SQL: {error}"
        raise UntranslatableError(msg) from error
    return tree


class _Translation:
    """One condition; the methods name what the Python source they return is."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._numbers = count()

    def true(self, node: exp.Expr) -> str:
        """Return what is truthy where the condition is true."""
        return self._logic(node, "and", "or") or self._other(node, wanted=True)

    def false(self, node: exp.Expr) -> str:
        """Return what is truthy where the condition is false, not where it is NULL."""
        return self._logic(node, "or", "and") or self._other(node, wanted=False)

    def _logic(self, node: exp.Expr, both: str, either: str) -> str:
        same, opposite = (self.true, self.false) if both == "and" else (self.false, self.true)
        match node:
            case exp.Paren():
                return same(node.this)
            case exp.Not():
                return opposite(node.this)
            case exp.And():
                return f"({same(node.left)} {both} {same(node.right)})"
            case exp.Or():
                return f"({same(node.left)} {either} {same(node.right)})"
            case exp.Case() if node.this is None:
                return self._case(node, same, "False")
        return ""

    def _other(self, node: exp.Expr, *, wanted: bool) -> str:
        match node:
            case exp.Is() if isinstance(node.expression, exp.Null):
                return f"({self.value(node.this)} {'is' if wanted else 'is not'} None)"
            case exp.Boolean():
                return str(bool(node.this) is wanted)
            case exp.Anonymous() if node.name.lower() == "list_bool_or" and wanted:
                return self._any(node.expressions[0])
        if isinstance(node, exp.Binary) and type(node) in ORDER:
            sign = ORDER[type(node)]
            return self._compared(node, sign if wanted else OPPOSITE[sign])
        if isinstance(node, exp.Predicate) and not isinstance(node, exp.Func):
            raise self._refused(node)
        return f"({self.value(node)} is {wanted})"

    def _any(self, items: exp.Expr) -> str:
        """Return whether a condition holds of some item, without making the list of answers."""
        if not isinstance(items, exp.Transform):
            return f"(list_bool_or({self.value(items)}) is True)"
        name, body = self._lambda(items.expression, self.true)
        return f"some({self.value(items.this)}, lambda {name}: {body})"

    def _compared(self, node: exp.Binary, sign: str) -> str:
        fused = FUSED.get((KNOWN.get(type(node.left)) or node.left.name.lower(), sign))
        if fused and isinstance(node.right, exp.Literal):
            given = [self.value(part) for part in _arguments(node.left)]
            return f"{fused}({', '.join([*given, self.value(node.right)])})"
        known, names = self._known(node.left, node.right)
        return f"({' and '.join([*dict.fromkeys(known), f' {sign} '.join(names)])})"

    def _known(self, *nodes: exp.Expr) -> tuple[list[str], list[str]]:
        """Return checks that the values are not NULL, and names for them; each is computed once."""
        checks, names = [], []
        for node in nodes:
            strict = self._strict(node)
            if strict is not None:
                checks += [f"{name} is not None" for name in strict[0]]
                names.append(strict[1])
                continue
            text = self.value(node)
            name = text if text.isidentifier() else f"t{next(self._numbers)}"
            checks.append(f"{text if name == text else f'({name} := {text})'} is not None")
            names.append(name)
        return checks, names

    def _strict(self, node: exp.Expr) -> tuple[list[str], str] | None:
        """Return the variables of a value that is NULL where one is, and its text where none is.

        None where the value is no such.
        """
        found: tuple[list[str], str] | None = None
        match node:
            case exp.Literal():
                found = [], self._literal(node)
            case exp.Column() | exp.Identifier() if not node.text("table"):
                name = self._name(node.name)
                found = [name], name
            case exp.Paren():
                found = self._strict(node.this)
            case exp.Length() | exp.Abs():
                called = "len({})" if isinstance(node, exp.Length) else "abs({})"
                found = self._strict_parts((node.this,), called)
            case exp.Left():
                found = self._strict_parts((node.this, node.expression), "{}[:{}]")
            case exp.Add() | exp.Sub() | exp.Mul() if _is_exact(node):
                form = f"({{}} {ARITHMETIC[type(node)]} {{}})"
                found = self._strict_parts((node.left, node.right), form)
        return found

    def _strict_parts(self, nodes: tuple[exp.Expr, ...], form: str) -> tuple[list[str], str] | None:
        parts = [self._strict(node) for node in nodes]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        names, texts = zip(*known, strict=True)
        return list(chain.from_iterable(names)), form.format(*texts)

    def value(self, node: exp.Expr) -> str:
        """Return the value, None where it is NULL."""
        atom = self._atom(node)
        if atom:
            return atom
        if isinstance(node, exp.Case) and node.this is None:
            return self._case(node, self.value, "None")
        if isinstance(node, exp.Add | exp.Sub | exp.Mul):
            return self._arithmetic(node)
        if isinstance(node, exp.Func) and not isinstance(node, exp.Connector):
            return self._call(node)
        if isinstance(node, exp.Predicate | exp.Connector | exp.Not | exp.Boolean):
            return f"(True if {self.true(node)} else False if {self.false(node)} else None)"
        raise self._refused(node)

    def _atom(self, node: exp.Expr) -> str:
        match node:
            case exp.Paren():
                return self.value(node.this)
            case exp.Column() | exp.Identifier() | exp.Dot():
                return self._variable(node)
            case exp.Literal():
                return self._literal(node)
            case exp.Null():
                return "None"
            case exp.Neg() if isinstance(node.this, exp.Literal):
                return f"-{self._literal(node.this)}"
        return ""

    def _variable(self, node: exp.Expr) -> str:
        """Return a column, a lambda's variable, or a field of the struct in such a variable."""
        if isinstance(node, exp.Dot):
            return f"field({self.value(node.this)}, {self._name(node.expression.name)!r})"
        name, holder = self._name(node.name), node.text("table")
        return f"field({self._name(holder)}, {name!r})" if holder else name

    def _case(self, node: exp.Case, read: Callable[[exp.Expr], str], absent: str) -> str:
        default = node.args.get("default")
        text = absent if default is None else read(default)
        for branch in reversed(node.args["ifs"]):
            chosen, condition = read(branch.args["true"]), self.true(branch.this)
            is_itself = (chosen, text) == ("True", "False")
            text = condition if is_itself else f"({chosen} if {condition} else {text})"
        return text

    def _call(self, node: exp.Expr) -> str:
        is_plain = isinstance(node, exp.Anonymous)
        name = node.name.lower() if is_plain else KNOWN.get(type(node), "")
        if name not in FUNCTIONS:
            raise self._refused(node)
        given = _arguments(node)
        if name in {"list_transform", "list_filter"}:
            variable, body = self._lambda(
                given[1], self.true if name == "list_filter" else self.value
            )
            return f"{name}({self.value(given[0])}, lambda {variable}: {body})"
        return f"{name}({', '.join(self.value(part) for part in given)})"

    def _lambda(self, node: exp.Expr, read: Callable[[exp.Expr], str]) -> tuple[str, str]:
        if not isinstance(node, exp.Lambda) or len(node.expressions) != 1:
            raise self._refused(node)
        return self._name(node.expressions[0].name), read(node.this)

    def _arithmetic(self, node: exp.Binary) -> str:
        if not (_is_exact(node.left) and _is_exact(node.right)):
            raise self._refused(node)
        known, names = self._known(node.left, node.right)
        result = f" {ARITHMETIC[type(node)]} ".join(names)
        return f"({result} if {' and '.join(known) or 'True'} else None)"

    def _literal(self, node: exp.Literal) -> str:
        if node.is_string:
            return repr(str(node.this))
        if re.fullmatch(r"\d+", node.this):
            return str(int(node.this))
        is_computed = isinstance(node.parent, tuple(ARITHMETIC))
        return f"Decimal({node.this!r})" if is_computed else repr(float(node.this))

    def _name(self, name: str) -> str:
        if not NAME.fullmatch(name) or name in FUNCTIONS:
            msg = f"{name!r} in {self._sql!r} cannot be a variable; rename the column"
            raise UntranslatableError(msg)
        return name

    def _refused(self, node: exp.Expr) -> UntranslatableError:
        return UntranslatableError(
            f"the scorer has no Python for {node.sql('duckdb')!r} in {self._sql!r}; add the "
            "function to cdp.identity.sql_functions, with a test against DuckDB"
        )


def _arguments(node: exp.Expr) -> list[exp.Expr]:
    if isinstance(node, exp.Anonymous):
        return list(node.expressions)
    second = node.args.get("expression")
    return [node.this, *([] if second is None else [second]), *node.expressions]


def _is_exact(node: exp.Expr) -> bool:
    """Whether the value is a whole number or a decimal literal: DuckDB computes these exactly."""
    if isinstance(node, exp.Literal):
        return not node.is_string
    if isinstance(node, exp.Paren | exp.Abs):
        return _is_exact(node.this)
    if isinstance(node, exp.Least | exp.Greatest):
        return all(_is_exact(part) for part in _arguments(node))
    if isinstance(node, exp.Add | exp.Sub | exp.Mul):
        return _is_exact(node.left) and _is_exact(node.right)
    return isinstance(node, exp.Length) or (
        isinstance(node, exp.Anonymous) and node.name.lower() in COUNTS
    )
