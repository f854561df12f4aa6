"""One writer at a time: a lock on a file of its own, never on the database file.

DuckDB's own lock is lost when the writer opens its file twice, so it cannot be relied upon.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cdp.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def writer_lock(home: Path) -> Iterator[None]:
    """Hold the workspace's writer lock; the kernel frees it when the process dies.

    Raises:
        StateError: another process holds it.
    """
    home.mkdir(parents=True, exist_ok=True)
    path = home / "writer.lock"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            msg = (
                f"another run holds {path} (process {file.read().strip() or 'unknown'}); "
                "wait for it to finish, or stop that process, then try again"
            )
            raise StateError(msg) from None
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
