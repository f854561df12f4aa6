"""Documents that are read seldom, kept small.

A JSON document begins with a bracket; a packed one with the byte 1, then its length (4 bytes,
little-endian), then an LZ4 block. LZ4 costs less than writing what it saves, and a document is
unpacked in microseconds.
"""

from __future__ import annotations

import pyarrow as pa

_PACKED = b"\1"
_HEAD = 5
_WORTHWHILE = 400
"""Bytes below which nothing is gained."""

_CODEC = pa.Codec("lz4_raw")


def pack(document: bytes) -> bytes:
    """Return the document as it is stored."""
    if len(document) < _WORTHWHILE:
        return document
    block: bytes = _CODEC.compress(document, asbytes=True)
    return _PACKED + len(document).to_bytes(4, "little") + block


def unpack(stored: bytes) -> bytes:
    """Return the document that was stored."""
    if not stored.startswith(_PACKED):
        return stored
    size = int.from_bytes(stored[1:_HEAD], "little")
    document: bytes = _CODEC.decompress(stored[_HEAD:], decompressed_size=size, asbytes=True)
    return document
