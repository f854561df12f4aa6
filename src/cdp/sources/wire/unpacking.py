"""Files that are compressed whole: unpacked to a temporary file, and read as what is inside.

What swells as no export does is not unpacked to its end: a file made so would fill the disk.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cdp.errors import InputError
    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Task

_KINDS: Final = {".gz": "gzip", ".zst": "zstd"}
_CHUNK: Final = 1 << 20
_HARMLESS: Final = 1 << 30
_SWELLS: Final = 200
"""Times its packed size that a file of over a gibibyte may be; exports are 10 to 50 times."""
_LARGER: Final = "deliver it in parts, or raise unpacked_gb in sources/{}.yaml"


class Readable(Protocol):
    """What is unpacked as it is read."""

    def read(self, size: int, /) -> bytes:
        """Return so many bytes at most, none at the end."""
        ...


class SwellingError(ValueError):
    """What is unpacked grows as no export does."""


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


def copied(packed: Readable, file: BinaryIO, size: int, most: int | None) -> None:
    """Write what is unpacked of `size` packed bytes to a file, `most` bytes if that is said.

    Raises:
        SwellingError: it is so much more that nobody meant it to be read.
    """
    written = 0
    while chunk := packed.read(_CHUNK):
        written += len(chunk)
        check(written, size, most)
        file.write(chunk)


def check(unpacked: int, size: int, most: int | None) -> None:
    """Return where `size` packed bytes may be so many.

    Raises:
        SwellingError: they may not.
    """
    allowed = max(_HARMLESS, _SWELLS * size) if most is None else most
    if unpacked > allowed:
        why = f", more than {_SWELLS} times its size" if most is None else ""
        msg = f"it is over {allowed >> 20:,} MiB unpacked{why}"
        raise SwellingError(msg)


def broken(part: Part, error: Exception, remedy: str) -> InputError:
    """Return the error that says why a file cannot be unpacked; `remedy` is for broken ones."""
    problem = f"cannot be unpacked ({str(error).splitlines()[0] if str(error) else 'broken'})"
    swells = isinstance(error, SwellingError)
    return part.failure(problem, _LARGER.format(part.source) if swells else remedy)


def _unpack(part: Part, kind: str, target: Path) -> None:
    size = part.path.stat().st_size
    with part.path.open("rb") as packed, target.open("wb") as file:
        try:
            copied(pa.CompressedInputStream(packed, kind), file, size, part.most)
        except (OSError, SwellingError) as error:
            raise broken(part, error, "deliver it again") from error
