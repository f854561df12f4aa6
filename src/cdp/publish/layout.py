"""The key-value file, described once for its writer and its readers.

A key is the parts of a row joined by a zero byte. A value is a JSON document; a list or a page of
one, packed (`packing.py`); or ids and words. Nothing is stored twice: the segments of a party are
read from its document, the records of an explanation from its sources.
"""

from __future__ import annotations

import hashlib
from typing import Literal

ENTITIES = ("profile", "account")
Shape = Literal["single", "list", "nearest", "pages", "words"]
_SHAPES: dict[str, Shape] = {
    "profile": "single",
    "account": "single",
    "identifiers": "list",
    "sources": "list",
    "origins": "list",
    "consents": "list",
    "scores": "list",
    "relationships": "list",
    "possible": "list",
    "joined": "list",
    "apart": "nearest",
    "history": "list",
    "purchases": "list",
    "affinity": "list",
    "best_seller": "list",
    "recommender": "list",
    "timeline": "pages",
    "index": "words",
    "retired": "single",
    "member": "single",
    "segment": "single",
    "search": "single",
    "run": "single",
    "review": "single",
    "queue": "single",
}
DOCUMENTS = tuple(_SHAPES)
PAGE = 50
"""Events on one page of a timeline as it is stored."""

NEAREST = 10
"""Entries of a list that holds only the first ones."""

SUB_DOCUMENTS = (
    "timeline",
    "identifiers",
    "sources",
    "origins",
    "consents",
    "scores",
    "segments",
    "relationships",
    "possible",
    "explain",
    "history",
)
LONGEST_VALUE = 300
LONGEST_WORD = 60


def shape_of(name: str) -> Shape:
    """Return how the rows of a database's statement become its items; declared blocks are lists."""
    return _SHAPES.get(name, "list")


def key(*parts: str) -> bytes:
    """Return the key of a row with these parts."""
    return b"\0".join(part.encode() for part in parts)


def index_key(entity: str, kind: str, value: str) -> bytes:
    """Return the key under which the owners of an identifier stand; a long value is hashed."""
    encoded = value.encode()
    if len(encoded) > LONGEST_VALUE:
        value = f"#{hashlib.sha256(encoded).hexdigest()}"
    return key(entity, f"{kind}:{value}")
