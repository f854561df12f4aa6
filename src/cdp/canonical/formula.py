"""Expressions of mapping files: a small language over fields, compiled to SQL.

It looks like SQL and is parsed as such, but nothing of the text is passed on: a tree is built
anew out of the few things that are allowed, and everything else is refused by name. Invariants:
what is accepted reads the fields it names and nothing else, compiles, and cannot fail on any
record; what cannot be computed gives no value.

Fields are texts. Where a number or a moment is asked for, a text is read as one; numbers have
12 digits before the point and 6 behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import SqlglotError
from sqlglot.parsers.duckdb import DuckDBParser

from cdp.canonical.compile import call
from cdp.canonical.functions import ALIKE, FUNCTIONS, MOMENT, NUMBER, TEXT, TRUTH, WRITTEN
from cdp.canonical.terms import (
    NULL,
    Term,
    as_kind,
    as_text,
    bracket,
    chosen,
    compared,
    literal,
    nothing,
    number,
    path_of,
    shown,
)
from cdp.canonical.written import written
from cdp.model.paths import NATIVE_ID, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.canonical.functions import Function

LONGEST: Final = 2000
ALLOWED: Final = (
    "names of fields, 'texts', numbers, true, false, null, || + - * / %, = <> < <= > >=, "
    "and, or, not, in (...), between, like, ilike, is null, case, if(), cast() and the functions"
)
_ARITHMETIC: Final = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_COMPARISONS: Final = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_CASTS: Final = {
    "varchar": TEXT,
    "text": TEXT,
    "decimal": NUMBER,
    "double": NUMBER,
    "int": NUMBER,
    "integer": NUMBER,
    "bigint": NUMBER,
    "date": MOMENT,
    "timestamp": MOMENT,
    "boolean": TRUTH,
}
_WIDE: Final = "decimal(19, 6)"
_WHOLE: Final = ("int", "integer", "bigint")


class _Parser(DuckDBParser):
    """DuckDB's grammar in which every function is a name with arguments, and none is special."""

    FUNCTIONS = {}  # noqa: RUF012 - as the class above has it
    FUNCTION_PARSERS = {  # noqa: RUF012
        name: known
        for name, known in DuckDBParser.FUNCTION_PARSERS.items()
        if name in {"CAST", "TRY_CAST"}
    }


class _Dialect(DuckDB):
    Parser = _Parser


@dataclass(frozen=True, slots=True)
class Formula:
    """An expression that was accepted.

    Attributes:
        text: as it is written.
        tree: as it was parsed.
        kind: kind of value it gives.
        paths: the fields it reads.
        ends: every text that can come out, None where the source decides.
    """

    text: str
    tree: exp.Expr
    kind: str
    paths: frozenset[str]
    ends: frozenset[str] | None

    def value(self, read: Callable[[str], exp.Expr]) -> exp.Expr:
        """Return the SQL of its value as text, empty text being none; `read` gives fields."""
        found = as_text(_Builder(read).term(self.tree))
        if self.ends is not None:
            return found
        return call("nullif", call("trim", found), exp.Literal.string(""))

    def holds(self, read: Callable[[str], exp.Expr]) -> exp.Expr:
        """Return the SQL of whether it holds, never null."""
        found = _Builder(read).term(self.tree).sql
        return call("coalesce", found, exp.false())


@lru_cache(maxsize=4096)
def formula(text: str) -> Formula:
    """Return the expression that this text writes.

    Raises:
        ValueError: it is none, or it asks for what is not allowed; says what is.
    """
    if len(text) > LONGEST:
        msg = f"an expression has at most {LONGEST} characters, this one {len(text)}"
        raise ValueError(msg)
    read: set[str] = set()

    def note(path: str) -> exp.Expr:
        read.add(path)
        return exp.column("field")

    try:
        trees = _Dialect().parse(text)
        if len(trees) != 1 or trees[0] is None:
            msg = f"{text!r} is not one expression"
            raise ValueError(msg)
        found = _Builder(note).term(trees[0])
        as_text(found).sql("duckdb")
    except SqlglotError as error:
        reason = str(error).splitlines()[0]
        msg = f"{text!r} is no expression: {reason}"
        raise ValueError(msg) from error
    except RecursionError:
        msg = "the expression is nested too deeply; write it as several values"
        raise ValueError(msg) from None
    return Formula(text, trees[0], found.kind, frozenset(read), _ends(trees[0]))


def _ends(tree: exp.Expr) -> frozenset[str] | None:
    """Return every text that can come out of a tree, None where the source decides."""
    if isinstance(tree, exp.Null):
        return frozenset()
    if isinstance(tree, exp.Literal) and tree.is_string and str(tree.this).strip():
        return frozenset([str(tree.this)])
    if isinstance(tree, exp.Case) and tree.args.get("this") is None:
        otherwise = tree.args.get("default")
        results = [case.args["true"] for case in tree.args["ifs"]]
        parts = [_ends(part) for part in (*results, *([] if otherwise is None else [otherwise]))]
        known = [part for part in parts if part is not None]
        return frozenset().union(*known) if len(known) == len(parts) else None
    return None


