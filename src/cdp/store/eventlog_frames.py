"""One frame of the event log: length, CRC-32 of the body that begins with the length, body.

Invariant: whatever is cut off or changed in a file of frames, what is read are whole frames as
they were written, up to the first that is not.
"""

from __future__ import annotations

from itertools import accumulate, chain
from struct import Struct
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAGIC = b"cdp event log 1\n"
LARGEST = 1 << 26
"""Bytes that the body of a frame may have; a greater length is damage."""

_HEAD = Struct("<II")
HEAD_BYTES = _HEAD.size


def frame(body: bytes) -> bytes:
    """Return a body with its length and checksum before it."""
    length = len(body)
    return _HEAD.pack(length, crc32(body, length)) + body


def framed(bodies: Iterable[bytes]) -> tuple[bytes, list[int]]:
    """Return bodies as frames in a row, and where each of them ends."""
    # A step over all of them at a time: as a loop in Python it takes half as long again.
    bare = list(bodies)
    lengths = list(map(len, bare))
    heads = map(_HEAD.pack, lengths, map(crc32, bare, lengths))
    ends = list(accumulate(length + HEAD_BYTES for length in lengths))
    return b"".join(chain.from_iterable(zip(heads, bare, strict=True))), ends


def frames(data: bytes | memoryview, start: int = 0) -> Iterator[tuple[int, memoryview]]:
    """Yield each whole frame from `start` on: the offset behind it, and its body."""
    view, at = memoryview(data), start
    while at + HEAD_BYTES <= len(view):
        length, checksum = _HEAD.unpack_from(view, at)
        end = at + HEAD_BYTES + length
        if not 0 < length <= LARGEST or end > len(view):
            return
        body = view[at + HEAD_BYTES : end]
        if crc32(body, length) != checksum:
            return
        yield end, body
        at = end


def wanted(data: bytes | memoryview, start: int) -> int:
    """Return how many bytes from `start` on the next frame has, as far as its head tells.

    0: the head is not a frame's.
    """
    if len(data) - start < HEAD_BYTES:
        return HEAD_BYTES
    length = int(_HEAD.unpack_from(data, start)[0])
    return HEAD_BYTES + length if 0 < length <= LARGEST else 0
