"""Deliveries of a test: files in a folder, and everything that a source reads from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from cdp.sources import REJECTED, ROWS, SOURCES, Found, Opening, SourceInstance

Files = Mapping[str, str | bytes]


def write(folder: Path, files: Files) -> Path:
    """Write these files and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (folder / name).write_bytes(data)
    return folder


def find(folder: Path, type_: str, path: str = ".", **declared: Any) -> Found:
    """Return what an instance `it` of this type finds below the folder."""
    cursors = declared.pop("cursors", {})
    instance = SourceInstance.model_validate({"type": type_, "path": path, **declared})
    return SOURCES.get(type_).find(Opening("it", instance, folder, cursors))


@dataclass(frozen=True)
class Everything:
    """All rows and pieces of all deliveries."""

    rows: pl.DataFrame
    rejected: pl.DataFrame
    notes: tuple[str, ...]
    objects: tuple[str, ...]
    cursors: dict[tuple[str, str], str]

    @property
    def ids(self) -> list[str]:
        """Keys in the order of arrival."""
        return self.rows["native_id"].to_list()

    @property
    def changed(self) -> list[datetime | None]:
        """Times of change in the order of arrival."""
        return self.rows["changed_at"].to_list()

    @property
    def payloads(self) -> list[str]:
        """Payloads in the order of arrival."""
        return self.rows["payload"].to_list()

    @property
    def refused(self) -> list[tuple[str, str]]:
        """Locator and reason of every rejected piece."""
        return list(self.rejected.select("locator", "reason").iter_rows())


def read(folder: Path, type_: str, path: str = ".", **declared: Any) -> Everything:
    """Read everything an instance of this type has to deliver."""
    found = find(folder, type_, path, **declared)
    batches = [batch for delivery in found.deliveries for batch in delivery.batches()]
    return Everything(
        rows=pl.concat([ROWS.to_frame(), *(b.rows for b in batches)]),
        rejected=pl.concat([REJECTED.to_frame(), *(b.rejected for b in batches)]),
        notes=tuple(found.notes),
        objects=tuple(delivery.object for delivery in found.deliveries),
        cursors={
            (delivery.object, label): position
            for delivery in found.deliveries
            for label, position in delivery.positions().items()
        },
    )
