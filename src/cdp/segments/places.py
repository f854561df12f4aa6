"""Where a condition stands in a definition, for messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[str | int, ...]


def place_of(part: object, sought: object) -> Place | None:
    """Return the keys and numbers that lead from a part of a definition to another; None: none."""
    if part is sought:
        return ()
    for step, inner in _steps(part):
        found = place_of(inner, sought)
        if found is not None:
            return (step, *found)
    return None


def pointer(place: Place) -> str:
    """Return the JSON Pointer (RFC 6901) of a place."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)


def _steps(part: object) -> Iterator[tuple[str | int, object]]:
    if isinstance(part, BaseModel):
        for name, field in type(part).model_fields.items():
            yield field.alias or name, getattr(part, name)
    elif isinstance(part, tuple):
        yield from enumerate(part)
