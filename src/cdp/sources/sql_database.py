"""Any SQL database that SQLAlchemy knows: tables and queries, or a file of SQLite."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from cdp.errors import ConfigError, UnreachableError
from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.schema import Fields
from cdp.sources.remote.sql.options import SqlOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.settings import Strict
    from cdp.sources import Opening
    from cdp.sources.remote.sql.database import Database

_BUILT_IN = ("postgresql", "mysql", "mariadb", "mssql", "oracle")


@dataclass(frozen=True)
class SqlDatabase:
    """The system type; SQLAlchemy is imported where a database is opened, it takes a while."""

    name: str = "sql_database"
    summary: str = "any SQL database: PostgreSQL, SQLite, and whatever SQLAlchemy has a driver for"
    options: type[Strict] = SqlOptions
    reads_files: bool = True

    @cached_property
    def schemes(self) -> tuple[str, ...]:
        """The kinds of SQL that SQLAlchemy brings, and those that were installed beside it."""
        known = {found.name for found in entry_points(group="sqlalchemy.dialects")}
        added = sorted(name for name in known if name.isalnum())
        return tuple(dict.fromkeys((*_BUILT_IN, *added)))

    def find(self, opening: Opening) -> Found:
        """Return a walk over each object, without asking for anything yet.

        Raises:
            ConfigError: the address holds credentials, no driver reads it, a query is more than
                a SELECT, or `objects:` names what the options do not.
            UnreachableError: a secret is not where the file says, or there is no such file.
        """
        from cdp.sources.remote.sql.walker import SqlWalker  # noqa: PLC0415 - SQLAlchemy

        options = SqlOptions.model_validate(opening.instance.options)
        names = opening.chosen(options.objects, "options.objects")
        database = _database(opening, options)
        walker = SqlWalker(opening, database, options, zone(opening.instance.time_zone or "UTC"))
        walks = {name: walker.deliveries(name) for name in names}
        return Found((), walks=walks, close=database.close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return the columns of each object that can be read.

        Raises:
            ConfigError: as `find`.
            UnreachableError: none of them can be read; says what to do.
        """
        from cdp.sources.remote.sql.describe import describe  # noqa: PLC0415 - SQLAlchemy

        options = SqlOptions.model_validate(opening.instance.options)
        database = _database(opening, options)
        found: dict[str, Fields] = {}
        failures: list[UnreachableError] = []
        try:
            for name in opening.chosen(options.objects, "options.objects"):
                try:
                    question = describe(database, name, options.objects[name])
                    found[name] = Fields.of(question.columns, question.types)
                except UnreachableError as error:
                    failures.append(error)
        finally:
            database.close()
        if failures and not found:
            raise failures[0]
        return found


def _database(opening: Opening, options: SqlOptions) -> Database:
    from cdp.sources.remote.sql.database import database  # noqa: PLC0415 - SQLAlchemy
    from cdp.sources.remote.sql.question import problem_of  # noqa: PLC0415 - SQLAlchemy

    found = database(opening, options)
    for name, declared in options.objects.items():
        problem = problem_of(declared.query, found.dialect) if declared.query else None
        if problem is not None:
            where = f"sources/{opening.name}.yaml: options.objects.{name}.query"
            msg = f"{where} {problem}"
            raise ConfigError(msg)
    return found


SOURCES.add("sql_database", SqlDatabase())
