"""Names that are not known: every message offers the nearest one, and lists what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

if TYPE_CHECKING:
    from collections.abc import Iterable

_LIKE = 0.6


def unknown(what: str, name: object, known: Iterable[str]) -> str:
    """Return the message that there is no such thing: the nearest one, and all that there are."""
    names = list(known)
    return f"unknown {what} {name!r};{offer(name, names)} known: {', '.join(names) or 'none'}"


def offer(name: object, known: Iterable[str]) -> str:
    """Return a question for the nearest known name, or nothing where none is like it."""
    best = process.extractOne(
        str(name).lower(),
        list(known),
        scorer=DamerauLevenshtein.normalized_similarity,
        processor=str.lower,
        score_cutoff=_LIKE,
    )
    return f" did you mean {best[0]!r}?" if best is not None else ""
