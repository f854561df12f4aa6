"""What the database says of an object: its columns, its key, and which values may be lacking."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa
from sqlalchemy.exc import NoSuchTableError, SAWarning

from cdp.errors import UnreachableError
from cdp.sources.remote.schema import column as column_type
from cdp.sources.remote.sql.question import Question, no_rows, of_query, of_table, table_name
from cdp.sources.remote.values import Layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.sources.remote.schema import FieldType
    from cdp.sources.remote.sql.database import Database
    from cdp.sources.remote.sql.options import SqlObject


def describe(database: Database, name: str, declared: SqlObject) -> Question:
    """Return how to ask for an object, as it is now.

    Raises:
        UnreachableError: the database cannot be reached, has no such table or column, or the
            table has no key; says what to do.
    """
    with database.connected(name, database.catalog) as connection:
        if declared.query is not None:
            return _query(database, connection, name, declared)
        return _table(database, connection, name, declared)


def _query(
    database: Database, connection: sa.Connection, name: str, declared: SqlObject
) -> Question:
    assert declared.query is not None  # noqa: S101 - who calls saw to it
    columns = tuple(connection.execute(no_rows(declared.query)).keys())
    layout = _layout(database, name, declared, columns, declared.keys)
    return Question(of_query(declared.query, columns), columns, layout, has_strays=True)


def _table(
    database: Database, connection: sa.Connection, name: str, declared: SqlObject
) -> Question:
    schema, table = table_name(declared.table or "")
    inspector = sa.inspect(connection)
    with warnings.catch_warnings():
        # A type that SQLAlchemy does not know is read all the same.
        warnings.simplefilter("ignore", SAWarning)
        try:
            found = inspector.get_columns(table, schema)
        except NoSuchTableError:
            problem = f"there is no table or view {declared.table} that the user may see"
            _refuse(database, name, f"{problem}; correct table:, or let the user see it")
        primary = inspector.get_pk_constraint(table, schema)["constrained_columns"]
    columns = tuple(column["name"] for column in found)
    layout = _layout(database, name, declared, columns, declared.keys or tuple(primary))
    nullable = {column["name"] for column in found if column["nullable"]}
    has_strays = not nullable.isdisjoint({*layout.key, layout.changed})
    types = {column["name"]: _type(column["type"]) for column in found}
    known = {name: type_ for name, type_ in types.items() if type_ is not None}
    return Question(of_table(table, schema, columns), columns, layout, has_strays, known)


def _type(declared: sa.types.TypeEngine[Any]) -> FieldType | None:
    """Return a column's type; None where SQLAlchemy does not know what it is read as."""
    try:
        return column_type(declared.python_type, str(declared))
    except (NotImplementedError, sa.exc.CompileError):
        return None


def _layout(
    database: Database,
    name: str,
    declared: SqlObject,
    columns: Sequence[str],
    key: tuple[str, ...],
) -> Layout:
    if not key:
        _refuse(
            database, name, "it has no primary key; give key:, the columns that tell rows apart"
        )
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        _refuse(
            database, name, f"it has several columns {', '.join(twice)}; give each its own name"
        )
    wanted = [*key, *(one for one in (declared.changed, declared.deleted) if one is not None)]
    lacking = [column for column in wanted if column not in columns]
    if lacking:
        problem = f"it has no column {', '.join(lacking)}, its columns are {', '.join(columns)}"
        _refuse(database, name, f"{problem}; correct the names")
    return Layout(key, declared.changed, declared.deleted)


def _refuse(database: Database, name: str, problem: str) -> NoReturn:
    where = f"options.objects.{name} in sources/{database.source}.yaml"
    msg = f"source {database.source}: {name} cannot be read, {problem} ({where})"
    raise UnreachableError(msg)
