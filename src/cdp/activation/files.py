"""Files that are whole or not there: forced to disk before they get their name."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Sum:
    """Bytes of a file, and their SHA-256."""

    size: int
    sha256: str


def summed(path: Path) -> Sum:
    """Return the size and checksum of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Sum(os.fstat(file.fileno()).st_size, digest)


def force(path: Path) -> None:
    """Return when a file, or a folder with the names in it, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
