"""A workspace's twin for a trial: the same rules and sources, a copy of its data.

Invariant: nothing below the workspace is written but the copy, and the copy is gone afterwards;
one that a killed process left behind goes with the next trial. There is one trial at a time.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cdp.settings import Workspace
from cdp.store.lock import writer_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIAL = "trial"
WORK = "work.duckdb"


@dataclass(frozen=True)
class Shadow(Workspace):
    """The workspace with its data elsewhere."""

    twin: Path = Path()

    @property
    def home(self) -> Path:
        """Where the copy lies."""
        return self.twin


@contextmanager
def shadow(workspace: Workspace, rules: Path | None = None) -> Iterator[Shadow]:
    """Yield a twin of the workspace, with the rules of another folder where one is given.

    Raises:
        StateError: a run holds the workspace, or another trial is being made.
    """
    trial = workspace.home / TRIAL
    with writer_lock(trial):
        twin = trial / "twin"
        shutil.rmtree(twin, ignore_errors=True)
        try:
            twin.mkdir()
            with writer_lock(workspace.home):
                _copy(workspace.home, twin)
            yield Shadow(rules or workspace.root, workspace.data_dir, twin)
        finally:
            shutil.rmtree(twin, ignore_errors=True)


def _copy(home: Path, twin: Path) -> None:
    for name in (WORK, f"{WORK}.wal", "identity.key"):
        if (home / name).exists():
            shutil.copyfile(home / name, twin / name)
    if (home / "models").exists():
        shutil.copytree(home / "models", twin / "models")
    if (home / "state.db").exists():
        with (
            closing(sqlite3.connect(home / "state.db")) as source,
            closing(sqlite3.connect(twin / "state.db")) as target,
        ):
            source.backup(target)
