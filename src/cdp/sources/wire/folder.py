"""Files in a folder of this machine: which there are, and what tells their versions."""

from __future__ import annotations

import hashlib
import re
from itertools import groupby
from typing import TYPE_CHECKING, Final

from cdp.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.sources import Opening

_PAGE: Final = re.compile(r"\.page-\d+")
_CHUNK: Final = 1 << 20


def grouped(opening: Opening) -> list[list[Path]]:
    """Return the files of an instance by name, pages of one export together.

    Raises:
        InputError: the path does not exist or cannot be listed.
    """
    place = opening.data_dir / (opening.instance.path or "")
    try:
        files = [place] if place.is_file() else [p for p in place.iterdir() if not p.is_dir()]
    except OSError as error:
        msg = (
            f"source {opening.name}: {place} cannot be read ({error.strerror}); put the files "
            f"there, correct path: in sources/{opening.name}.yaml, or remove that file"
        )
        raise InputError(msg) from error
    visible = sorted(p for p in files if not p.name.startswith("."))
    return [list(group) for _, group in groupby(visible, lambda p: _PAGE.sub("", p.name))]


def located(opening: Opening, path: Path) -> tuple[str, str]:
    """Return what names a file, relative to the data folder, and the SHA-256 of its content.

    Raises:
        InputError: it cannot be read.
    """
    try:
        label = path.relative_to(opening.data_dir).as_posix()
    except ValueError:
        label = path.name
    try:
        return label, _sha256(path)
    except OSError as error:
        msg = (
            f"source {opening.name}: {path} cannot be read ({error.strerror}); "
            "make it readable or move it out of the folder, then run again"
        )
        raise InputError(msg) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.sha256()
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
