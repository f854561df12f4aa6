"""All other files of a workspace without one person: exports, plans, models, texts, back-ups.

A file is dealt with by its kind; one of no known kind as text. Whatever its kind, a file that still
tells of the person keeps the erasure from being called done.

Invariant: a file under its name is the old one or the whole new one; a manifest beside an export
says what the export holds now.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import tarfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any, Final, Literal

import polars as pl

from cdp.privacy.layers import exported, lookups
from cdp.store import backup, restoring
from cdp.store.compacting import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cdp.privacy.person import Person
    from cdp.privacy.telling import Telling

Kind = Literal[
    "elsewhere",
    "secret",
    "rows",
    "text",
    "terms",
    "lookup",
    "passing",
    "archive",
    "own",
    "events",
    "sealed",
    "workbook",
]
KINDS: Final[tuple[tuple[str, Kind], ...]] = (
    ("work.duckdb", "elsewhere"),
    ("work.duckdb.wal", "elsewhere"),
    ("state.db*", "elsewhere"),
    ("manifest.json", "text"),
    ("generations/*", "elsewhere"),
    ("*.key", "secret"),
    ("*.lock", "secret"),
    ("*.pid", "secret"),
    ("models/identity/*/terms-*.parquet", "terms"),
    ("exports/.unfinished/*", "passing"),
    ("exports/*.manifest.json", "text"),
    ("exports/*.age", "sealed"),
    ("exports/*.xlsx", "workbook"),
    ("exports/*", "rows"),
    ("events/*.log", "events"),
    ("events/*.live", "events"),
    ("events/*.cut", "passing"),
    ("events/mark", "secret"),
    ("events/*", "text"),
    ("lookup/*.bin", "lookup"),
    ("lookup/*", "passing"),
    ("trial/*", "passing"),
    ("work.duckdb.tmp/*", "passing"),
    ("*.fresh", "passing"),
    ("*.new", "passing"),
    ("*.tmp", "passing"),
    ("backups/*.tar*", "archive"),
    ("backups/*.tgz", "archive"),
    ("privacy/*", "own"),
    ("plans/*", "text"),
    ("models/*.parquet", "rows"),
    ("models/*", "text"),
    ("logs/*", "text"),
    ("*.json", "text"),
    ("*.jsonl", "text"),
    ("*.yaml", "text"),
    ("*.txt", "text"),
    ("*.log", "text"),
    ("*.csv", "rows"),
)
"""Kinds of files below `.cdp`, by the first pattern that a path satisfies."""

_OF_HOMES: Final = ("state.db", "work.duckdb")
_DELIMITED: Final = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a `.cdp` folder, and whom they are to lose.

    Attributes:
        erase_home: takes the person out of another `.cdp` folder, as one in a back-up is.
    """

    home: Path
    person: Person
    telling: Telling
    erase_home: Callable[[Path], Counter[str]]

    def erase(self) -> Counter[str]:
        """Take the person out of every file; return how many rows or texts, by file."""
        done: Counter[str] = Counter()
        for path in self._every():
            if path.exists():
                done[self._name(path)] += self._erase(path, self._name(path))
        return +done

    def erase_exports(self, paths: list[Path]) -> Counter[str]:
        """Take the person out of exports that lie elsewhere."""
        done: Counter[str] = Counter()
        for path in paths:
            for file in exported.files_of(path):
                done[file.name] += self._erase(file, f"exports/{file.name}")
        return +done

    def left(self) -> Counter[str]:
        """Return the files that still tell of the person, whatever kind they are of."""
        found: Counter[str] = Counter()
        for path in self._every():
            if kind_of(self._name(path)) not in {"own", "secret", "elsewhere", "archive"}:
                found[self._name(path)] = self._tells(path)
        return +found

    def _every(self) -> Iterator[Path]:
        yield from (path for path in sorted(self.home.rglob("*")) if path.is_file())

    def _name(self, path: Path) -> str:
        return path.relative_to(self.home).as_posix()

    def _erase(self, path: Path, name: str) -> int:
        kind = kind_of(name)
        if kind == "passing":
            path.unlink()
            return 0
        work: dict[Kind | None, Callable[[Path], int]] = {
            None: self._text,  # of a later version: where text tells, it is cut
            "rows": self._rows,
            "text": self._text,
            "terms": self._terms,
            "lookup": self._lookup,
            "archive": self._archive,
            "sealed": self._removed,
            "workbook": self._workbook,
        }
        return work[kind](path) if kind in work else 0

    def _text(self, path: Path) -> int:
        content = path.read_bytes()
        cut = self._without(content)
        if cut == content:
            return 0
        put(path, cut)
        return 1

    def _without(self, content: bytes) -> bytes:
        """Return a text without what tells of the person, their ids included."""
        for id_ in self.person.profile_ids:
            content = content.replace(id_.encode(), b"[erased]")
        return self.telling.cut(content)

    def _rows(self, path: Path) -> int:
        """Take the person's rows out of a table in a file, and say so in its manifest."""
        if path.name.endswith(".manifest.json"):
            return 0
        name = path.name.removesuffix(".gz")
        is_packed = name != path.name
        content = gzip.decompress(path.read_bytes()) if is_packed else path.read_bytes()
        kept, gone = self._kept_rows(path.with_name(name).suffix, content)
        if not gone:
            return 0
        kept = gzip.compress(kept, mtime=0) if is_packed else kept
        put(path, kept)
        exported.tell(path, kept, gone)
        return gone

    def _removed(self, path: Path) -> int:
        """Remove an encrypted export: nobody here can see whether it holds the person."""
        path.unlink()
        exported.tell(path, None, 0)
        return 1

    def _workbook(self, path: Path) -> int:
        """Remove a workbook that tells of the person; it is exported again without them."""
        with zipfile.ZipFile(path) as book:
            if not any(self._tells_of(book.read(name)) for name in book.namelist()):
                return 0
        return self._removed(path)

    def _kept_rows(self, suffix: str, content: bytes) -> tuple[bytes, int]:
        if suffix == ".parquet":
            frame = pl.read_parquet(io.BytesIO(content))
            rows = frame.select(pl.struct(pl.all()).struct.json_encode().alias("row"))["row"]
            keep = [not self._tells_of(row.encode()) for row in rows]
            out = io.BytesIO()
            frame.filter(pl.Series(keep, dtype=pl.Boolean)).write_parquet(out)
            return out.getvalue(), keep.count(False)
        if suffix in _DELIMITED:
            return self._kept_lines(content, _DELIMITED[suffix])
        lines = content.splitlines(keepends=True)
        left = [line for line in lines if not self._tells_of(line)]
        return b"".join(left), len(lines) - len(left)

    def _kept_lines(self, content: bytes, delimiter: str) -> tuple[bytes, int]:
        """Return a delimited file without the rows that tell of the person; others byte by byte."""
        text = content.decode("utf-8-sig", errors="surrogateescape")
        out = io.StringIO(newline="")
        gone, start, lines = 0, 0, text.splitlines(keepends=True)
        reader = csv.reader(iter(lines), delimiter=delimiter)
        for row in reader:
            piece = "".join(lines[start : reader.line_num])
            start = reader.line_num
            told = "\n".join(row).encode(errors="surrogateescape")
            if self._tells_of(told):
                gone += 1
            else:
                out.write(piece)
        return out.getvalue().encode(errors="surrogateescape"), gone

    def _terms(self, path: Path) -> int:
        hashes = self.person.terms.get(path.stem)
        found = lookups.forget_terms(path, hashes, len(self.person.records)) if hashes else None
        if found is None:
            return 0
        out = io.BytesIO()
        found[0].write_parquet(out)
        put(path, out.getvalue())
        return found[1]

    def _lookup(self, path: Path) -> int:
        fresh = path.with_name(f"{path.name}.fresh")
        gone = lookups.rewrite(path, fresh, self.person.records)
        if gone:
            fresh.replace(path)
        else:
            fresh.unlink()
        return gone

    def _archive(self, path: Path) -> int:
        """Take the person out of a back-up: unpacked, erased as a workspace is, packed again."""
        folder = path.with_name(f"{path.name}.opened.fresh")
        shutil.rmtree(folder, ignore_errors=True)
        try:
            restoring.lay_out(path, folder)
            homes = {p.parent for name in _OF_HOMES for p in folder.rglob(name)}
            gone = sum(self.erase_home(home).total() for home in sorted(homes))
            if (folder / backup.LIST).exists():
                backup.repack(folder, path)
                return gone
            fresh = path.with_name(f"{path.name}.fresh")
            with tarfile.open(fresh, _mode(path)) as archive:
                for file in sorted(p for p in folder.rglob("*") if p.is_file()):
                    archive.add(file, file.relative_to(folder).as_posix())
            fresh.replace(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        return gone

    def _tells(self, path: Path) -> int:
        content = path.read_bytes()
        return int(self.telling.is_in(content))

    def _tells_of(self, line: bytes) -> bool:
        if any(id_.encode() in line for id_ in self.person.profile_ids):
            return True
        return self.telling.is_in(line)


def kind_of(name: str) -> Kind | None:
    """Return what kind of file has this path below `.cdp`, None for one that is not known."""
    return next((kind for pattern, kind in KINDS if fnmatch(name, pattern)), None)


def _mode(path: Path) -> Any:  # noqa: ANN401 - tarfile's overloads want a literal
    packed = {".gz": "gz", ".tgz": "gz", ".xz": "xz", ".bz2": "bz2"}.get(path.suffix, "")
    return f"w:{packed}"
