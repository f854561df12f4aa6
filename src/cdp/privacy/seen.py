"""Which classes of personal data a caller sees: what each way to mask asks first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TypeVar

from cdp.privacy.classes import BY_DEFAULT, FieldClass

T = TypeVar("T")
R = TypeVar("R")
Change = Callable[[T], R]

HIDDEN = "***"

_SEEN: ContextVar[frozenset[str]] = ContextVar("classes that are seen", default=BY_DEFAULT)


@contextmanager
def seeing(classes: frozenset[str]) -> Iterator[None]:
    """Show personal data of these classes as it is inside, in this thread or task alone."""
    before = _SEEN.set(classes)
    try:
        yield
    finally:
        _SEEN.reset(before)


def of_class(class_: FieldClass) -> Callable[[Change[T, R]], Change[T, T | R]]:
    """Return what makes a change leave values of a class as they are where they are seen."""

    def decorated(change: Change[T, R]) -> Change[T, T | R]:
        @wraps(change)
        def changed(value: T) -> T | R:
            return value if class_ in _SEEN.get() else change(value)

        return changed

    return decorated
