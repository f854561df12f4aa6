"""Read a published file for somebody who waits: no longer than so many seconds."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Timer
from typing import TYPE_CHECKING

import duckdb

from cdp.errors import CdpError
from cdp.store.goldfile import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class TooLongError(CdpError):
    """A question took longer than it may."""


@contextmanager
def limited(connection: duckdb.DuckDBPyConnection, seconds: float, what: str) -> Iterator[None]:
    """Break off whatever runs on the connection in the block after so many seconds.

    Raises:
        TooLongError: the time was up; the message begins with `what`.
    """
    timer = Timer(seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException as error:
        msg = f"{what} takes more than {seconds:g} s; look at its joins, or ask for less"
        raise TooLongError(msg) from error
    finally:
        timer.cancel()


@contextmanager
def reading_within(
    path: Path, seconds: float, *, memory: str = "2GB"
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a finished file read-only, and break off whatever runs on it after so many seconds.

    Raises:
        StateError: it cannot be opened.
        TooLongError: the time was up, or the memory.
    """
    with reading(path) as connection:
        connection.execute(f"set memory_limit = '{memory}'")
        timer = Timer(seconds, connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield connection
        except (duckdb.InterruptException, duckdb.OutOfMemoryException) as error:
            msg = (
                f"this takes more than {seconds:g} s or {memory} of memory; ask for less (fewer "
                "conditions, a shorter window), or let a run compute it as a segment"
            )
            raise TooLongError(msg) from error
        finally:
            timer.cancel()
