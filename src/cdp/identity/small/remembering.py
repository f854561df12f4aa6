"""Expressions made once: the text of a rule makes the same ones for every record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cdp.identity.small.expression import Expr

_REMEMBERED: dict[tuple[Any, ...], Expr] = {}
MOST_REMEMBERED: Final = 20_000


def remembered(key: tuple[Any, ...], parts: Iterable[Expr], make: Callable[[], Expr]) -> Expr:
    """Return the expression of this key, made only once where all its parts are remembered.

    A key names its parts by `id`; a remembered expression holds them, so that no other object can
    take their place. When there are too many, all are forgotten together.
    """
    for part in parts:
        if not part.known:
            return make()
    found = _REMEMBERED.get(key)
    if found is None:
        if len(_REMEMBERED) > MOST_REMEMBERED:
            _REMEMBERED.clear()
        found = _REMEMBERED[key] = make()
        found.known = True
    return found
