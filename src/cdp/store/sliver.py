"""One profile of a published file in memory, where more can be put beside what was published.

Invariant: the published file is never written; what is put here is gone with the next profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
from sqlglot import exp

from cdp.errors import StateError
from cdp.model.tables import BY_NAME
from cdp.store.connection import scratch
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_OWNER = "profile_id"


class Sliver:
    """The rows of one profile at a time, in tables called as those of gold; for one thread."""

    def __init__(self, path: Path) -> None:
        """Attach a published file.

        Raises:
            StateError: it cannot be read.
        """
        self._connection = scratch(threads=1, memory_limit="512MB")
        location = exp.Literal.string(str(path)).sql("duckdb")
        try:
            self._connection.execute(f"attach {location} as published (read_only)")
        except duckdb.Error as error:
            self._connection.close()
            msg = f"{path} cannot be read: {error}"
            raise StateError(msg) from error
        self._connection.execute("create schema gold")
        self._viewed: set[str] = set()

    def close(self) -> None:
        """Give the file back."""
        self._connection.close()

    def load(self, tables: Iterable[str], id_: str, others: Sequence[str]) -> None:
        """Take the rows of a profile, and those of others as if they were its own.

        Tables that are nobody's are seen whole.
        """
        for table in tables:
            columns = {column.name for column in BY_NAME[table].columns}
            source = quoted(f"published.{table}")
            if _OWNER not in columns:
                if table not in self._viewed:
                    self._connection.execute(f"create view {quoted(table)} as from {source}")
                    self._viewed.add(table)
                continue
            own = [id_] if table == "gold.profile" else [id_, *others]
            self._connection.execute(
                f"create or replace table {quoted(table)} as "  # noqa: S608 - quoted
                f"select * replace ($id::varchar as profile_id) from {source} "
                "where list_contains($own, profile_id)",
                {"id": id_, "own": own},
            )

    def put(self, table: str, rows: Sequence[Mapping[str, Any]], *, anew: bool = False) -> None:
        """Add rows whose key is new, columns by name; `anew` removes what was there before."""
        target = quoted(table)
        if anew:
            self._connection.execute(f"delete from {target}")  # noqa: S608 - quoted
        if not rows:
            return
        (*_, key) = BY_NAME[table].key
        # numbers and times come as text and are read as the columns need them
        frame = pl.DataFrame(
            [
                {k: v if v is None or isinstance(v, bool) else str(v) for k, v in r.items()}
                for r in rows
            ],
            infer_schema_length=None,
        )
        new = "" if anew else f" where {key} not in (select {key} from {target})"  # noqa: S608
        self._connection.register("incoming_rows", frame)
        try:
            sql = f"insert into {target} by name select * from incoming_rows{new}"  # noqa: S608
            self._connection.execute(sql)
        finally:
            self._connection.unregister("incoming_rows")

    def holds(self, sql: str, params: Mapping[str, object]) -> bool:
        """Return whether a SELECT over these rows gives any."""
        found = self._connection.execute(f"select count(*) from ({sql})", dict(params) or None)  # noqa: S608
        return bool(found.fetchall()[0][0])

    def has(self, table: str) -> bool:
        """Return whether a table holds any row."""
        found = self._connection.execute(f"select count(*) from {quoted(table)}")  # noqa: S608
        return bool(found.fetchall()[0][0])
