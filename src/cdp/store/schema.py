"""Create the tables that the model declares, with comments; know which version made them.

Keys are audited after each stage instead of being declared to DuckDB: its indexes refuse a
row that the same transaction has deleted, which is how a table is replaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from cdp.errors import ReconciliationError, StateError
from cdp.model.tables import TABLES, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

VERSION = 1
SCHEMAS = ("bronze", "quality", "silver", "identity", "gold", "activation", "ops", "step")


def quoted(table: str) -> str:
    """Return `schema.table` quoted as identifiers."""
    return ".".join(exp.to_identifier(part, quoted=True).sql("duckdb") for part in table.split("."))


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring the database to this version's tables; what is there already stays.

    Of a table that had other columns the rows stay where every new column may be null; else it
    is emptied, and its stage, whose fingerprint knows the columns, fills it again.

    Raises:
        StateError: a newer version made the database.
    """
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists {quoted(schema)}")
    _reshape(connection)
    for table in TABLES:
        connection.execute(ddl(table))
    found = connection.execute("select max(version) from ops.migration").fetchall()[0][0]
    if found is None:
        connection.execute("begin transaction")  # else the disk is written for each comment
        connection.execute(
            "insert into ops.migration values (?, current_timestamp at time zone 'UTC')", [VERSION]
        )
        for table in TABLES:
            comment(connection, table)
        connection.execute("commit")
    elif found > VERSION:
        msg = (
            f"this workspace was made by a newer cdp (tables {found}, here {VERSION}); upgrade cdp"
        )
        raise StateError(msg)


def _reshape(connection: duckdb.DuckDBPyConnection) -> None:
    found: dict[str, set[str]] = {}
    rows = connection.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where not internal"
    ).fetchall()
    for name, column in rows:
        found.setdefault(name, set()).add(column)
    for table in TABLES:
        there, declared = found.get(table.name), {c.name for c in table.columns}
        if there is None or there == declared:
            continue
        new = [c for c in table.columns if c.name not in there]
        connection.execute(ddl(table, f"{table.name}_reshaped"))
        if all(column.nullable for column in new):
            kept = ", ".join(quoted(c.name) for c in table.columns if c.name in there)
            connection.execute(
                f"insert into {quoted(f'{table.name}_reshaped')} by name "  # noqa: S608 - quoted
                f"select {kept} from {quoted(table.name)}"
            )
        connection.execute(f"drop table {quoted(table.name)}")
        schema, noun = table.name.split(".")
        connection.execute(
            f"alter table {quoted(f'{schema}.{noun}_reshaped')} rename to {quoted(noun)}"
        )
        comment(connection, table)


def ddl(table: Table, name: str | None = None, *, packed: bool = False) -> str:
    """Return the CREATE TABLE of a declared table; `temp.x` ends with the run.

    Documents are packed as a whole where that is asked for: they take a third of the room of
    documents that are packed value by value, and half the processor time.
    """
    target = name or table.name
    kind = "temp table" if target.startswith("temp.") else "table"
    columns = ", ".join(_column(c, packed=packed) for c in table.columns)
    return f"create {kind} if not exists {quoted(target)} ({columns})"


def _column(column: Column, *, packed: bool) -> str:
    compression = " using compression zstd" if packed and column.type == "json" else ""
    null = "" if column.nullable else " not null"
    return f"{quoted(column.name)} {column.type}{null}{compression}"


def comment(connection: duckdb.DuckDBPyConnection, table: Table, name: str | None = None) -> None:
    """Write the table's and its columns' descriptions as comments."""
    target = quoted(name or table.name)
    text = exp.Literal.string(f"{table.grain}").sql("duckdb")
    connection.execute(f"comment on table {target} is {text}")
    for column in table.columns:
        text = exp.Literal.string(column.description).sql("duckdb")
        connection.execute(f"comment on column {target}.{quoted(column.name)} is {text}")


def audit(
    connection: duckdb.DuckDBPyConnection, table: Table, after: int | None = None
) -> list[tuple[object, ...]]:
    """Return up to three keys that more than one row of a table has; empty when it is sound.

    After a row (see `last_row`) looks at the keys of later rows alone, which is enough where the
    table was sound when that was its last one.
    """
    if not table.key:
        return []
    keys, name = ", ".join(quoted(column) for column in table.key), quoted(table.name)
    added = f"select {keys} from {name} where rowid > $after"  # noqa: S608 - quoted
    among = f"where ({keys}) in ({added})" if after is not None else ""
    sql = (
        f"select {keys}, count(*) from {name} {among} "  # noqa: S608 - quoted
        f"group by {keys} having count(*) > 1 order by {keys} limit 3"
    )
    params = {"after": after} if after is not None else None
    return [tuple(row) for row in connection.execute(sql, params).fetchall()]


def last_row(connection: duckdb.DuckDBPyConnection, table: Table) -> int:
    """Return the number of a table's last row; rows that are added get higher ones."""
    rows = connection.execute(f"select max(rowid) from {quoted(table.name)}").fetchall()  # noqa: S608 - quoted
    return -1 if rows[0][0] is None else int(rows[0][0])


def check_keys(connection: duckdb.DuckDBPyConnection, last: Mapping[Table, int | None]) -> None:
    """Return where no row that was added to these tables doubles a key.

    A table comes with the last row that it had before; None: every row is looked at.

    Raises:
        ReconciliationError: a key is there twice.
    """
    for table, after in last.items():
        doubled = audit(connection, table, after)
        if doubled:
            msg = (
                f"{table.name} would hold a key twice: {doubled[0]}; this is a defect, "
                "please report it"
            )
            raise ReconciliationError(msg)
