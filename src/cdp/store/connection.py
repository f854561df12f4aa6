"""Open DuckDB, with the bounds that keep a laptop usable."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFAULT_LIMIT: Final = "4GB"
"""Memory that DuckDB may use before it spills."""


def scratch(threads: int = 2, memory_limit: str = DEFAULT_LIMIT) -> duckdb.DuckDBPyConnection:
    """Return a connection to a new database in memory, for work whose result is copied out."""
    return connect(":memory:", threads=threads, memory_limit=memory_limit)


def connect(
    path: Path | str,
    *,
    threads: int = 2,
    memory_limit: str = DEFAULT_LIMIT,
    read_only: bool = False,
) -> duckdb.DuckDBPyConnection:
    """Return a connection in UTC, with these bounds.

    Raises:
        duckdb.Error: the file is locked by another process or is no database.
    """
    connection = duckdb.connect(  # noqa: TID251 - this is the one place
        str(path),
        read_only=read_only,
        config={"threads": threads, "memory_limit": memory_limit},
    )
    connection.execute("set timezone = 'UTC'")
    return connection


def be_light(connection: duckdb.DuckDBPyConnection) -> None:
    """Store texts plainly from now on.

    To compress them costs as much processor time as to compute and write them, which what is
    made anew from bronze is not worth; on disk it takes three times the room.
    """
    connection.execute("set disabled_compression_methods = 'dict_fsst'")


@contextmanager
def packed(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Compress texts as a whole while the block runs: what is kept for good and read in columns.

    This takes no more room than to compress them value by value, and half the processor time.
    What is added bit by bit is written as soon as there is enough to compress, and not held in
    memory until the transaction ends, which would store it plainly.
    """
    connection.execute("set force_compression = 'zstd'")
    connection.execute("set write_buffer_row_group_count = 1")
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # refused while a failed transaction awaits its end
            connection.execute("set force_compression = 'auto'")
            connection.execute("reset write_buffer_row_group_count")


@contextmanager
def dense(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Compress what is stored while the block runs: what is kept for good, copied or served."""
    connection.execute("set disabled_compression_methods = ''")
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # refused while a failed transaction awaits its end
            be_light(connection)
