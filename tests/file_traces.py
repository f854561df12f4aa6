"""What is left of somebody in any kind of file: tables, packed items, logs, archives, workbooks."""

import gzip
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

from cdp.publish.packing import unpack
from cdp.store.connection import connect
from cdp.store.keyvalue import shared
from cdp.store.restoring import lay_out
from cdp.store.schema import quoted


def traces(home: Path, sought: Sequence[str]) -> list[tuple[str, str]]:
    """Return files below a folder with what of this stands in them; the first two also packed."""
    hits = []
    for path in sorted(home.rglob("*")):
        if path.is_file():
            for number, text in enumerate(_texts_in(path, sought)):
                # Packed bytes of a neighbour's number may look like this one by chance: numbers
                # of the shop differ in one digit.
                is_packed = number == 0 and path.suffix in {".mdb", ".tar"}
                wanted = sought[:2] if is_packed else sought
                hits += [(str(path.relative_to(home)), n) for n in wanted if n.encode() in text]
    return sorted(set(hits))


def _texts_in(path: Path, sought: Sequence[str]) -> Iterator[bytes]:
    """Yield a file's bytes, and what a reader of its kind sees in it."""
    yield path.read_bytes()
    readers = {
        ".duckdb": _in_tables,
        ".mdb": _in_items,
        ".parquet": lambda p: iter([str(pl.read_parquet(p).rows()).encode()]),
        ".db": _in_state,
        ".tar": lambda p: _in_archive(p, sought),
        ".gz": lambda p: iter([gzip.decompress(p.read_bytes())]),
        ".xlsx": _in_workbook,
    }
    if path.suffix in readers:
        yield from readers[path.suffix](path)


def _in_workbook(path: Path) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as book:
        yield from map(book.read, book.namelist())


def _in_tables(path: Path) -> Iterator[bytes]:
    with connect(path, read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
        ).fetchall()
        for (name,) in tables:
            rows = connection.execute(f"select t::varchar from {quoted(name)} t").fetchall()  # noqa: S608
            yield "\n".join(str(row[0]) for row in rows).encode()


def _in_items(path: Path) -> Iterator[bytes]:
    file = shared(path)
    for name in file.names():
        for key, value in file.scan(name, b""):
            yield key + b"\n" + unpack(value)


def _in_state(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(path)) as connection:
        yield "\n".join(connection.iterdump()).encode()


def _in_archive(path: Path, sought: Sequence[str]) -> Iterator[bytes]:
    folder = path.with_suffix(".opened")
    lay_out(path, folder)
    yield "".join(f"{name} {needle}" for name, needle in traces(folder, sought)).encode()
    shutil.rmtree(folder)
