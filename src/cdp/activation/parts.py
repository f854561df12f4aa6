"""The files that the rows of an export lie in: one, or as many as folders and sizes ask for.

Invariant: every row is in one file; which one follows from the rows and the definition alone, so
that an export that is taken up again makes the same files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from sqlglot import exp

from cdp.activation.leaving import headings
from cdp.errors import InputError
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from duckdb import DuckDBPyRelation

    from cdp.activation.leaving import Rows
    from cdp.destinations import DestinationDefinition
    from cdp.store import Warehouse

PLACED: Final = "temp.export_place"
MOST: Final = 10_000
"""Files of an export at most."""

_NONE: Final = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its name below the place, its rows in their order."""

    name: str
    rows: int
    sql: str
    values: Mapping[str, object]

    def relation(self, warehouse: Warehouse) -> DuckDBPyRelation:
        """Return the rows for a destination to write."""
        return warehouse.connection.sql(self.sql, params=dict(self.values) or None)


def parts(
    warehouse: Warehouse, rows: Rows, wish: DestinationDefinition, stem: str, ending: str
) -> list[Part]:
    """Return the files of an export, by name.

    Raises:
        InputError: there would be more than MOST.
    """
    shown = ", ".join(_quoted(name) for name in headings(wish))
    if wish.partition_by is None and wish.rows_per_file is None:
        sql = f'select {shown} from ({rows.sql}) order by "#id"'  # noqa: S608 - quoted
        return [Part(f"{stem}{ending}", rows.count, sql, rows.values)]
    found = _placed(warehouse, rows, wish)
    if len(found) > MOST:
        msg = f"this export would be {len(found):,} files, {MOST:,} at most; raise rows_per_file"
        raise InputError(msg)
    sql = (
        f"select {shown} from {quoted(PLACED)} "  # noqa: S608 - quoted
        'where "#folder" = $folder and "#number" = $number order by "#id"'
    )
    return [
        Part(
            f"{stem}/{_folder(wish, folder)}part-{number + 1:05}{ending}",
            count,
            sql,
            {"folder": folder, "number": number},
        )
        for folder, number, count in found or [(_NONE, 0, 0)]
    ]


def _placed(
    warehouse: Warehouse, rows: Rows, wish: DestinationDefinition
) -> list[tuple[str, int, int]]:
    """Put the rows into a table with folder and number of their file; return the files."""
    by = wish.partition_by
    column = _quoted(by) if by is not None else "null"
    warehouse.write(
        f"create or replace temp table {quoted(PLACED)} as "  # noqa: S608 - quoted
        f"with folded as (select *, coalesce(nullif({column}::varchar, ''), $none) "
        f'as "#folder" from ({rows.sql})) '
        'select *, (row_number() over (partition by "#folder" order by "#id") - 1) // '
        '$size::bigint as "#number" from folded',
        {**rows.values, "none": _NONE, "size": wish.rows_per_file or 1 << 62},
    )
    counted = warehouse.query(
        f'select "#folder", "#number", count(*) from {quoted(PLACED)} '  # noqa: S608 - quoted
        "group by all order by all"
    )
    return [(str(folder), int(number), int(count)) for folder, number, count in counted.rows()]


def _folder(wish: DestinationDefinition, value: str) -> str:
    if wish.partition_by is None:
        return ""
    return f"{quote(wish.partition_by, safe=' ')}={quote(value, safe=' ')}/"


def _quoted(heading: str) -> str:
    return exp.to_identifier(heading, quoted=True).sql("duckdb")
