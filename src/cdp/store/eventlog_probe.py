"""Whether the event log takes what is sent: a file written beside it, and what lies in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Final

from cdp.store.eventlog_reading import Tail
from cdp.store.eventlog_segment import CUT, FOLDER, LIVE, SEALED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_SECONDS: Final = 2.0
_BYTES: Final = bytes(4096)


class Probe:
    """Tries whether the log's folder can be written to, at most every other second."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._lock = Lock()
        self._until = -1.0
        self._problem = ""

    def problem(self) -> str:
        """Return why events cannot be kept now, empty where they can."""
        with self._lock:
            if monotonic() >= self._until:
                self._problem = self._tried()
                self._until = monotonic() + _SECONDS
            return self._problem

    def _tried(self) -> str:
        path = self._folder / f"probe.{os.getpid()}.tmp"
        try:
            with path.open("wb") as file:
                file.write(_BYTES)
                file.flush()
                os.fdatasync(file.fileno())
        except OSError as error:
            return f"the event log cannot be written ({error.strerror or error}); make room"
        finally:
            path.unlink(missing_ok=True)
        return ""


@dataclass(frozen=True, slots=True)
class Contents:
    """What lies in the event log.

    Attributes:
        live: segments that are being written, or were when their writer died.
        sealed: segments that are written no more.
        set_aside: tails that were no whole entries, kept beside the segments they were cut from.
        size: bytes of all segments.
    """

    live: int
    sealed: int
    set_aside: int
    size: int


def contents(home: Path) -> Contents:
    """Return what lies in the event log of a `.cdp` folder."""
    count = {LIVE: 0, SEALED: 0, CUT: 0}
    size = 0
    folder = home / FOLDER
    for entry in os.scandir(folder) if folder.is_dir() else ():
        suffix = os.path.splitext(entry.name)[1]  # noqa: PTH122 - a name, not a path
        if suffix in count:
            count[suffix] += 1
            try:
                size += entry.stat().st_size if suffix != CUT else 0
            except FileNotFoundError:
                continue  # sealed meanwhile
    return Contents(count[LIVE], count[SEALED], count[CUT], size)


def oldest(home: Path, reached: Mapping[str, int]) -> str | None:
    """Return when the oldest entry behind `reached` was received (ISO 8601), None for none."""
    reader = Tail(home, reached)
    try:
        found = next(reader.read(), None)
    finally:
        reader.close()
    return found[1].received_at if found is not None else None