@dataclass
class _Builder:
    """Builds the SQL of an expression out of what is allowed."""

    read: Callable[[str], exp.Expr]
    _handlers: dict[type[exp.Expr], Callable[[exp.Expr], Term]] = field(init=False)

    def __post_init__(self) -> None:
        self._handlers = {
            exp.Paren: self._wrapped,
            exp.Column: self._field,
            exp.Dot: self._field,
            exp.Literal: literal,
            exp.Boolean: lambda n: Term(TRUTH, exp.Boolean(this=n.this)),
            exp.Null: lambda _: Term(NULL, nothing(TEXT)),
            exp.DPipe: self._joined,
            exp.Neg: self._negative,
            exp.Not: lambda n: Term(TRUTH, exp.Not(this=bracket(self._truth(n.this)))),
            exp.And: self._logical,
            exp.Or: self._logical,
            exp.Is: self._is,
            exp.In: self._in,
            exp.Between: self._between,
            exp.Like: self._like,
            exp.ILike: self._like,
            exp.Case: self._case,
            exp.If: self._if,
            exp.Cast: self._cast,
            exp.TryCast: self._cast,
            exp.Anonymous: self._function,
            **dict.fromkeys(_ARITHMETIC, self._arithmetic),
            **dict.fromkeys(_COMPARISONS, self._comparison),
        }

    def term(self, node: exp.Expr) -> Term:
        """Return the SQL of a node.

        Raises:
            ValueError: the node is not allowed, or its parts are of the wrong kind.
        """
        handler = self._handlers.get(type(node))
        if handler is None:
            msg = (
                f"{shown(node)} is not allowed in an expression; allowed are {ALLOWED} "
                f"{', '.join(sorted({*FUNCTIONS, *ALIKE}))}; a field with an odd name stands in "
                "double quotes"
            )
            raise ValueError(msg)
        return handler(node)

    def _wrapped(self, node: exp.Expr) -> Term:
        found = self.term(node.this)
        return Term(found.kind, bracket(found.sql))

    def _field(self, node: exp.Expr) -> Term:
        path = path_of(node)
        if path != NATIVE_ID and parse(path).many:
            msg = f"{path!r} leads to a list; name the list in `each` and the field here"
            raise ValueError(msg)
        return Term(TEXT, self.read(path))

    def _truth(self, node: exp.Expr) -> exp.Expr:
        found = self.term(node)
        if found.kind not in {TRUTH, NULL}:
            msg = f"{shown(node)} is neither true nor false; compare it, as in {shown(node)} = 'x'"
            raise ValueError(msg)
        return found.sql if found.kind == TRUTH else nothing(TRUTH)

    def _of(self, kind: str, node: exp.Expr) -> exp.Expr:
        return as_kind(kind, self.term(node))

    def _pair(self, node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
        """Return both sides of a comparison, of one kind."""
        terms = [self.term(node.this), self.term(node.expression)]
        kind = compared(terms)
        return as_kind(kind, terms[0]), as_kind(kind, terms[1])

    def _joined(self, node: exp.Expr) -> Term:
        sides = [self._of(TEXT, side) for side in (node.this, node.expression)]
        return Term(TEXT, exp.Paren(this=exp.DPipe(this=sides[0], expression=sides[1])))

    def _negative(self, node: exp.Expr) -> Term:
        return number(exp.Neg(this=bracket(self._of(NUMBER, node.this))))

    def _arithmetic(self, node: exp.Expr) -> Term:
        one, other = self._of(NUMBER, node.this), self._of(NUMBER, node.expression)
        if isinstance(node, exp.Div | exp.Mod):
            other = call("nullif", other, exp.Literal.number(0))
        if isinstance(node, exp.Div):
            return number(exp.Div(this=exp.cast(one, "double"), expression=other, typed=False))
        # Wide enough for a product of two numbers, which DuckDB would not make wider by itself.
        sides = [
            exp.Cast(this=bracket(side), to=exp.DataType.build(_WIDE)) for side in (one, other)
        ]
        return number(type(node)(this=sides[0], expression=sides[1]))

    def _comparison(self, node: exp.Expr) -> Term:
        one, other = self._pair(node)
        return Term(TRUTH, exp.Paren(this=type(node)(this=one, expression=other)))

    def _logical(self, node: exp.Expr) -> Term:
        one, other = self._truth(node.this), self._truth(node.expression)
        return Term(TRUTH, exp.Paren(this=type(node)(this=one, expression=other)))

    def _is(self, node: exp.Expr) -> Term:
        is_null = node.expression == exp.Null()
        if not is_null:
            msg = f"{shown(node)}: write `is null` or `is not null`"
            raise ValueError(msg)
        tested = exp.Is(this=bracket(self.term(node.this).sql), expression=exp.Null())
        return Term(TRUTH, exp.Paren(this=tested))

    def _in(self, node: exp.Expr) -> Term:
        listed = node.expressions
        if not listed or set(node.args) - {"this", "expressions"}:
            msg = f"{shown(node)}: write the values after `in` in brackets"
            raise ValueError(msg)
        terms = [self.term(one) for one in (node.this, *listed)]
        kind = compared(terms)
        value, *others = [as_kind(kind, term) for term in terms]
        return Term(TRUTH, exp.Paren(this=exp.In(this=bracket(value), expressions=others)))

    def _between(self, node: exp.Expr) -> Term:
        terms = [self.term(node.args[name]) for name in ("this", "low", "high")]
        kind = compared(terms)
        value, low, high = [as_kind(kind, term) for term in terms]
        tests = exp.GTE(this=value, expression=low), exp.LTE(this=value, expression=high)
        return Term(TRUTH, exp.Paren(this=exp.And(this=tests[0], expression=tests[1])))

    def _like(self, node: exp.Expr) -> Term:
        one, other = self._of(TEXT, node.this), self._of(TEXT, node.expression)
        return Term(TRUTH, exp.Paren(this=type(node)(this=one, expression=other)))

    def _case(self, node: exp.Expr) -> Term:
        subject = node.args.get("this")
        ifs = node.args["ifs"]
        tests = [
            case.this if subject is None else exp.EQ(this=subject, expression=case.this)
            for case in ifs
        ]
        return self._chosen(tests, [case.args["true"] for case in ifs], node.args.get("default"))

    def _if(self, node: exp.Expr) -> Term:
        return self._chosen([node.this], [node.args["true"]], node.args.get("false"))

    def _chosen(
        self, tests: list[exp.Expr], results: list[exp.Expr], otherwise: exp.Expr | None
    ) -> Term:
        terms = [self.term(result) for result in (*results, otherwise or exp.Null())]
        kind = chosen(terms)
        *values, last = [as_kind(kind, term) for term in terms]
        ifs = [
            exp.If(this=self._truth(test), true=value)
            for test, value in zip(tests, values, strict=True)
        ]
        return Term(kind, exp.Case(ifs=ifs, default=last))

    def _cast(self, node: exp.Expr) -> Term:
        to = node.args["to"].sql("duckdb").lower()
        name = to.split("(")[0].strip()
        kind = _CASTS.get(name)
        if kind is None:
            msg = f"{to} is no type here; known: {', '.join(_CASTS)}"
            raise ValueError(msg)
        found = self._of(kind, node.this)
        if name in _WHOLE:
            return number(call("round", found, exp.Literal.number(0)))
        if name == "date":
            return Term(kind, call("date_trunc", exp.Literal.string("day"), found))
        return Term(kind, found)

    def _function(self, node: exp.Expr) -> Term:
        name = str(node.name).lower()
        if name in ALIKE:
            return self._alike(name, node.expressions)
        known = FUNCTIONS.get(name)
        if known is None:
            every = sorted({*FUNCTIONS, *ALIKE})
            near = get_close_matches(name, every, n=1, cutoff=0.6)
            hint = f"; did you mean {near[0]}()?" if near else ""
            msg = f"{name}() is no function of expressions{hint} Known: {', '.join(every)}"
            raise ValueError(msg)
        result = known.call(self._arguments(known, node.expressions))
        return number(result) if known.gives == NUMBER else Term(known.gives, bracket(result))

    def _alike(self, name: str, arguments: list[exp.Expr]) -> Term:
        exact = {"ifnull": 2, "nullif": 2}.get(name)
        if not arguments or (exact is not None and len(arguments) != exact):
            msg = f"{name}() takes {exact or 'one or more'} arguments, not {len(arguments)}"
            raise ValueError(msg)
        terms = [self.term(argument) for argument in arguments]
        kind = chosen(terms) if name in {"coalesce", "ifnull"} else compared(terms)
        return Term(kind, call(name, *(as_kind(kind, term) for term in terms)))

    def _arguments(self, known: Function, nodes: list[exp.Expr]) -> list[exp.Expr]:
        least = len(known.takes) - len(known.optional)
        most = len(nodes) if known.many else len(known.takes)
        if not least <= len(nodes) <= most:
            msg = (
                f"{known.name}({', '.join(known.takes)}) takes {least} to {len(known.takes)} "
                f"arguments, not {len(nodes)}"
            )
            raise ValueError(msg)
        takes = [*known.takes, *[known.takes[-1]] * (len(nodes) - len(known.takes))]
        found: list[exp.Expr] = []
        for kind, node in zip(takes, nodes, strict=False):
            found.append(
                written(kind, node, found[1:2]) if kind in WRITTEN else self._of(kind, node)
            )
        return found
