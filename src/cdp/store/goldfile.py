"""The DuckDB file of a generation: filled through the working connection, then closed for good.

Invariant: while the working connection has the file attached nobody else opens it, and once
it is finished nobody writes to it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from cdp.errors import InputError, StateError
from cdp.store.connection import connect, dense
from cdp.store.schema import comment, ddl, quoted
from cdp.store.warehouse import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cdp.model.tables import Table
    from cdp.model.views import View
    from cdp.store.warehouse import Warehouse

CATALOG = "generation"
_FIRST = {"gold.interaction": ("type",)}
"""Columns that rows lie by before they lie by owner: a question about interactions names a type,
and then reads the rows of that type alone."""


def fill(warehouse: Warehouse, path: Path, tables: Iterable[Table]) -> dict[str, int]:
    """Copy tables of the working file into a new file, sorted; return their rows by name.

    The caller must not be inside a transaction: one transaction writes to one file only.

    Raises:
        WarehouseError: a table arrived with other rows than it left with, or the disk is full.
    """
    try:
        with dense(warehouse.connection):
            return _fill(warehouse.connection, path, tables)
    except duckdb.Error as error:
        raise refused(path, error) from error


def _fill(
    connection: duckdb.DuckDBPyConnection, path: Path, tables: Iterable[Table]
) -> dict[str, int]:
    location = exp.Literal.string(str(path)).sql("duckdb")
    connection.execute(f"attach {location} as {CATALOG}")
    try:
        connection.execute("begin transaction")
        rows = {table.name: _copy(connection, table) for table in tables}
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    finally:
        connection.execute(f"detach {CATALOG}")
    return rows


def describe(path: Path, tables: Iterable[Table], views: Mapping[View, str]) -> None:
    """Add the views and every comment to a filled file.

    Raises:
        WarehouseError: a view does not fit its tables.
    """
    try:
        with connect(path, threads=1) as connection:
            # One commit instead of one for each of some hundred comments.
            connection.execute("begin transaction")
            for table in tables:
                comment(connection, table)
            for view, select in views.items():
                connection.execute(f"create view {quoted(view.name)} as {select}")
                _comment_view(connection, view)
            connection.execute("commit")
            connection.execute("checkpoint")
    except duckdb.Error as error:
        raise refused(path, error) from error


@contextmanager
def reading(path: Path, *, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a finished file read-only, its views found without naming their schema.

    Raises:
        StateError: it cannot be opened.
    """
    try:
        connection = connect(path, threads=threads, read_only=True)
    except duckdb.Error as error:
        msg = f"{path} cannot be read: {error}; `cdp rollback` serves the generation before"
        raise StateError(msg) from error
    with connection:
        connection.execute("set schema = 'gold'")
        yield connection


def shown_as(table: str, columns: tuple[str, ...]) -> str:
    """Return the SELECT of these columns of a table."""
    schema, name = table.split(".")
    chosen = exp.select(*(exp.column(c, quoted=True) for c in columns))
    return chosen.from_(exp.table_(name, db=schema, quoted=True)).sql("duckdb")


def _copy(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    target = f"{CATALOG}.{table.name}"
    connection.execute(f"create schema if not exists {CATALOG}.{quoted(table.schema)}")
    connection.execute(ddl(table, target, packed=True))
    columns = ", ".join(quoted(c.name) for c in table.columns)
    sql = (
        f"insert into {quoted(target)} ({columns}) "  # noqa: S608 - quoted
        f"select {columns} from {quoted(table.name)} order by {_order(table)}"
    )
    copied = int(connection.execute(sql).fetchall()[0][0])
    rows = connection.execute(f"select count(*) from {quoted(table.name)}")  # noqa: S608 - quoted
    there = int(rows.fetchall()[0][0])
    if copied != there:
        msg = (
            f"{table.name}: {there} rows here, {copied} copied; this is a defect, please report it"
        )
        raise WarehouseError(msg)
    return copied


def _order(table: Table) -> str:
    """Return the sort columns: whose row it is first, so that one party's rows lie together."""
    names = {c.name for c in table.columns}
    owner = [c for c in ("profile_id", "account_id") if c in names][:1]
    first = _FIRST.get(table.name, ())
    return ", ".join(quoted(c) for c in dict.fromkeys([*first, *owner, *table.key]))


def _comment_view(connection: duckdb.DuckDBPyConnection, view: View) -> None:
    target = quoted(view.name)
    text = exp.Literal.string(view.grain).sql("duckdb")
    connection.execute(f"comment on view {target} is {text}")
    for column in view.columns:
        text = exp.Literal.string(column.description).sql("duckdb")
        connection.execute(f"comment on column {target}.{quoted(column.name)} is {text}")


def refused(path: Path, error: duckdb.Error) -> WarehouseError:
    """Return the error that says so in words."""
    line = str(error).strip().splitlines()[0]
    return WarehouseError(f"{path} cannot be written: {line}; check that the disk has room")


def ask(
    connection: duckdb.DuckDBPyConnection, sql: str, batch: int = 10_000
) -> tuple[list[str], Iterator[list[tuple[object, ...]]]]:
    """Return the columns of a query's result and its rows in batches.

    Raises:
        InputError: DuckDB refused the query; the message is DuckDB's.
    """
    try:
        result = connection.execute(sql)
    except duckdb.Error as error:
        raise InputError(str(error).strip()) from error
    columns = [str(column[0]) for column in result.description or ()]

    def rows() -> Iterator[list[tuple[object, ...]]]:
        try:
            while fetched := result.fetchmany(batch):
                yield fetched
        except duckdb.Error as error:
            raise InputError(str(error).strip()) from error

    return columns, rows()
