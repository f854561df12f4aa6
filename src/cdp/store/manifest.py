"""The manifest: which generation is served.

Invariant: replacing `manifest.json` is the only commit point of a publish. Before it the old
generation is served, after it the new one, and a crash leaves one of the two.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cdp.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a generation; `path` is relative to the `.cdp` folder."""

    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """One published generation.

    Attributes:
        generation: its number, from 1; a number is never used twice.
        run_id: run that published it.
        as_of: moment that run looked from (ISO 8601, UTC).
        published_at: wall clock of that run (ISO 8601, UTC).
        digest: hash of the contents; equal digests mean that there is nothing to publish.
        files: its files by role (`gold`, `serve`).
        counts: rows by table, documents by kind.
        kept: generations that were published and are still there, ascending.
        log: how far the event log is in it, offset by segment.
    """

    generation: int
    run_id: int
    as_of: str
    published_at: str
    digest: str
    files: Mapping[str, File]
    counts: Mapping[str, int]
    kept: tuple[int, ...] = field(default=())
    log: Mapping[str, int] = field(default_factory=dict)

    def path(self, home: Path, role: str) -> Path:
        """Return where the file of this role lies."""
        return home / self.files[role].path

    def is_complete(self, home: Path) -> bool:
        """Whether every file is there with its size."""
        return all(
            (home / file.path).is_file() and (home / file.path).stat().st_size == file.size
            for file in self.files.values()
        )


def current(home: Path) -> Manifest | None:
    """Return the manifest of the generation that is served, None when nothing was published.

    Raises:
        StateError: the manifest cannot be read.
    """
    return read(home / NAME)


def published(home: Path) -> Manifest:
    """Return the manifest of the generation that is served.

    Raises:
        StateError: nothing is published, or the manifest cannot be read.
    """
    found = current(home)
    if found is None:
        msg = f"nothing is published in {home.parent}; run `cdp run` first"
        raise StateError(msg)
    return found


def last_good(home: Path) -> Manifest | None:
    """Return the latest generation whose own manifest and files are whole, None where none is.

    For when the manifest is damaged, or files of what it names are: so that something is served.
    """
    folders = [p for p in (home / "generations").glob("*") if p.name.isdecimal()]
    for folder in sorted(folders, key=lambda p: int(p.name), reverse=True):
        try:
            found = read(folder / NAME)
        except StateError:
            continue
        if found is not None and found.is_complete(home):
            return found
    return None


def read(path: Path) -> Manifest | None:
    """Return the manifest in this file, None when there is no such file.

    Raises:
        StateError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path) from error
    try:
        return _parse(json.loads(text))
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(path) from error


def write(path: Path, manifest: Manifest) -> None:
    """Put the manifest under this name, whole and on disk, or leave what was there."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(json.dumps(asdict(manifest), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def commit(home: Path, manifest: Manifest, kept: tuple[int, ...]) -> Manifest:
    """Serve this generation from now on, and return the manifest as committed."""
    committed = replace(manifest, kept=kept)
    write(home / NAME, committed)
    return committed


def describe(home: Path, path: Path) -> File:
    """Return what the manifest says of a finished file, after forcing it to disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        return File(str(path.relative_to(home)), os.fstat(file.fileno()).st_size)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parse(data: dict[str, Any]) -> Manifest:
    files = {r: File(f["path"], f["size"]) for r, f in data.pop("files").items()}
    return Manifest(files=files, kept=tuple(data.pop("kept")), **data)


def _unreadable(path: Path) -> StateError:
    return StateError(
        f"{path} is damaged; `cdp rollback` serves the generation before, "
        "`cdp run --from publish` publishes again"
    )
