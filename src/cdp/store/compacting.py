"""Rewrite a file so that nothing of what was deleted is left in it: not in free pages, not in gaps.

Invariant: the file under its name is the old one or the whole new one, whenever the process dies.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from cdp.store.connection import connect
from cdp.store.lock import writer_lock
from cdp.store.manifest import sync_folder
from cdp.store.warehouse import Warehouse, WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LIMIT = "1GB"


@contextmanager
def changing(path: Path, memory_limit: str = _LIMIT) -> Iterator[Warehouse]:
    """Open a DuckDB file that nobody else has open, to take something out of it.

    Raises:
        WarehouseError: it cannot be opened, or DuckDB refused something.
    """
    try:
        connection = connect(path, memory_limit=memory_limit)
        try:
            yield Warehouse(connection, memory_limit)
        finally:
            connection.close()
    except duckdb.Error as error:
        raise _refused(path, error) from error


def rewrite(path: Path, memory_limit: str = _LIMIT) -> None:
    """Put a copy of all that a DuckDB file holds, and of nothing else, in its place.

    Raises:
        WarehouseError: it cannot be read, or the disk is full; the file is as it was.
    """
    fresh = path.with_name(f"{path.name}.fresh")
    for leftover in (fresh, _wal(fresh)):
        leftover.unlink(missing_ok=True)
    try:
        with closing(connect(":memory:", memory_limit=memory_limit)) as connection:
            for name, file in (("old", path), ("new", fresh)):
                location = exp.Literal.string(str(file)).sql("duckdb")
                connection.execute(f"attach {location} as {name}")
            connection.execute("copy from database old to new")
            _compare(connection, path)
            connection.execute("checkpoint new")
            connection.execute("detach new")
            connection.execute("detach old")
    except duckdb.Error as error:
        fresh.unlink(missing_ok=True)
        raise _refused(path, error) from error
    _replace(fresh, path)
    _wal(path).unlink(missing_ok=True)


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Hold the workspace as a run does, so that nobody writes meanwhile.

    Raises:
        StateError: a run is going on.
    """
    with writer_lock(home):
        yield


def rewrite_state(path: Path) -> None:
    """Rewrite an SQLite file in place, and empty its log; several processes may have it open.

    Raises:
        sqlite3.Error: it is held by somebody who does not let go.
    """
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
        connection.execute("pragma secure_delete = on")
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")


def put(path: Path, content: bytes) -> None:
    """Put bytes under a name, whole and on disk, or leave what was there."""
    fresh = path.with_name(f"{path.name}.fresh")
    fresh.write_bytes(content)
    _replace(fresh, path)


def _replace(fresh: Path, path: Path) -> None:
    descriptor = os.open(fresh, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    fresh.replace(path)
    sync_folder(path.parent)


def _compare(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Return where every table arrived with as many rows as it left with."""
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'old' "
        "order by schema_name, table_name"
    ).fetchall()
    for schema, table in found:
        rows = {
            connection.execute(
                exp.select("count(*)")
                .from_(exp.table_(table, db=schema, catalog=database, quoted=True))
                .sql("duckdb")
            ).fetchall()[0][0]
            for database in ("old", "new")
        }
        if len(rows) > 1:
            msg = f"{path}: {schema}.{table} was copied with other rows; nothing was replaced"
            raise WarehouseError(msg)


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _refused(path: Path, error: duckdb.Error) -> WarehouseError:
    line = str(error).strip().splitlines()[0]
    return WarehouseError(f"{path} cannot be rewritten: {line}; check that the disk has room")
