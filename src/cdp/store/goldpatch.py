"""The gold file of a draft, attached: read, or brought up to date where rows may be others now.

Invariant: it is attached by the working connection alone and is nobody's generation yet, so
whatever happens to it the served file stays as it was.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import duckdb
import sqlglot
from sqlglot import exp

from cdp.model.tables import BY_NAME
from cdp.store.connection import dense
from cdp.store.goldfile import CATALOG, refused
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from cdp.store.statement import Statement
    from cdp.store.warehouse import Warehouse


@contextmanager
def attached(warehouse: Warehouse, path: Path) -> Iterator[None]:
    """Offer the file's tables as `generation.schema.table` while the block runs.

    Raises:
        WarehouseError: it cannot be opened, or DuckDB refused something inside.
    """
    location = exp.Literal.string(str(path)).sql("duckdb")
    try:
        warehouse.connection.execute(f"attach {location} as {CATALOG}")
        try:
            with dense(warehouse.connection):
                yield
        finally:
            warehouse.connection.execute(f"detach {CATALOG}")
    except duckdb.Error as error:
        raise refused(path, error) from error


def patch(warehouse: Warehouse, stale: Mapping[str, str | None]) -> None:
    """Replace, for each table named, the rows that satisfy its condition (None: all of them).

    The caller has the file attached and is not inside a transaction.
    """
    connection = warehouse.connection
    connection.execute("begin transaction")
    try:
        for name, condition in stale.items():
            _exchange(warehouse, name, condition or "true")
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute(f"checkpoint {CATALOG}")


def counts(warehouse: Warehouse, tables: tuple[str, ...]) -> dict[str, int]:
    """Return the rows of each table of the attached file."""
    found = {}
    for name in tables:
        sql = f"select count(*) from {_there(name)}"  # noqa: S608 - quoted
        found[name] = int(warehouse.connection.execute(sql).fetchall()[0][0])
    return found


def inside(statement: Statement, tables: Collection[str]) -> Statement:
    """Return the statement with these tables read from the attached file."""
    tree = sqlglot.parse_one(statement.sql, dialect="duckdb")
    for table in tree.find_all(exp.Table):
        if f"{table.db}.{table.name}" in tables:
            table.set("catalog", exp.to_identifier(CATALOG))
    return replace(statement, sql=tree.sql("duckdb"))


def _exchange(warehouse: Warehouse, name: str, condition: str) -> None:
    columns = ", ".join(quoted(c.name) for c in BY_NAME[name].columns)
    target = _there(name)
    warehouse.connection.execute(f"delete from {target} where {condition}")  # noqa: S608 - quoted
    warehouse.write(
        f"insert into {target} ({columns}) "  # noqa: S608 - quoted
        f"select {columns} from {quoted(name)} where {condition}"
    )


def _there(name: str) -> str:
    return f"{CATALOG}.{quoted(name)}"
