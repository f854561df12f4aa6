"""The key-value file, described once for its writer and its readers.

A key is the parts of a row joined by a zero byte; a value is a JSON document, or words.
"""

from __future__ import annotations

import hashlib

ENTITIES = ("profile", "account")
DOCUMENTS = (
    "profile",
    "account",
    "identifiers",
    "sources",
    "origins",
    "consents",
    "scores",
    "segments",
    "relationships",
    "explain",
    "history",
    "timeline",
    "index",
    "retired",
    "member",
    "segment",
    "search",
    "run",
    "review",
    "queue",
)
SUB_DOCUMENTS = (
    "timeline",
    "identifiers",
    "sources",
    "origins",
    "consents",
    "scores",
    "segments",
    "relationships",
    "explain",
    "history",
)
LONGEST_VALUE = 300
LONGEST_WORD = 60


def key(*parts: str) -> bytes:
    """Return the key of a row with these parts."""
    return b"\0".join(part.encode() for part in parts)


def index_key(entity: str, kind: str, value: str) -> bytes:
    """Return the key under which the owners of an identifier stand; a long value is hashed."""
    encoded = value.encode()
    if len(encoded) > LONGEST_VALUE:
        value = f"#{hashlib.sha256(encoded).hexdigest()}"
    return key(entity, f"{kind}:{value}")
