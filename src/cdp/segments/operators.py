"""The operators of comparisons in SQL, each by its name; every predicate is true or false."""

from collections.abc import Callable
from typing import Final, Literal

from sqlglot import exp

from cdp.segments import moments
from cdp.segments.scope import Scope, certain, present

Kind = Literal["text", "number", "time", "boolean", "list"]
Compared = tuple[exp.Expr, object, Kind]
"""What is compared, what it is compared with, and the kind of both."""

_EQUAL = ("is", "is_not", "one_of", "none_of")
_ORDERED = ("at_least", "at_most", "more_than", "less_than", "between")
OPERATORS: Final[dict[Kind, tuple[str, ...]]] = {
    "text": (*_EQUAL, "contains", "starts_with", "ends_with", "exists"),
    "number": (*_EQUAL, *_ORDERED, "exists"),
    "time": (*_ORDERED, "within_days", "older_than_days", "exists"),
    "boolean": ("is", "is_not", "exists"),
    "list": ("contains", "one_of", "none_of", "exists"),
}
FOLDED: Final = frozenset({*_EQUAL, "contains", "starts_with", "ends_with"})
"""Operators that can leave upper and lower case out of account."""

_TIMES: Final = {
    "at_least": moments.at_least,
    "at_most": moments.at_most,
    "more_than": moments.more_than,
    "less_than": moments.less_than,
}
_NUMBERS: Final[dict[str, type[exp.Binary]]] = {
    "at_least": exp.GTE,
    "at_most": exp.LTE,
    "more_than": exp.GT,
    "less_than": exp.LT,
}
_FUNCTIONS: Final = {"contains": "contains", "starts_with": "starts_with", "ends_with": "ends_with"}


def predicate(operator: str, compared: Compared, scope: Scope, *, folded: bool) -> exp.Expr:
    """Return whether the comparison holds.

    Raises:
        ValueError: it is a comparison of times, and the value is no moment.
    """
    if operator == "exists":
        return _exists(compared)
    return certain(_SPECIAL.get(operator, _plain)(operator, compared, scope, folded))


def _plain(operator: str, compared: Compared, scope: Scope, folded: bool) -> exp.Expr:  # noqa: FBT001
    this, value, kind = compared
    if operator in _NUMBERS:
        return _ordered(operator, compared, scope)
    if kind == "list":
        return _of_list(operator, compared, scope, folded)
    this = _fold(this, folded)
    if operator in _FUNCTIONS:
        wanted = _fold(scope.bind(value), folded)
        return exp.Anonymous(this=_FUNCTIONS[operator], expressions=[this, wanted])
    among = exp.In(this=this, expressions=_bound(value, scope, folded))
    return exp.not_(among) if operator in {"is_not", "none_of"} else among


def _of_list(operator: str, compared: Compared, scope: Scope, folded: bool) -> exp.Expr:  # noqa: FBT001
    this, value, _ = compared
    wanted = exp.Array(expressions=_bound(value, scope, folded))
    if folded:
        letter = exp.to_identifier("element")
        lower = exp.Lambda(this=exp.func("lower", exp.column("element")), expressions=[letter])
        this = exp.Anonymous(this="list_transform", expressions=[this, lower])
    has = exp.Anonymous(this="list_has_any", expressions=[this, wanted])
    if operator != "none_of":
        return has
    return exp.and_(exp.not_(has), exp.GT(this=_length(this), expression=exp.Literal.number(0)))


def _ordered(operator: str, compared: Compared, scope: Scope) -> exp.Expr:
    this, value, kind = compared
    if kind == "time":
        return _TIMES[operator](this, moments.moment_of(value, scope))
    return _NUMBERS[operator](this=this, expression=scope.bind(value))


def _between(_: str, compared: Compared, scope: Scope, __: bool) -> exp.Expr:  # noqa: FBT001
    this, value, kind = compared
    first, last = value if isinstance(value, tuple) else (value, value)
    return exp.and_(
        _ordered("at_least", (this.copy(), first, kind), scope),
        _ordered("at_most", (this, last, kind), scope),
    )


def _within(_: str, compared: Compared, scope: Scope, __: bool) -> exp.Expr:  # noqa: FBT001
    this, days, _kind = compared
    since = moments.days_before(scope.bind(days))
    return exp.and_(
        exp.GT(this=this.copy(), expression=since),
        exp.LTE(this=this, expression=moments.as_of()),
    )


def _older(_: str, compared: Compared, scope: Scope, __: bool) -> exp.Expr:  # noqa: FBT001
    this, days, _kind = compared
    return exp.LTE(this=this, expression=moments.days_before(scope.bind(days)))


def _exists(compared: Compared) -> exp.Expr:
    this, wanted, kind = compared
    there = present(this)
    if kind == "list":
        some = exp.GT(this=_length(this), expression=exp.Literal.number(0))
        there = exp.paren(exp.and_(there, some))
        return there if wanted else exp.not_(certain(there))
    return there if wanted else exp.paren(exp.Is(this=this, expression=exp.null()))


def _length(this: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this="len", expressions=[this.copy()])


def _fold(this: exp.Expr, folded: bool) -> exp.Expr:  # noqa: FBT001
    return exp.func("lower", this) if folded else this


def _bound(value: object, scope: Scope, folded: bool) -> list[exp.Expr]:  # noqa: FBT001
    values = value if isinstance(value, tuple) else (value,)
    return [_fold(scope.bind(one), folded) for one in values]


_SPECIAL: Final[dict[str, Callable[[str, Compared, Scope, bool], exp.Expr]]] = {
    "between": _between,
    "within_days": _within,
    "older_than_days": _older,
}
