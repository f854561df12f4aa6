"""A file of named arrays, written once in one pass, then mapped: what is not read costs no memory.

Layout: the arrays one after another, each from a multiple of 64 bytes on, then a JSON directory of
them, then its length in 8 bytes, then the magic word. A file under its final name never changes.
"""

from __future__ import annotations

import json
import os
from typing import IO, TYPE_CHECKING, Any, Final

import numpy as np

from cdp.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

MAGIC: Final = b"cdplook1"
ALIGNED: Final = 64
TAIL: Final = 16


class ArrayWriter:
    """An array file that is being written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._directory: dict[str, tuple[str, int, int]] = {}

    def add(self, name: str, chunks: Iterable[np.ndarray]) -> None:
        """Write an array, given in pieces of one type; at least one piece."""
        self._file.write(b"\0" * (-self._file.tell() % ALIGNED))
        start, count, kind = self._file.tell(), 0, ""
        for chunk in chunks:
            self._file.write(np.ascontiguousarray(chunk).data)
            count, kind = count + len(chunk), chunk.dtype.str
        self._directory[name] = kind, start, count

    def finish(self, about: Mapping[str, Any]) -> None:
        """Write the directory; `about` is any JSON, kept with it."""
        text = json.dumps({"about": about, "arrays": self._directory}).encode()
        self._file.write(text)
        self._file.write(len(text).to_bytes(8, "little") + MAGIC)
        self._file.flush()
        os.fsync(self._file.fileno())


class ArrayFile:
    """A finished array file, mapped for reading."""

    def __init__(self, path: Path) -> None:
        """Map the file.

        Raises:
            StateError: it is missing, cut or of another kind.
        """
        try:
            self._bytes = np.memmap(path, np.uint8, "r")
            tail = self._bytes[-TAIL:].tobytes()
            length = int.from_bytes(tail[:8], "little")
            if tail[8:] != MAGIC or length > len(self._bytes) - TAIL:
                msg = "it is cut or of another kind"
                raise ValueError(msg)  # noqa: TRY301 - one message for every kind of damage
            content = json.loads(self._bytes[-TAIL - length : -TAIL].tobytes())
        except (OSError, ValueError) as error:
            msg = f"{path} cannot be read ({error}); `cdp run --from identity` writes it again"
            raise StateError(msg) from error
        self.about: dict[str, Any] = content["about"]
        self._directory: dict[str, tuple[str, int, int]] = content["arrays"]

    def names(self) -> tuple[str, ...]:
        """Return the names of the arrays, in the order in which they were written."""
        return tuple(self._directory)

    def array(self, name: str) -> np.ndarray:
        """Return a read-only view of an array."""
        kind, start, count = self._directory[name]
        size = count * np.dtype(kind).itemsize
        found: np.ndarray = self._bytes[start : start + size].view(kind)
        return found.view(np.ndarray)
