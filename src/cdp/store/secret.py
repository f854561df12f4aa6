"""Secrets of a workspace: made once by chance, kept beside the data, readable by its owner alone.

A copy of the state file without the secret cannot be changed unnoticed, nor guessed from.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BYTES = 32


def secret_of(home: Path, name: str) -> bytes:
    """Return the 32 bytes of `<name>.key`, made when they are first asked for."""
    path = home / f"{name}.key"
    with suppress(FileNotFoundError):
        return path.read_bytes()
    new = home / f"{name}.key.{os.getpid()}.new"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(_BYTES))
        file.flush()
        os.fsync(file.fileno())
    # Linked, not renamed: of two processes that make it at once, the first one's stays.
    with suppress(FileExistsError):
        path.hardlink_to(new)
    new.unlink()
    return path.read_bytes()
