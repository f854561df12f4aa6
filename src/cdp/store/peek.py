"""Look into the working file while no run holds it; change nothing."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from cdp.errors import StateError
from cdp.store.connection import connect
from cdp.store.lock import writer_lock
from cdp.store.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def peek(home: Path) -> Iterator[Warehouse]:
    """Hold the working file for reading only, and its lock, so that no run starts meanwhile.

    Raises:
        StateError: nothing was run yet, a run is going on, or the file cannot be read.
    """
    path = home / "work.duckdb"
    if not path.exists():
        msg = f"{home} holds no run yet; `cdp run` makes the first"
        raise StateError(msg)
    with writer_lock(home):
        try:
            connection = connect(path, read_only=True)
        except duckdb.Error as error:
            msg = f"{path} cannot be read: {str(error).splitlines()[0]}"
            raise StateError(msg) from error
        try:
            yield Warehouse(connection)
        finally:
            connection.close()
