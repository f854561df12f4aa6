"""Which processes are there, for files that are theirs while they live."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def is_alive(process: int) -> bool:
    """Whether there is a process of this number, anybody's."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def own_folder(place: Path) -> Path:
    """Return a new folder of this process in a place, cleared of those of processes that ended."""
    place.mkdir(parents=True, exist_ok=True)
    for path in place.iterdir():
        if path.name.isdecimal() and not is_alive(int(path.name)):
            shutil.rmtree(path, ignore_errors=True)
    own = place / str(os.getpid())
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir()
    return own
