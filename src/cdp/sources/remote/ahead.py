"""Fetching the next pages while these are landed."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

T = TypeVar("T")
_PAGES: Final = 12
"""Pages that are waiting at most: enough for a system to go on answering during a transaction."""


def ahead(pages: Iterator[T]) -> Generator[T, None, None]:
    """Yield the same, the next ones already asked for, in turn, when one is handed over.

    Whatever `pages` raises is raised in its place. Who stops early waits for one page at most.
    """
    with ThreadPoolExecutor(1) as pool:
        asked = deque(pool.submit(next, pages, None) for _ in range(_PAGES))
        try:
            while (page := asked.popleft().result()) is not None:
                asked.append(pool.submit(next, pages, None))
                yield page
        finally:
            for waiting in asked:
                waiting.cancel()
