"""Several columns at once, and what arguments mean that may be such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.identity.small.beyond import BeyondSmallError
from cdp.identity.small.expression import Expr, column_of, named
from cdp.identity.small.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cdp.identity.small.table import DataFrame


class Many:
    """Several columns at once, and what is done to each of them."""

    def __init__(
        self,
        names: Callable[[DataFrame], Iterable[str]],
        steps: tuple[Callable[[Any], Any], ...] = (),
    ) -> None:
        self._names = names
        self._steps = steps

    def __getattr__(self, word: str) -> Many:
        return Many(self._names, (*self._steps, lambda thing: getattr(thing, word)))

    def __call__(self, *given: Any, **titled: Any) -> Many:
        return Many(self._names, (*self._steps, lambda thing: thing(*given, **titled)))

    def of(self, table: DataFrame) -> Iterator[Expr]:
        """Yield the expression of every column that is meant."""
        for name in self._names(table):
            thing: Any = named(name)
            for step in self._steps:
                thing = step(thing)
            yield thing


def meant(given: Iterable[Any], table: DataFrame) -> Iterator[Expr]:
    """Yield the expressions that arguments mean, lists and selections of them included."""
    for one in given:
        if isinstance(one, Many):
            yield from one.of(table)
        elif isinstance(one, Kind):
            raise BeyondSmallError
        elif isinstance(one, Expr | str) or not hasattr(one, "__iter__"):
            yield column_of(one)
        else:
            yield from meant(one, table)
