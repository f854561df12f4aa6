"""The signs between two expressions, with SQL's and polars' meaning of null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cdp.identity.small.beyond import Bounded

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.identity.small.expression import Expr

KNOWN: Final = "None if {{0}} is None or {{1}} is None else {{0}} {sign} {{1}}"
EQ, NE, LT, LE, GT, GE, ADD, SUB = (
    KNOWN.format(sign=sign) for sign in ("==", "!=", "<", "<=", ">", ">=", "+", "-")
)
AND: Final = (
    "False if {0} is False or {1} is False else None if {0} is None or {1} is None else True"
)
OR: Final = "True if {0} is True or {1} is True else None if {0} is None or {1} is None else False"
NOT: Final = "None if {0} is None else not {0}"


class Operators(Bounded):
    """What an expression can be compared, added and joined with."""

    __slots__ = ()

    with_: Callable[..., Expr]

    def __eq__(self, other: object) -> Expr:  # type: ignore[override]  # as polars has it
        return self.with_(EQ, other)

    def __ne__(self, other: object) -> Expr:  # type: ignore[override]  # as polars has it
        return self.with_(NE, other)

    __hash__ = None  # type: ignore[assignment]  # an expression is no key

    def __lt__(self, other: Any) -> Expr:
        return self.with_(LT, other)

    def __le__(self, other: Any) -> Expr:
        return self.with_(LE, other)

    def __gt__(self, other: Any) -> Expr:
        return self.with_(GT, other)

    def __ge__(self, other: Any) -> Expr:
        return self.with_(GE, other)

    def __add__(self, other: Any) -> Expr:
        return self.with_(ADD, other)

    def __radd__(self, other: Any) -> Expr:
        return self.with_(KNOWN.format(sign="+").replace("{0} + {1}", "{1} + {0}"), other)

    def __sub__(self, other: Any) -> Expr:
        return self.with_(SUB, other)

    def __and__(self, other: Any) -> Expr:
        return self.with_(AND, other)

    def __or__(self, other: Any) -> Expr:
        return self.with_(OR, other)

    def __invert__(self) -> Expr:
        return self.with_(NOT)
