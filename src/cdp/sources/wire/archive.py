"""Archives (.zip) of several files: each member is read as the file that it is."""

from __future__ import annotations

import lzma
import struct
import tempfile
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from cdp.sources.wire.unpacking import broken, check, copied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.errors import InputError
    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Read, Task

ARCHIVES: Final = "archives"
"""What a walk over archives is called: which objects they hold is known when they are there."""
_SUFFIX: Final = ".zip"
_OF_A_MAC: Final = "__MACOSX"
_UNREADABLE: Final = (
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    RuntimeError,  # it is encrypted, or packed in a way or by a version that zipfile does not read
    ValueError,  # places or names that no archive has
    LookupError,
    struct.error,
)
"""What a file that is no whole archive raises, somewhere inside it."""


def is_archive(name: str) -> bool:
    """Return whether a file of this name is an archive."""
    return PurePath(name).suffix.lower() == _SUFFIX


def members(part: Part) -> list[str]:
    """Return the names of the files in an archive, in order; of an empty file: none.

    Raises:
        InputError: it cannot be opened, or says that all in it is more than exports are.
    """
    size = part.path.stat().st_size
    if not size:
        return []
    try:
        with zipfile.ZipFile(part.path) as archive:
            held = archive.infolist()
        names = [entry.filename for entry in held if not entry.is_dir()]
        # Of an entry no more is read than it says here, also where entries share their bytes.
        check(sum(entry.file_size for entry in held), size, part.most)
    except _UNREADABLE as error:
        raise _broken(part, error) from error
    return sorted(n for n in names if _is_file(n) and _OF_A_MAC not in n)


def member(name: str, read: Read) -> Read:
    """Return a reader of one file of an archive."""

    def reading(part: Part, task: Task) -> Iterator[Batch]:
        with tempfile.TemporaryDirectory(prefix="cdp-unpacked-") as folder:
            target = Path(folder) / "file"
            _unpack(part, name, target)
            yield from read(replace(part, path=target, label=f"{part.label}#{name}"), task)

    return reading


def _is_file(name: str) -> bool:
    own = PurePath(name).name
    return bool(own) and not own.startswith(".")


def _unpack(part: Part, name: str, target: Path) -> None:
    try:
        with (
            zipfile.ZipFile(part.path) as archive,
            archive.open(name) as packed,
            target.open("wb") as file,
        ):
            copied(packed, file, archive.getinfo(name).compress_size, part.most)
    except _UNREADABLE as error:
        raise _broken(part, error) from error


def _broken(part: Part, error: Exception) -> InputError:
    return broken(part, error, "deliver it again, without a password")
