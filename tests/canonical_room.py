"""A warehouse that takes payloads as a source would have delivered them, and makes silver."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
import yaml

from builders import add, in_memory
from cdp.canonical.delta import refresh
from cdp.canonical.engine import Instance, rebuild
from cdp.canonical.mapping import MappingFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.store import Warehouse

RECEIVED = datetime.fromisoformat("2026-01-01T12:00:00")


@dataclass
class Room:
    """Bronze and silver of a small workspace."""

    warehouse: Warehouse
    mappings: dict[str, MappingFile] = field(default_factory=dict)
    country: str = "DE"
    rows: int = 0
    loads: int = 1

    def maps(self, source: str, text: str) -> Room:
        """Declare a source by the YAML of its mapping."""
        self.mappings[source] = MappingFile.model_validate(yaml.safe_load(text))
        return self

    def land(
        self,
        source: str,
        name: str,
        native_id: str,
        payload: dict[str, Any],
        changed_at: datetime | None = None,
        *,
        is_deleted: bool | None = None,
    ) -> int:
        """Add a version to bronze and return its seq."""
        self.rows += 1
        row = {
            "seq": self.rows,
            "source": source,
            "object": name,
            "native_id": native_id,
            "record_id": f"{source}:{native_id}",
            "changed_at": changed_at,
            "received_at": RECEIVED + timedelta(seconds=self.rows),
            "load_id": self.loads,
            "locator": f"file.json#{self.rows}",
            "content_hash": str(self.rows),
            "payload": json.dumps(payload),
            "is_deleted": is_deleted,
        }
        schema: dict[str, Any] = {
            "changed_at": pl.Datetime("us"),
            "received_at": pl.Datetime("us"),
            "is_deleted": pl.Boolean,
        }
        frame = pl.DataFrame([row], schema_overrides=schema)
        self.warehouse.insert("bronze.record", frame)
        return self.rows

    def reject(self, source: str, name: str) -> None:
        """Add a piece that no reader could read."""
        self.rows += 1
        row = {
            "load_id": self.loads,
            "source": source,
            "object": name,
            "locator": f"file.json#{self.rows}",
            "reason": "broken_json",
            "message": "no JSON",
            "original": "{",
            "received_at": RECEIVED,
        }
        self.warehouse.insert("bronze.rejected", pl.DataFrame([row]))

    def arrive(self, run_id: int) -> None:
        """Write down that what was landed last came in one load of this run."""
        add(self.warehouse, "bronze.load", {"load_id": self.loads, "run_id": run_id})
        self.loads += 1

    def rebuild(self) -> dict[str, int]:
        """Make silver anew."""
        with self.warehouse.transaction():
            return rebuild(self.warehouse, self._instances(), self.country)

    def follow(self, since: int) -> dict[str, int] | None:
        """Bring silver up to date with what arrived after a run."""
        with self.warehouse.transaction():
            return refresh(self.warehouse, self._instances(), self.country, since)

    def _instances(self) -> list[Instance]:
        return [
            Instance(name, mapping, "declared", "EU", None)
            for name, mapping in sorted(self.mappings.items())
        ]

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.warehouse.query(sql).rows()


@pytest.fixture(scope="session")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with in_memory(tmp_path_factory.mktemp("canonical")) as warehouse:
        yield warehouse


@pytest.fixture
def room(memory: Warehouse) -> Room:
    """Return an empty room; silver is what the last rebuild made of it."""
    for table in ("bronze.record", "bronze.rejected", "bronze.load"):
        memory.connection.execute(f"delete from {table}")  # noqa: S608 - a constant
    return Room(memory)
