"""Databases: a table of SQLite, read in the order of change."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from contract.peer import Peer, Row, moment

# The database itself stops at a row in `fault`: no integer is as large.
QUERY = (
    "select *, case when id in (select id from fault) then abs(-9223372036854775808) end as fault "
    "from users"
)


class SqlPeer(Peer):
    """A table with a key, and a column that says when a row changed."""

    type = "sql_database"
    connection: sqlite3.Connection

    @contextmanager
    def running(self) -> Iterator[None]:
        path = self.folder / "data" / "contract.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as self.connection:
            self._run('create table users (id text, "Name" text, "City" text, seen text)')
            self._run("create table fault (id text)")
            yield

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        source = {"query": QUERY} if slowly else {"table": "users"}
        objects = {"users": {**source, "key": "id", "changed": "seen"}}
        compared = {"compare_days": 0 if compares else None}
        return {
            "type": "sql_database",
            "path": "contract.db",
            "options": {"objects": objects, "page_rows": 5 if slowly else 50, **compared},
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        self.delete(number)
        fields = self.values(name)
        names = ", ".join(f'"{field}"' for field in fields)
        marks = ", ".join("?" * len(fields))
        seen = f"{moment(minute):%Y-%m-%d %H:%M:%S}"
        insert = f"insert into users (id, seen, {names}) values (?, ?, {marks})"  # noqa: S608
        self._run(insert, str(number), seen, *fields.values())

    def delete(self, number: int) -> None:
        self._run("delete from users where id = ?", str(number))

    def spoil(self) -> None:
        self._run("insert into users (seen) values ('2026-01-01 00:03:00')")

    def break_off(self) -> None:
        self._run("insert into fault values ('40')")

    def mend(self) -> None:
        self._run("delete from fault")

    def drift(self) -> None:
        super().drift()
        self._run("""alter table users add column "Shoe" text""")
        self._run("""alter table users drop column "City" """)

    def dead(self) -> Row:
        return {**self.declared(), "path": "nowhere.db"}

    def _run(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement, values)
