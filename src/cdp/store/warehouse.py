"""The private working file `work.duckdb`: one writer, statements from files, typed tables.

Invariant: nothing is visible to a later stage, or to a later run, unless the transaction that
wrote it was committed; a killed run leaves the last committed state.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Final

import duckdb

from cdp.errors import CdpError, StateError
from cdp.model.tables import BY_NAME
from cdp.store.connection import DEFAULT_LIMIT, be_light, connect, packed
from cdp.store.lock import writer_lock
from cdp.store.narrow import among, narrowed
from cdp.store.schema import create_tables, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl
    import pyarrow as pa

    from cdp.store.statement import Statement


PASSING: Final = "temp."
"""Before the name of a private table that ends with the run, so that nothing of it is stored."""

_FRESH: Final = "temp.fresh"
_UNLOADED: Final = "16MB"


class WarehouseError(CdpError):
    """DuckDB refused: a statement failed, the disk is full, or the file is unreadable."""


class Warehouse:
    """The working file, opened by its one writer."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, memory_limit: str = DEFAULT_LIMIT
    ) -> None:
        self.connection = connection
        self.memory_limit = memory_limit
        self.changed: set[str] = set()
        """Tables that got rows, or whose rows `renewing` found to be others than before."""

    @staticmethod
    @contextmanager
    def open(
        home: Path, *, threads: int = 2, memory_limit: str = DEFAULT_LIMIT
    ) -> Iterator[Warehouse]:
        """Hold the writer lock and the working file of a workspace, tables created.

        Raises:
            StateError: another run holds the lock, or a newer version made the workspace.
            WarehouseError: the file cannot be opened.
        """
        with writer_lock(home):
            path = home / "work.duckdb"
            try:
                connection = connect(path, threads=threads, memory_limit=memory_limit)
            except duckdb.Error as error:
                msg = f"{path} cannot be opened: {_first_line(error)}"
                raise WarehouseError(msg) from error
            try:
                be_light(connection)
                create_tables(connection)
                yield Warehouse(connection, memory_limit)
            finally:
                connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep everything done inside, or nothing of it.

        Raises:
            WarehouseError: DuckDB refused something inside; all of it was undone.
        """
        self.connection.execute("begin transaction")
        try:
            yield
            self.connection.execute("commit")
        except BaseException as error:
            self._rollback()
            if isinstance(error, duckdb.Error):
                msg = f"the database refused: {_first_line(error)}"
                raise WarehouseError(msg) from error
            raise

    def unload(self) -> None:
        """Give back the memory that pages of the file fill; they are read again when needed.

        Before something that needs memory of its own, beside the database.
        """
        with suppress(duckdb.OutOfMemoryException):  # so much is in use just now
            self.connection.execute(f"set memory_limit = '{_UNLOADED}'")
        self.connection.execute(f"set memory_limit = '{self.memory_limit}'")

    def replace(self, statement: Statement, **params: object) -> int:
        """Make the statement's result the whole content of the table it writes; return its rows."""
        self.connection.execute(f"delete from {quoted(statement.writes)}")  # noqa: S608 - quoted
        return self.append(statement, **params)

    def append(self, statement: Statement, **params: object) -> int:
        """Add the statement's result to the table it writes; return the rows added."""
        return self._add(statement.writes, statement.sql, params)

    def refresh(self, statement: Statement, **params: object) -> int:
        """Compute the rows of touched keys anew and keep all others; return the new rows.

        The statement is narrowed to `step.touched_<key>`; the outcome is that of `replace`
        where nothing but the rows of touched keys changed in what it reads. Of a table of this
        run alone, `temp.x`, there are no others.
        """
        if statement.writes.startswith(PASSING):
            return self.make(narrowed(statement), **params)
        return self.redo(narrowed(statement), among(statement.key), **params)

    def redo(self, statement: Statement, stale: str, **params: object) -> int:
        """Replace the rows of the table that satisfy the condition `stale` by the statement's.

        Where they are the rows that were there nothing is written.
        """
        target = quoted(statement.writes)
        self.write(f"create or replace temp table {_FRESH} as from {target} limit 0")
        rows = self.write(f"insert into {_FRESH} by name {statement.sql}", params or None)
        old = f"from {target} where {stale}"
        if self._digest(f"from {_FRESH}") != self._digest(old):
            self.connection.execute(f"delete {old}")
            _check(statement.writes, rows, self.write(f"insert into {target} from {_FRESH}"))
            self.changed.add(statement.writes)
        self.drop(_FRESH)
        return rows

    def swap(self, statement: Statement, **params: object) -> int:
        """Do as `replace` does, and note whether the rows are others than before."""
        return self.redo(statement, "true", **params)

    @contextmanager
    def renewing(self, table: str, stale: str) -> Iterator[None]:
        """Remove the rows that satisfy the condition; the block puts those in that hold now.

        The table counts as changed only if they are other rows than before.
        """
        was_changed = table in self.changed
        rows = f"from {quoted(table)} where {stale}"
        before = self._digest(rows)
        self.connection.execute(f"delete from {quoted(table)} where {stale}")  # noqa: S608 - quoted
        yield
        if self._digest(rows) != before:
            self.changed.add(table)
        elif not was_changed:
            self.changed.discard(table)

    def make(self, statement: Statement, **params: object) -> int:
        """Build the private table that the statement writes; return its rows.

        `step.x` is kept for later runs, `temp.x` is in memory alone until it is dropped.
        """
        if not statement.writes.startswith(("step.", PASSING)):
            msg = f"{statement.name}: make() builds step tables only; use replace() or append()"
            raise StateError(msg)
        return self.write(f"{_creating(statement.writes)} as {statement.sql}", params or None)

    def view(self, statement: Statement) -> None:
        """Let the private name `temp.x` that the statement writes stand for what it selects."""
        name = quoted(statement.writes)
        self.connection.execute(f"create or replace temp view {name} as {statement.sql}")

    def unview(self, name: str) -> None:
        """Let a private name that `view` gave stand for nothing."""
        self.connection.execute(f"drop view {quoted(name)}")

    def drop(self, table: str) -> None:
        """Forget a private table."""
        self.connection.execute(f"drop table {quoted(table)}")

    def select(self, statement: Statement, **params: object) -> pl.DataFrame:
        """Return the statement's result."""
        return self.query(statement.sql, **params)

    def query(self, sql: str, **params: object) -> pl.DataFrame:
        """Return the result of a SELECT with bound `$params`."""
        frame: pl.DataFrame = self.connection.sql(sql, params=params or None).pl()
        return frame

    def insert(self, table: str, frame: pl.DataFrame | pa.RecordBatchReader) -> int:
        """Add a frame's rows to a table, columns by name; return the rows added."""
        self.connection.register("incoming_frame", frame)
        try:
            return self._add(table, "select * from incoming_frame")
        finally:
            self.connection.unregister("incoming_frame")

    def put(self, table: str, frame: pl.DataFrame) -> int:
        """Make a frame a table's whole content; return its rows.

        A private table, `step.x` or `temp.x`, is created from it.
        """
        if table in BY_NAME:
            self.connection.execute(f"delete from {quoted(table)}")  # noqa: S608 - quoted
            return self.insert(table, frame)
        self.connection.register("incoming_frame", frame)
        try:
            return self.write(f"{_creating(table)} as from incoming_frame")
        finally:
            self.connection.unregister("incoming_frame")

    def keep(self, table: str, where: str = "true") -> None:
        """Copy the rows that satisfy the condition to `step.<name of the table>_before`."""
        before = quoted(f"step.{table.partition('.')[2]}_before")
        rows = f"from {quoted(table)} where {where}"
        self.write(f"create or replace table {before} as {rows}")

    def count(self, table: str) -> int:
        """Return the rows of a table."""
        rows = self.connection.execute(f"select count(*) from {quoted(table)}").fetchall()  # noqa: S608
        return int(rows[0][0])

    def digest(self, table: str) -> str:
        """Return a hash of a table's rows that does not depend on their order."""
        return self._digest(f"select * from {quoted(table)}")  # noqa: S608 - quoted

    def _digest(self, query: str) -> str:
        sql = f"select count(*), coalesce(sum(hash(t)::hugeint), 0) from ({query}) as t"  # noqa: S608
        rows: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        return f"{rows[0][0]}:{rows[0][1]}"

    def _add(self, table: str, query: str, params: dict[str, object] | None = None) -> int:
        with packed(self.connection) if table.startswith("bronze.") else nullcontext():
            rows = self.write(f"insert into {quoted(table)} by name {query}", params or None)
        if rows:
            self.changed.add(table)
        return rows

    def write(self, sql: str, params: dict[str, object] | None = None) -> int:
        """Carry out a statement that adds rows, and return how many it added.

        DuckDB 2.0.0 makes rows vanish when one transaction adds little or nothing to a table in
        the order of the input, and then 122,880 rows or more (one row group) on several threads.
        Tables have no order, so it is not asked to keep one; every statement that adds rows or
        creates a table from a query has to come through here.
        """
        self.connection.execute("set preserve_insertion_order = false")
        try:
            return int(self.connection.execute(sql, params).fetchall()[0][0])
        finally:
            with suppress(duckdb.Error):  # refused while a failed transaction awaits its end
                self.connection.execute("set preserve_insertion_order = true")

    def _rollback(self) -> None:
        try:
            self.connection.execute("rollback")
            self.connection.execute("set preserve_insertion_order = true")
        except duckdb.Error:
            return  # a fatal error has closed the transaction already


def _check(table: str, expected: int, arrived: int) -> None:
    if arrived != expected:
        msg = f"{table}: {expected} rows were made, {arrived} arrived; this is a defect of DuckDB"
        raise WarehouseError(msg)


def _creating(table: str) -> str:
    kind = "temp table" if table.startswith(PASSING) else "table"
    return f"create or replace {kind} {quoted(table)}"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
