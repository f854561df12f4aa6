"""Types by name, as far as small tables must tell them apart, and how values are cast to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cdp.identity.small.beyond import BeyondSmallError

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind:
    """A type of polars by name, with what it holds."""

    def __init__(self, name: str, inner: Any = None) -> None:
        self.name = name
        self.inner = inner

    def __call__(self, inner: Any = None) -> Kind:
        """Return the type holding others, or the very same one."""
        return self if inner is None else ListKind(self.name, inner)

    @property
    def fields(self) -> list[Kind]:
        """The fields of a struct, by name."""
        return [Kind(name) for name in self.inner]


class ListKind(Kind):
    """The type of lists; `isinstance(kind, pl.List)` tells them."""


def _whole_number(value: Any) -> int:
    if isinstance(value, bool | int):
        return int(value)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    raise BeyondSmallError


def _written(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise BeyondSmallError


def loose(kind: Kind) -> Callable[[Any], Any]:
    """Return the cast that gives null for what cannot be cast; only to text there is none."""
    if kind.name != "String":
        raise BeyondSmallError
    return _written


def strictly(kind: Kind) -> Callable[[Any], Any]:
    """Return the cast that raises for what cannot be cast."""
    if kind.name not in CASTS:
        raise BeyondSmallError
    return CASTS[kind.name]


CASTS: Final[dict[str, Callable[[Any], Any]]] = {
    "Int32": _whole_number,
    "Int64": _whole_number,
    "UInt32": _whole_number,
    "String": _written,
    "Boolean": bool,
}
