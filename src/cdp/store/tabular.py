"""Let DuckDB read a file of the user's as a view, and say what is wrong with it in plain words."""

from __future__ import annotations

import codecs
import csv
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import duckdb

from cdp.errors import InputError
from cdp.store.connection import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DELIMITERS: Final = (",", ";", "\t", "|")
CSV: Final = (".csv", ".tsv", ".txt")
JSON: Final = (".jsonl", ".ndjson", ".json")
PARQUET: Final = (".parquet", ".pq")
_PIECE: Final = 1 << 20
_BOMS: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_OTHERWISE: Final = "cp1252"
"""What a text is taken for that is not UTF-8: what spreadsheets in Europe write."""

_UNSAID: Final = ("Original Line", "Possible", "LINE")
"""Beginnings of what DuckDB says that quotes the data or speaks of DuckDB's options."""


class FileError(InputError):
    """A file cannot be read as a table."""


@contextmanager
def beside(folder: Path, memory_limit: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database in memory that spills into a folder beyond so much memory."""
    connection = scratch(memory_limit=memory_limit)
    try:
        connection.execute("set temp_directory = $folder", {"folder": str(folder)})
        yield connection
    finally:
        connection.close()


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a file into an error that names it.

    Raises:
        FileError: DuckDB refused.
    """
    try:
        yield
    except duckdb.Error as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        lines = [line for line in lines if not line.startswith(_UNSAID)]
        said = "; ".join(lines[:2]).rstrip(".")
        msg = f"{path}: {said}. Correct the file, or export it again"
        raise FileError(msg) from error


def view_file(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> str:
    """Make the view `raw` of a file, CSV as text; return its delimiter, empty if it has none.

    A text that is not UTF-8 is rewritten into `folder` first.

    Raises:
        FileError: the file is missing, empty, of another kind, or DuckDB refused it.
    """
    kind = path.suffix.lower()
    if not path.is_file():
        msg = f"{path}: there is no such file; check the path"
        raise FileError(msg)
    if kind not in {*CSV, *JSON, *PARQUET}:
        msg = f"{path}: cannot read {kind or 'a file without suffix'}; known: " + ", ".join(
            (*CSV, *JSON, *PARQUET)
        )
        raise FileError(msg)
    if kind in PARQUET:
        with reading(path):
            connection.read_parquet(str(path)).create_view("raw")
        return ""
    text = _as_utf8(path, folder)
    if kind in JSON:
        with reading(path):
            connection.read_json(str(text), sample_size=-1).create_view("raw")
        return ""
    delimiter, names = _header(path, text)
    with reading(path):
        connection.read_csv(
            str(text),
            delimiter=delimiter,
            columns=dict.fromkeys(names, "VARCHAR"),
            auto_detect=False,
            header=True,
            quotechar='"',
            escapechar='"',
            null_padding=True,
            parallel=False,
        ).create_view("raw")
    return delimiter


def _as_utf8(path: Path, folder: Path) -> Path:
    """Return the file, or a copy of it in UTF-8."""
    with path.open("rb") as file:
        start = file.read(4)
    if not start:
        msg = f"{path}: is empty; export it again"
        raise FileError(msg)
    encoding = next((name for bom, name in _BOMS if start.startswith(bom)), None)
    if encoding is None and _is_utf8(path):
        return path
    copy = folder / f"utf8{path.suffix.lower()}"
    with (
        path.open(encoding=encoding or _OTHERWISE, errors="replace", newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as target,
    ):
        while piece := source.read(_PIECE):
            target.write(piece)
    return copy


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while piece := file.read(_PIECE):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _header(path: Path, text: Path) -> tuple[str, list[str]]:
    """Return the delimiter that the header uses most, and the names in it."""
    with text.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline(_PIECE)
    delimiter = max(DELIMITERS, key=first.count)
    names = [n.strip() for n in next(csv.reader(io.StringIO(first), delimiter=delimiter), [])]
    named = [name or f"column{number}" for number, name in enumerate(names, 1)]
    repeated = sorted({name for name in named if named.count(name) > 1})
    if repeated or not named:
        what = f"repeats {', '.join(repeated)}" if repeated else "is empty"
        msg = f"{path}, line 1: the header {what}; name every column once"
        raise FileError(msg)
    return delimiter, named
