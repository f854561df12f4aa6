"""What arrives with a request, before anybody knows whose it is: its token and its body.

Bounds: no more of a body is held than the endpoint takes, packed or unpacked; and no more of all
bodies that are being received by a process than its room has.
"""

from __future__ import annotations

import zlib
from base64 import b64decode
from binascii import Error as BinasciiError
from typing import TYPE_CHECKING

from cdp.api.errors import InvalidError, TooLargeError, UnsupportedError
from cdp.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive

LARGEST_BODY = 1 << 20
_DIGITS = 12
_GZIP = 31
"""`wbits` by which zlib reads the gzip format alone."""


class RoomError(StateError):
    """More is being sent at once than this process holds; try again in `retry_after` seconds."""

    retry_after = 1


class Room:
    """Bytes that bodies may take while they are being received."""

    def __init__(self, size: int) -> None:
        self.left = size

    def take(self, size: int) -> None:
        """Take room for a body.

        Raises:
            RoomError: there is none.
        """
        if size > self.left:
            msg = "more is being sent at once than the server holds; send it again in a moment"
            raise RoomError(msg)
        self.left -= size


ROOM = Room(128 << 20)
"""That of this process: bodies are received one part at a time, in one thread."""


def token_of(headers: Mapping[bytes, bytes]) -> str | None:
    """Return the token of a request's Authorization: Bearer, or the user of Basic; else None."""
    scheme, _, rest = headers.get(b"authorization", b"").partition(b" ")
    kind = scheme.lower()
    if kind == b"bearer":
        return rest.strip().decode("latin-1")
    if kind != b"basic":
        return None
    try:
        return b64decode(rest.strip(), validate=True).partition(b":")[0].decode("latin-1")
    except BinasciiError:
        return None


async def body_of(receive: Receive, headers: Mapping[bytes, bytes], largest: int) -> bytes:
    """Return the body of a request, unpacked.

    Raises:
        TooLargeError: it has more bytes than `largest`.
        UnsupportedError: its Content-Encoding is none that is understood.
        InvalidError: it is no gzip, although it says so, or no UTF-8.
        RoomError: too much is being received at once; nothing of it was read.
    """
    taken = _announced(headers, largest)
    ROOM.take(taken)
    try:
        body = await _received(receive, largest)
    finally:
        ROOM.left += taken
    encoding = headers.get(b"content-encoding")
    body = body if encoding is None else _unpacked(body, encoding.strip().lower(), largest)
    _refuse_odd_bytes(body)
    return body


def _refuse_odd_bytes(body: bytes) -> None:
    """Return where a body is text.

    Raises:
        InvalidError: it is no UTF-8, which JSON is.
    """
    try:
        body.decode()
    except UnicodeDecodeError as error:
        message = f"is no UTF-8 at byte {error.start}; JSON is sent in UTF-8"
        raise InvalidError(("body", message)) from None


async def _received(receive: Receive, largest: int) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        if size > largest:
            raise _too_large(largest)
        parts.append(part)
    return b"".join(parts)


def _announced(headers: Mapping[bytes, bytes], largest: int) -> int:
    """Return how long a body is going to be, at most; the longest where nothing is said.

    Raises:
        TooLargeError: it says that it has more bytes than `largest`.
    """
    text = headers.get(b"content-length", b"")
    if not text.isdigit():
        return largest
    if len(text) > _DIGITS or int(text) > largest:
        raise _too_large(largest)
    return int(text)


def _unpacked(body: bytes, encoding: bytes, largest: int) -> bytes:
    if encoding in {b"", b"identity"}:
        return body
    if encoding not in {b"gzip", b"x-gzip"}:
        msg = "send the body as it is, or with Content-Encoding: gzip"
        raise UnsupportedError(msg)
    unpacking = zlib.decompressobj(_GZIP)
    try:
        unpacked = unpacking.decompress(body, largest + 1)
    except zlib.error:
        unpacked = None
    if unpacked is not None and len(unpacked) > largest:
        raise _too_large(largest)
    if unpacked is None or not unpacking.eof or unpacking.unused_data:
        raise InvalidError(("body", "is no whole gzip, although Content-Encoding says so"))
    return unpacked


def _too_large(largest: int) -> TooLargeError:
    return TooLargeError(f"a body may have {largest:,} bytes; ask in several requests")
