"""One writer at a time: a lock on a file of its own, never on the database file.

DuckDB's own lock is lost when the writer opens its file twice, so it cannot be relied upon.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cdp.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SERVED: Final = "serving.lock"


@contextmanager
def writer_lock(home: Path) -> Iterator[None]:
    """Hold the workspace's writer lock; the kernel frees it when the process dies.

    Raises:
        StateError: another process holds it.
    """
    with lock(home / "writer.lock", "run"):
        yield


@contextmanager
def lock(path: Path, what: str) -> Iterator[None]:
    """Hold the lock on this file; the kernel frees it when the process dies.

    Raises:
        StateError: another process holds it, a `what` like this one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            msg = (
                f"another {what} holds {path} (process {file.read().strip() or 'unknown'}); "
                "wait for it to finish, or stop that process, then try again"
            )
            raise StateError(msg) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def serving(home: Path) -> Iterator[None]:
    """Say while the block runs that this workspace is served; several servers may."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / _SERVED).open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def unserved(home: Path) -> Iterator[None]:
    """Keep servers of this workspace from starting while the block runs.

    Raises:
        StateError: one is running.
    """
    with (home / _SERVED).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            msg = f"{home} is being served; stop `cdp serve`, then try again"
            raise StateError(msg) from None
        yield
