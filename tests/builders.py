"""Rows of declared tables from the few values that a test cares about."""

import atexit
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import yaml

from cdp.model.tables import BY_NAME, TABLES, Column
from cdp.settings import Workspace
from cdp.stage import Report, Run, Stage
from cdp.store import Warehouse, scratch
from cdp.store.schema import SCHEMAS, ddl

AS_OF = datetime(2026, 7, 1, tzinfo=UTC)
Value = str | int | float | bool | None | list[str] | datetime | date

_FILL: dict[str, Value] = {
    "varchar": "",
    "varchar[]": [],
    "bigint": 0,
    "integer": 0,
    "double": 0.0,
    "boolean": False,
    "json": "{}",
    "timestamp": datetime(2026, 1, 1),  # noqa: DTZ001 - the tables hold UTC without a zone
    "date": date(2026, 1, 1),
}
_USUAL: dict[str, Value] = {"account_type": "organisation"}


def add(warehouse: Warehouse, table: str, *rows: Mapping[str, Value]) -> None:
    """Insert rows; what a row leaves out is null, or empty where the table allows no null."""
    columns = BY_NAME[table].columns
    filled = [
        {c.name: row.get(c.name, None if c.nullable else _usual(c)) for c in columns}
        for row in rows
    ]
    unknown = {name for row in rows for name in row} - {c.name for c in columns}
    assert not unknown, f"{table} has no {unknown}"
    warehouse.insert(table, pl.DataFrame(filled, infer_schema_length=None))


def _usual(column: Column) -> Value:
    return _USUAL.get(column.name, _FILL.get(column.type, 0))


def workspace(folder: Path, files: Mapping[str, object] | None = None) -> Workspace:
    """Write a workspace of these YAML files and return it."""
    for name, content in {"cdp.yaml": {"name": "test"}, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        path.write_text(text, encoding="utf-8")
    return Workspace(folder)


@contextmanager
def opened(folder: Path) -> Iterator[Warehouse]:
    """Open the working file of a workspace in this folder."""
    file = folder / ".cdp" / "work.duckdb"
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        shutil.copyfile(_new_file(), file)
    with Warehouse.open(folder / ".cdp", threads=2, memory_limit="1GB") as warehouse:
        yield warehouse


@cache
def _new_file() -> Path:
    """Return a working file as it is at first: to declare its tables takes longer than a test."""
    place = TemporaryDirectory()
    atexit.register(place.cleanup)
    with Warehouse.open(Path(place.name)):
        pass
    return Path(place.name) / "work.duckdb"


def bare(threads: int = 2) -> Warehouse:
    """Return every declared table, empty and in memory, without the comments of the model."""
    connection = scratch(threads=threads, memory_limit="1GB")
    connection.execute("begin transaction")
    for schema in SCHEMAS:
        connection.execute(f"create schema {schema}")
    for table in TABLES:
        connection.execute(ddl(table))
    connection.execute("commit")
    return Warehouse(connection)


@contextmanager
def in_memory(folder: Path) -> Iterator[Warehouse]:
    """Offer every declared table, empty and in memory, for a workspace in this folder."""
    (folder / ".cdp").mkdir(exist_ok=True)
    warehouse = bare()
    with closing(warehouse.connection):
        yield warehouse


def carry_out(
    stage: Stage,
    warehouse: Warehouse,
    place: Workspace,
    *,
    run_id: int = 1,
    as_of: datetime = AS_OF,
) -> Report:
    """Run one stage as the pipeline would."""
    with warehouse.transaction() if stage.transactional else nullcontext():
        return stage.run(Run(run_id, as_of, as_of, 1, warehouse, place))


def parsed(text: str) -> list[dict[str, object]]:
    """Return a JSON array of objects."""
    found: list[dict[str, object]] = json.loads(text)
    return found
