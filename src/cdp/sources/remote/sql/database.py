"""A database of one instance: connected to when it is first asked, and only ever read.

Invariant: user and password come from `auth:` alone and stand in no message; every transaction is
read only where the database knows such a thing.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import psycopg
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, SQLAlchemyError

from cdp.errors import ConfigError, UnreachableError
from cdp.sources.remote.connection import BasicAuth
from cdp.sources.remote.sql.postgresql import adapt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy.engine.interfaces import DBAPIConnection

    from cdp.sources import Opening
    from cdp.sources.remote.sql.options import SqlOptions

_SHOWN: Final = 300
_LATER: Final = "the next run tries again, from where it stood"
_ENTRY: Final = "look at url:, path: and auth:; the next run tries again"
_REMEDIES: Final[Mapping[str, str]] = {
    "42501": "let the user of auth: select from it, or leave it out of options.objects",
    "42P01": "correct options.objects",
    "42703": "correct options.objects",
    "42601": "correct the query in options.objects",
    "25006": "it would change something; give a query that only reads",
}
# SQLite lets anything be text; what is not UTF-8 is rejected where the row is written.
_lenient = partial(str, encoding="utf-8", errors="surrogateescape")
_TRANSACTION: Final[Mapping[str, Mapping[str, Any]]] = {
    "postgresql": {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
}
_BEGINNING: Final[Mapping[str, tuple[str, ...]]] = {
    "postgresql": ("set local time zone 'UTC'", "set local datestyle = 'ISO, YMD'")
}
_READ_ONLY: Final[Mapping[str, tuple[str, ...]]] = {
    "sqlite": ("pragma query_only = on",),
    "mysql": ("set session transaction read only", "set time_zone = '+00:00'"),
    "mariadb": ("set session transaction read only", "set time_zone = '+00:00'"),
}


@dataclass(frozen=True, slots=True)
class Database:
    """A database.

    Attributes:
        source: name of its instance, for messages.
        engine: connections that hand values over exactly.
        catalog: connections that hand them over as SQLAlchemy reads them itself.
    """

    source: str
    engine: sa.Engine
    catalog: sa.Engine

    @property
    def dialect(self) -> str:
        """What SQLAlchemy calls its kind of SQL."""
        return self.engine.dialect.name

    @contextmanager
    def connected(self, object_: str, engine: sa.Engine | None = None) -> Iterator[sa.Connection]:
        """Offer a connection in a transaction that only reads, on behalf of an object.

        Raises:
            UnreachableError: the database cannot be reached, or refuses; says what to do.
        """
        with self._telling("the database did not let us in", _ENTRY):
            settings = _TRANSACTION.get(self.dialect, {})
            with (engine or self.engine).execution_options(**settings).connect() as connection:
                for statement in _BEGINNING.get(self.dialect, ()):
                    connection.exec_driver_sql(statement)
                with self._telling(f"{object_} cannot be read", _LATER):
                    yield connection

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
        self.catalog.dispose()

    @contextmanager
    def _telling(self, what: str, remedy: str) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise self._failure(what, error, remedy) from error

    def _failure(self, what: str, error: SQLAlchemyError, remedy: str) -> UnreachableError:
        original = error.orig if isinstance(error, DBAPIError) else None
        said = str(original or error).strip() or type(error).__name__
        known = _REMEDIES.get(getattr(original, "sqlstate", None) or "", remedy)
        return UnreachableError(
            f"source {self.source}: {what} ({said.splitlines()[0][:_SHOWN]}); {known}"
        )


def database(opening: Opening, options: SqlOptions) -> Database:
    """Return the database of an instance, not connected to yet; whoever asks for it closes it.

    Raises:
        ConfigError: the address holds credentials, or nothing that is installed can read it.
        UnreachableError: a secret is not where the file says, or there is no such file.
    """
    where = f"sources/{opening.name}.yaml"
    url = _file(opening) if opening.instance.url is None else _address(opening, options)
    try:
        arguments = _arguments(opening, url)
        engine = sa.create_engine(url, connect_args=arguments, pool_pre_ping=True)
        catalog = sa.create_engine(url, connect_args=arguments, poolclass=sa.NullPool)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        msg = (
            f"{where}: no driver for {url.drivername} is installed ({error}); install one, and "
            "name it in options.driver: where SQLAlchemy usually takes another"
        )
        raise ConfigError(msg) from error
    sa.event.listen(engine, "connect", _prepare)
    for each in (engine, catalog):
        sa.event.listen(each, "connect", _read_only(_READ_ONLY.get(each.dialect.name, ())))
    return Database(opening.name, engine, catalog)


def _file(opening: Opening) -> sa.URL:
    """Return the address of a file of SQLite, opened for reading only."""
    path = opening.data_dir / (opening.instance.path or "")
    if not path.is_file():
        msg = (
            f"source {opening.name}: {path} cannot be read, there is no such file; correct path: "
            f"in sources/{opening.name}.yaml"
        )
        raise UnreachableError(msg)
    located = f"file:{quote(str(path.resolve()))}"
    return sa.URL.create("sqlite", database=located, query={"mode": "ro", "uri": "true"})


def _address(opening: Opening, options: SqlOptions) -> sa.URL:
    instance, where = opening.instance, f"sources/{opening.name}.yaml"
    try:
        url = sa.make_url(instance.url or "")
    except (SQLAlchemyError, ValueError):
        msg = f"{where}: url: is no address of a database; write postgresql://host:5432/name"
        raise ConfigError(msg) from None
    if {"user", "password"} & set(url.query):
        msg = (
            f"{where}: url: holds a user or a password, and files of a workspace never do; write "
            "auth: {kind: basic, user: {env: NAME}, password: {env: NAME}}"
        )
        raise ConfigError(msg)
    if options.driver is not None:
        url = url.set(drivername=f"{url.drivername}+{options.driver}")
    if instance.auth is None:
        return url
    if not isinstance(instance.auth, BasicAuth):
        msg = f"{where}: auth: a database knows users and passwords: use kind: basic"
        raise ConfigError(msg)
    user, password = (
        secret.read(opening.name) for secret in (instance.auth.user, instance.auth.password)
    )
    return url.set(username=user, password=password)


def _arguments(opening: Opening, url: sa.URL) -> dict[str, Any]:
    if url.get_backend_name() != "postgresql" or url.get_driver_name() != "psycopg":
        return {}
    seconds = opening.instance.limits.timeout
    return {
        "connect_timeout": max(2, round(seconds)),
        "tcp_user_timeout": round(seconds * 1000),
        "application_name": "cdp",
    }


def _prepare(connection: DBAPIConnection, _: object) -> None:
    """Make a new connection hand over what there is, exactly, and change nothing."""
    if isinstance(connection, psycopg.Connection):
        adapt(connection)
    elif isinstance(connection, sqlite3.Connection):
        connection.text_factory = _lenient


def _read_only(statements: Sequence[str]) -> Callable[[DBAPIConnection, object], None]:
    def prepare(connection: DBAPIConnection, _: object) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()

    return prepare
