"""Reading what an instance walks over as ingest does, without landing it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from cdp.errors import UnreachableError
from cdp.sources import SOURCES, Opening, SourceInstance

_BEGUN = datetime(2027, 1, 1, tzinfo=UTC)


@dataclass
class Walked:
    """An instance and what it gave so far.

    Attributes:
        declared: what its YAML file says.
        folder: the data folder.
        cursors: how far it was read.
        rows: object, key, payload, and whether it is gone, of every version that was new.
        notes: what the last reading could not read.
        read: rows of the last reading.
    """

    declared: Mapping[str, Any]
    folder: Path
    cursors: dict[tuple[str, str], str] = field(default_factory=dict)
    rows: list[tuple[str, str, str, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    read: int = 0
    runs: int = 0

    def opening(self, **declared: Any) -> Opening:
        instance = SourceInstance.model_validate({**self.declared, **declared})
        now = _BEGUN + timedelta(days=self.runs)
        return Opening("api", instance, self.folder, dict(self.cursors), now, self._held)

    def load(self) -> int:
        """Read what there is and return how many versions were new."""
        self.runs, self.read, self.notes, before = self.runs + 1, 0, [], len(self.rows)
        found = SOURCES.get(self.declared["type"]).find(self.opening())
        for name, walk in found.walks.items():
            try:
                for delivery in walk:
                    for batch in delivery.batches():
                        self._take(name, batch.rows)
                    moved = delivery.positions().items()
                    self.cursors.update({(name, of): position for of, position in moved})
            except UnreachableError as error:
                self.notes.append(str(error))
        found.close()
        return len(self.rows) - before

    def ids(self, name: str) -> list[str]:
        return [key for of, key, *_ in self.rows if of == name]

    def gone(self) -> list[str]:
        return [key for *_, key, _, is_gone in self.rows if is_gone]

    def _take(self, name: str, rows: pl.DataFrame) -> None:
        self.read += len(rows)
        for key, payload, is_gone in rows.select(
            "native_id", "payload", pl.col("is_deleted").fill_null(value=False)
        ).iter_rows():
            last = next((row for row in reversed(self.rows) if row[:2] == (name, key)), None)
            if last is None or last[2:] != (payload, is_gone):
                self.rows.append((name, key, payload, is_gone))

    def _held(self, name: str) -> pl.Series:
        last = {key: is_gone for of, key, _, is_gone in self.rows if of == name}
        return pl.Series([key for key, is_gone in last.items() if not is_gone], dtype=pl.String)
