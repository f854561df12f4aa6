"""Work that a process of its own carries out, so that answers do not wait for it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pathlib import Path

BEGUN: Final[list[subprocess.Popen[bytes]]] = []
"""Workers of this process, so that those that ended are waited for."""


def begin(home: Path, what: Literal["export", "privacy"]) -> None:
    """Begin a process that carries out what waits; one that is at it already does the same."""
    BEGUN[:] = [process for process in BEGUN if process.poll() is None]
    # The command is ours, the workspace the one that is served.
    BEGUN.append(
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "cdp", what, "work", "--wait", "--workspace", str(home.parent)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    )
