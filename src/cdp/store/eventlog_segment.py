"""A segment of the event log: one file, written by one process, never reopened for writing.

A segment is `NAME.live` while its writer holds it and `NAME.log` once it is sealed. Its name begins
with the moment of its first entry, so that names are in order of time. What a dead writer left is
sealed by whoever comes next: a tail that holds no whole frame is moved into `NAME.cut`.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdp.store.eventlog_frames import MAGIC, frames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOLDER = "events"
LIVE, SEALED, CUT = ".live", ".log", ".cut"
_LOG = logging.getLogger(__name__)


class Segment:
    """A segment being written by this process."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.name = path.name.removesuffix(LIVE)
        self.size = len(MAGIC)
        self._descriptor = descriptor

    @staticmethod
    def begin(folder: Path, moment: str) -> Segment:
        """Return a new segment that begins at a moment, durably there.

        Raises:
            OSError: the folder cannot be written to.
        """
        folder.mkdir(parents=True, exist_ok=True)
        stamp = "".join(c for c in moment if c.isdigit() or c == "T")
        while True:
            path = folder / f"{stamp}-{secrets.token_hex(4)}{LIVE}"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
            try:
                held = _hold(path, descriptor)
                if held:
                    _write(descriptor, MAGIC)
                    os.fdatasync(descriptor)
                    sync_folder(folder)
            except OSError:
                os.close(descriptor)
                path.unlink(missing_ok=True)
                raise
            if held:
                return Segment(path, descriptor)
            os.close(descriptor)

    def commit(self, data: bytes) -> None:
        """Append whole frames durably.

        Raises:
            OSError: the disk refused; nothing of it may be acknowledged, and the segment must not
                be written to again.
        """
        _write(self._descriptor, data)
        os.fdatasync(self._descriptor)
        self.size += len(data)

    def take_back(self) -> None:
        """Cut off what was written and never committed, where the disk lets us."""
        try:
            os.ftruncate(self._descriptor, self.size)
        except OSError as error:
            _LOG.warning("event log %s: its tail stays behind (%s)", self.name, error)

    def seal(self) -> None:
        """Give the segment back: it is never written again, removed if nothing is in it."""
        try:
            if self.size > len(MAGIC):
                self.path.rename(self.path.with_suffix(SEALED))
            else:
                self.path.unlink()
            sync_folder(self.path.parent)
        except OSError as error:
            _LOG.warning("event log %s could not be sealed (%s)", self.name, error)
        finally:
            os.close(self._descriptor)


@dataclass(frozen=True, slots=True)
class Recovered:
    """A segment whose writer died: how many bytes are whole, and how many were cut off."""

    segment: str
    whole: int
    cut: int


def recover(home: Path) -> list[Recovered]:
    """Seal what dead writers left in a `.cdp` folder, and return it; the living are left alone.

    Raises:
        OSError: a segment can be neither read nor renamed.
    """
    return [done for path in _live(home / FOLDER) if (done := _recover(path)) is not None]


def segments(folder: Path) -> dict[str, bool]:
    """Return each segment by name, in order, and whether it is sealed."""
    try:
        names = os.listdir(folder)  # noqa: PTH208 - asked for often, and names are all it takes
    except FileNotFoundError:
        return {}
    found = {name.removesuffix(LIVE): False for name in names if name.endswith(LIVE)}
    found |= {name.removesuffix(SEALED): True for name in names if name.endswith(SEALED)}
    return dict(sorted(found.items()))


def opened(folder: Path, name: str) -> int | None:
    """Return a descriptor to read a segment by, None when it is gone."""
    for suffix in (SEALED, LIVE, SEALED):  # it may be sealed while we look
        try:
            return os.open(folder / f"{name}{suffix}", os.O_RDONLY)
        except FileNotFoundError:
            continue
    return None


def sync_folder(folder: Path) -> None:
    """Make names that were made or changed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _live(folder: Path) -> Iterator[Path]:
    for name, is_sealed in segments(folder).items():
        if not is_sealed:
            yield folder / f"{name}{LIVE}"


def _recover(path: Path) -> Recovered | None:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        if not _hold(path, descriptor):
            return None
        data = path.read_bytes()
        whole = _whole(data)
        cut = len(data) - whole
        if cut:
            _set_aside(path.with_suffix(CUT), data[whole:])
            os.ftruncate(descriptor, whole)
            os.fsync(descriptor)
            _LOG.warning(
                "event log %s: %d bytes at its end are no whole entry; they are kept in %s",
                path.stem,
                cut,
                path.with_suffix(CUT).name,
            )
        path.rename(path.with_suffix(SEALED))
        sync_folder(path.parent)
        return Recovered(path.stem, whole, cut)
    finally:
        os.close(descriptor)


def _whole(data: bytes) -> int:
    """Return how many bytes from the beginning are whole frames."""
    if not data.startswith(MAGIC):
        return 0
    return max((end for end, _ in frames(data, len(MAGIC))), default=len(MAGIC))


def _set_aside(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _hold(path: Path, descriptor: int) -> bool:
    """Take the lock of a live segment; False where another has it, or it was sealed meanwhile."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except (BlockingIOError, FileNotFoundError):
        return False


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
