"""The state file `state.db`: what people and applications decide while runs go on.

Invariants: a write is durable when its method returns; several processes may write, each
waiting for its turn; every write of a topic moves the topic's version, so that a run knows
whether there is something to read again.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING

from cdp.errors import CdpError, StateError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WAIT_SECONDS = 30.0


class StateFileError(CdpError):
    """SQLite refused: the state file is unreadable, the disk full, or another writer too slow."""


class State:
    """The state file, opened by one thread of one process."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @staticmethod
    @contextmanager
    def open(home: Path) -> Iterator[State]:
        """Open the state file of a workspace's `.cdp` folder, brought to this version's tables.

        Raises:
            StateError: a newer version made the file.
            StateFileError: the file cannot be read or written.
        """
        state = State.attach(home)
        try:
            yield state
        except sqlite3.Error as error:
            raise _refused(home, error) from error
        finally:
            state.close()

    @staticmethod
    def attach(home: Path) -> State:
        """Return the opened state file, for callers that close it themselves.

        Raises:
            StateError: a newer version made the file.
            StateFileError: the file cannot be read or written.
        """
        try:
            home.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                home / "state.db", timeout=_WAIT_SECONDS, isolation_level=None
            )
        except (OSError, sqlite3.Error) as error:
            raise _refused(home, error) from error
        state = State(connection)
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            state._migrate()
        except BaseException as error:
            connection.close()
            if isinstance(error, sqlite3.Error):
                raise _refused(home, error) from error
            raise
        return state

    def close(self) -> None:
        """Give the file back; the object is of no use afterwards."""
        self.connection.close()

    def version(self, topic: str) -> int:
        """Return how often a topic was written, 0 when never.

        Raises:
            UnknownNameError: there is no such topic.
        """
        known: dict[str, int] = dict(
            self.connection.execute("select name, version from topic").fetchall()
        )
        if topic not in known:
            kind = "topic of the state file"
            raise UnknownNameError(kind, topic, sorted(known))
        return known[topic]

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read one moment of the file inside, whatever others write meanwhile."""
        self.connection.execute("begin")
        try:
            yield self.connection
        finally:
            self.connection.execute("rollback")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Keep every write made inside, or none of them."""
        self.connection.execute("begin immediate")
        try:
            yield self.connection
        except BaseException:
            self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    def _migrate(self) -> None:
        steps = _migrations()
        if self._schema() == len(steps):
            return
        with self.writing() as connection:
            # Asked again: another process may have migrated while this one waited.
            done = self._schema()
            if done > len(steps):
                msg = (
                    f"the state file was made by a newer cdp (tables {done}, here {len(steps)}); "
                    "upgrade cdp"
                )
                raise StateError(msg)
            for number, text in enumerate(steps[done:], start=done + 1):
                for statement in _split(text):
                    connection.execute(statement)
                connection.execute(f"pragma user_version = {number:d}")

    def _schema(self) -> int:
        return int(self.connection.execute("pragma user_version").fetchall()[0][0])


def stamp(moment: datetime) -> str:
    """Return a moment as the state file keeps it: ISO 8601 in UTC, sortable as text."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")


def moment(text: str) -> datetime:
    """Return the moment that `stamp` wrote."""
    return datetime.fromisoformat(text)


def _migrations() -> list[str]:
    folder = files("cdp.store") / "migrations"
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql"))
    return [(folder / name).read_text(encoding="utf-8") for name in names]


def _split(text: str) -> Iterator[str]:
    """Yield the statements of a script; a trigger's body is part of its statement."""
    pending = ""
    for line in text.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _refused(home: Path, error: Exception) -> StateFileError:
    return StateFileError(
        f"{home / 'state.db'} cannot be used: {error}; check that the folder is writable and "
        "the disk has room, then try again"
    )
