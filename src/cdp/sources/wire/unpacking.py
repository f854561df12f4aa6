"""Files that are compressed whole: unpacked to a temporary file, and read as what is inside."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Task

_KINDS: Final = {".gz": "gzip", ".zst": "zstd"}
_CHUNK: Final = 1 << 20


def inner(name: str) -> str:
    """Return the name of the file inside a compressed one, the name itself of any other."""
    path = PurePath(name)
    return path.stem if path.suffix.lower() in _KINDS else name


def unpacked(
    read: Callable[[Part, Task], Iterator[Batch]],
) -> Callable[[Part, Task], Iterator[Batch]]:
    """Return a reader that reads compressed files as well, by their suffix."""

    def reading(part: Part, task: Task) -> Iterator[Batch]:
        kind = _KINDS.get(PurePath(part.label).suffix.lower())
        if kind is None or not part.path.stat().st_size:
            yield from read(part, task)
            return
        with tempfile.TemporaryDirectory(prefix="cdp-unpacked-") as folder:
            target = Path(folder) / "file"
            _unpack(part, kind, target)
            yield from read(replace(part, path=target), task)

    return reading


def _unpack(part: Part, kind: str, target: Path) -> None:
    with part.path.open("rb") as packed, target.open("wb") as file:
        try:
            shutil.copyfileobj(pa.CompressedInputStream(packed, kind), file, _CHUNK)
        except OSError as error:
            problem = f"cannot be unpacked ({str(error).splitlines()[0]})"
            raise part.failure(problem, "deliver it again") from error
