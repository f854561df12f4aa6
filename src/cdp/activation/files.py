"""Files that are whole or not there: written beside, forced to disk, then renamed."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Written:
    """A finished file."""

    path: Path
    size: int
    sha256: str


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; afterwards the file has its name, or nothing has changed.

    Raises:
        InputError: the folder cannot be made or written to.
    """
    draft = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield draft
            _force(draft)
            draft.replace(path)
            _force(path.parent)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{path} cannot be written: {error.strerror or error}; nothing was exported there"
        raise InputError(msg) from error


def written(path: Path) -> Written:
    """Return the size and checksum of a finished file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(path, path.stat().st_size, digest)


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON document under this name, whole or not at all."""
    with replacing(path) as draft:
        draft.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _force(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
