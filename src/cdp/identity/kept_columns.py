"""The normalised records of a run, kept for the stage lookup, which would make the same again.

Invariant: what is taken was kept in the same run, of the same records by the same model; the files
are gone once the lookups are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.identity.artefact import PartyType
    from cdp.stage import Run

FOLDER: Final = "lookup"


@dataclass(frozen=True, slots=True)
class KeptColumns:
    """Where a run keeps them."""

    folder: Path
    run_id: int

    @staticmethod
    def of(run: Run) -> KeptColumns:
        """Return where this run keeps them, beside the lookups of its workspace."""
        return KeptColumns(run.workspace.home / FOLDER, run.run_id)

    def keep(self, kind: PartyType, columns: pl.DataFrame) -> None:
        """Keep the normalised records of a party type."""
        self.folder.mkdir(parents=True, exist_ok=True)
        columns.write_ipc(self._path(kind))

    def take(self, kind: PartyType) -> pl.DataFrame | None:
        """Return what this run kept of a party type; None: nothing."""
        path = self._path(kind)
        return pl.read_ipc(path) if path.exists() else None

    def _path(self, kind: PartyType) -> Path:
        return self.folder / f"normalised-{kind}-{self.run_id}.arrow"
