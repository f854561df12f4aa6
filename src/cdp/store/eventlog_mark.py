"""The mark of the event log: what changes whenever something new is durable in it.

Readers in any process compare it with what it was when they read last, which costs no system call:
the file is shared memory. Each writing process has eight bytes of its own that never repeat; the
first eight change when what was written before is written anew, so that readers begin again.
"""

from __future__ import annotations

import mmap
import os
from struct import Struct
from time import time_ns
from typing import TYPE_CHECKING

from cdp.store.eventlog_segment import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "mark"
_SLOTS = 512
_SLOT = Struct("<Q")
_SIZE = _SLOTS * _SLOT.size


class Mark:
    """The mark of a `.cdp` folder, mapped into this process."""

    def __init__(self, home: Path) -> None:
        """Map the mark, made where there is none.

        Raises:
            OSError: the folder cannot be written to.
        """
        path = home / FOLDER / _NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if os.fstat(descriptor).st_size < _SIZE:
                os.ftruncate(descriptor, _SIZE)
            self._map = mmap.mmap(descriptor, _SIZE)
        finally:
            os.close(descriptor)

    def now(self) -> bytes:
        """Return the mark; another one than before means that there is something new."""
        return self._map[:]

    @staticmethod
    def is_anew(before: bytes, now: bytes) -> bool:
        """Whether what was there at the first mark was written anew until the second."""
        return before[: _SLOT.size] != now[: _SLOT.size]

    def move(self) -> None:
        """Say that something new is durable."""
        self._set(1 + os.getpid() % (_SLOTS - 1))

    def renew(self) -> None:
        """Say that what was there before is not what it was."""
        self._set(0)

    def close(self) -> None:
        """Give the mapping back."""
        self._map.close()

    def _set(self, slot: int) -> None:
        _SLOT.pack_into(self._map, slot * _SLOT.size, time_ns())
