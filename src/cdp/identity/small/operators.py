"""The signs between two expressions, with SQL's and polars' meaning of null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.identity.small.beyond import Bounded
from cdp.identity.small.values import conjunction, disjunction

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.identity.small.expression import Expr


class Operators(Bounded):
    """What an expression can be compared, added and joined with."""

    __slots__ = ()

    paired: Callable[..., Expr]
    zipped: Callable[..., Expr]
    word: Callable[..., Expr]

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]  # as polars has it
        return self.paired(other, lambda a, b: a == b, "==")

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]  # as polars has it
        return self.paired(other, lambda a, b: a != b, "!=")

    __hash__ = None  # type: ignore[assignment]  # an expression is no key

    def __lt__(self, other: Any) -> Expr:
        return self.paired(other, lambda a, b: a < b, "<")

    def __le__(self, other: Any) -> Expr:
        return self.paired(other, lambda a, b: a <= b, "<=")

    def __gt__(self, other: Any) -> Expr:
        return self.paired(other, lambda a, b: a > b, ">")

    def __ge__(self, other: Any) -> Expr:
        return self.paired(other, lambda a, b: a >= b, ">=")

    def __add__(self, other: Any) -> Expr:
        return self.paired(other, lambda a, b: a + b, "+")

    def __radd__(self, other: Any) -> Expr:
        return self.paired(other, lambda a, b: b + a, "r+")

    def __sub__(self, other: Any) -> Expr:
        return self.paired(other, lambda a, b: a - b, "-")

    def __and__(self, other: Any) -> Expr:
        return self.zipped(other, conjunction, "and")

    def __or__(self, other: Any) -> Expr:
        return self.zipped(other, disjunction, "or")

    def __invert__(self) -> Expr:
        return self.word(("not",), lambda value: not value)
