"""The event log without one person: their entries become blanks of the same length.

Places in the log are offsets, kept by runs and by the live view, so that nothing may move.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.store.compacting import put
from cdp.store.eventlog_frames import HEAD_BYTES, MAGIC, frame, frames
from cdp.store.eventlog_segment import LIVE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

BLANK: Final[dict[str, Any]] = {
    "source": "",
    "object": "",
    "id": "",
    "received_at": "",
    "request_id": "",
    "payload": None,
    "kind": "erased",
}


def erase(path: Path, tells: Callable[[bytes], bool]) -> int:
    """Blank the entries of a segment that tell of the person; return how many there were."""
    content = path.read_bytes()
    blanks = {
        end - len(body) - HEAD_BYTES: frame(_blank(bytes(body)))
        for end, body in frames(content, len(MAGIC) if content.startswith(MAGIC) else 0)
        if tells(bytes(body))
    }
    if blanks and path.suffix == LIVE:
        _overwrite(path, blanks)
    elif blanks:
        put(path, _with(content, blanks))
    return len(blanks)


def _with(content: bytes, blanks: Mapping[int, bytes]) -> bytes:
    changed = bytearray(content)
    for start, blank in blanks.items():
        changed[start : start + len(blank)] = blank
    return bytes(changed)


def _overwrite(path: Path, blanks: Mapping[int, bytes]) -> None:
    """Write over what its writer holds open, whose file must stay the one that it is."""
    descriptor = os.open(path, os.O_WRONLY)
    try:
        for start, blank in blanks.items():
            os.pwrite(descriptor, blank, start)
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _blank(body: bytes) -> bytes:
    """Return an entry that says no more than that one was erased, as long as the body."""
    found = msgspec.json.decode(body)
    kept = BLANK | {"received_at": found.get("received_at", "")}
    said = msgspec.json.encode(kept)
    if len(said) > len(body):
        return b" " * len(body)
    return said[:-1] + b" " * (len(body) - len(said)) + b"}"
