"""Copy a closed file under a new name; the disk shares the blocks where it can."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_MOST = 1 << 30
_UNABLE = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}


def copy(source: Path, target: Path) -> None:
    """Make `target` a file of its own with the bytes of `source`; nothing is forced to disk.

    Raises:
        OSError: there is no such file, or the disk is full.
    """
    try:
        _copy_in_kernel(source, target)
    except OSError as error:
        if error.errno not in _UNABLE:
            raise
        shutil.copyfile(source, target)


def _copy_in_kernel(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("wb") as writing:
        left = os.fstat(reading.fileno()).st_size
        while left:
            copied = os.copy_file_range(reading.fileno(), writing.fileno(), min(left, _MOST))
            if not copied:
                raise OSError(errno.EIO, os.strerror(errno.EIO), str(source))
            left -= copied
