"""What analyses found, told to people and programs: a list of all, and one in full with its files.

Invariants: told is what is published; a table whose rows are of single people is neither printed
nor written here: what leaves with people in it goes through the export of segments.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cdp.analyses.analysis import KINDS
from cdp.analyses.definition import offered
from cdp.destinations.csv_file import safe
from cdp.errors import InputError, StateError
from cdp.model.tables import BY_NAME
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdp.settings import Workspace
    from cdp.store import Warehouse

    Told = dict[str, Any]

_HELD: Final = (
    "select count(*) from duckdb_tables() where schema_name = 'gold' and table_name = 'analysis'"
)
_ALL: Final = "from gold.analysis order by analysis"


def listing(workspace: Workspace, warehouse: Warehouse | None) -> list[Told]:
    """Return all analyses by name: those that were made, and those that could be asked for.

    Args:
        workspace: whose files declare some.
        warehouse: what is published; None where nothing is.

    Raises:
        ConfigError: a definition does not validate.
    """
    made = {row["analysis"]: row for row in _made(warehouse)} if warehouse else {}
    nothing: Told = {"status": None, "words": [], "marks": [], "as_of": None}
    waiting = {
        name: {"analysis": name, "kind": one.kind, **nothing}
        for name, one in offered(workspace).items()
    }
    return [row for _, row in sorted((waiting | made).items())]


def one(warehouse: Warehouse, name: str) -> Told:
    """Return what an analysis found: its row of gold.analysis, and its tables but those of people.

    Raises:
        StateError: it is not published.
    """
    found = [row for row in _made(warehouse) if row["analysis"] == name]
    if not found:
        msg = f"the published generation holds no analysis {name}; `cdp analyse {name}` makes it"
        raise StateError(msg)
    kind = found[0]["kind"]
    tables = {table: warehouse.query(_rows(table), name=name).to_dicts() for table in _open(kind)}
    of_people = {
        table: warehouse.query(f"select count(*) as n from ({_rows(table)})", name=name).item()  # noqa: S608 - our own names
        for table in KINDS.get(kind).tables
        if table not in tables
    }
    return found[0] | {"tables": tables, "rows_of_people": of_people}


def write(warehouse: Warehouse, told: Told, folder: Path) -> list[Path]:
    """Write report, charts and tables of an analysis into this folder; return the files.

    Raises:
        InputError: it cannot be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _written(warehouse, told, folder)
    except OSError as error:
        msg = f"{folder} cannot be written: {error}; name another folder with --out"
        raise InputError(msg) from error


def _written(warehouse: Warehouse, told: Told, folder: Path) -> list[Path]:
    name, kind = told["analysis"], KINDS.get(told["kind"])
    charts = kind.draw(warehouse, name) if told["status"] == "found" else {}
    written = []
    for file, content in charts.items():
        (folder / file).write_bytes(content)
        written.append(folder / file)
    for table in [name for name, rows in told["tables"].items() if rows]:
        path = folder / f"{table.partition('.')[2]}.csv"
        rows = warehouse.connection.sql(_rows(table), params={"name": name})
        safe(rows).write_csv(str(path), header=True)
        written.append(path)
    report = folder / "report.md"
    report.write_text("\n".join(_page(told, list(charts))) + "\n", encoding="utf-8")
    return [report, *written]


def _made(warehouse: Warehouse) -> list[Told]:
    if not warehouse.query(_HELD).item():  # a generation of an earlier version
        return []
    rows = warehouse.query(_ALL).to_dicts()
    return [
        row | {"definition": json.loads(row["definition"]), "as_of": row["as_of"].isoformat()}
        for row in rows
    ]


def _open(kind: str) -> list[str]:
    return [table for table in KINDS.get(kind).tables if BY_NAME[table].subject is None]


def _rows(table: str) -> str:
    """Return the SELECT of an analysis's rows of a table, in the order of its key."""
    columns = ", ".join(quoted(c.name) for c in BY_NAME[table].columns if c.name != "analysis")
    key = ", ".join(quoted(name) for name in BY_NAME[table].key if name != "analysis")
    return f"select {columns} from {quoted(table)} where analysis = $name order by {key}"  # noqa: S608 - quoted


def _page(told: Told, charts: list[str]) -> Iterator[str]:
    yield f"# {told['analysis']}"
    yield ""
    yield f"Kind `{told['kind']}`, as of {told['as_of']} (UTC): {told['status']}."
    if told["definition"]["description"]:
        yield f"\n{told['definition']['description']}"
    yield ""
    yield from (f"- {sentence}" for sentence in told["words"])
    if told["marks"]:
        yield f"\nMarks: {', '.join(told['marks'])}."
    for chart in charts:
        yield f"\n![{chart.partition('.')[0].replace('_', ' ')}]({chart})"
    for table, rows in told["tables"].items():
        yield f"\nTable `{table}`: {len(rows):,} rows, in `{table.partition('.')[2]}.csv`."
    for table, count in told["rows_of_people"].items():
        yield f"\nTable `{table}`: {count:,} rows, each of one customer: in gold alone."
    asked = {k: v for k, v in told["definition"].items() if k not in {"kind", "description"}}
    yield f"\nAsked for: `{json.dumps(asked, ensure_ascii=False)}`."
