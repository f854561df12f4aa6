"""An instance of Salesforce as tests read it: what each load brought, and what is landed since."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from cdp.errors import UnreachableError
from cdp.sources import SOURCES, Delivery, Opening, SourceInstance
from simulators.salesforce_org import Org

_SHOWN = {"native_id": pl.String, "payload": pl.String}
NOW = datetime(2026, 7, 1, tzinfo=UTC)


@dataclass
class Loaded:
    """What one load brought: rows, those of them that are new versions, and what failed."""

    rows: int = 0
    new: int = 0
    notes: list[str] = field(default_factory=list)


class Place:
    """An instance that reads the org, and what it has landed, each version once."""

    def __init__(self, org: Org, **declared: Any) -> None:
        self.cursors: dict[tuple[str, str], str] = {}
        self.versions: dict[str, list[tuple[str, bool]]] = {}
        self.payloads: dict[str, Any] = {}
        self.now = NOW
        self.declare(org, **declared)

    def declare(self, org: Org, **declared: Any) -> None:
        auth = {
            "kind": "client_credentials",
            "token_url": f"{org.url}/services/oauth2/token",
            "client_id": {"env": "SF_ID"},
            "client_secret": {"env": "SF_SECRET"},
        }
        options = {"page_size": 100, "compare_days": None, "poll_seconds": 0.001}
        self.source = {
            "type": "salesforce",
            "url": org.url,
            "auth": auth,
            "limits": {"attempts": 3, "longest_wait": 0.01},
            "objects": ["Contact"],
            **declared,
            "options": options | declared.get("options", {}),
        }

    def load(self) -> Loaded:
        instance = SourceInstance.model_validate(self.source)
        cursors = dict(self.cursors)
        opening = Opening("sf", instance, Path(), cursors, self.now, self.held, shown=self.shown)
        loaded = Loaded()
        try:
            found = SOURCES.get(instance.type).find(opening)
        except UnreachableError as error:
            return Loaded(notes=[str(error)])
        loaded.notes += found.notes
        for walk in found.walks.values():
            try:
                for delivery in walk:
                    self.land(delivery, loaded)
            except UnreachableError as error:
                loaded.notes.append(str(error))
        found.close()
        return loaded

    def land(self, delivery: Delivery, loaded: Loaded) -> None:
        for batch in delivery.batches():
            assert not len(batch.rejected)
            loaded.rows += len(batch.rows)
            for row in batch.rows.iter_rows(named=True):
                known = self.versions.setdefault(row["native_id"], [])
                version = (row["content_hash"], bool(row["is_deleted"]))
                if known[-1:] != [version]:
                    known.append(version)
                    loaded.new += 1
                    self.payloads[row["native_id"]] = json.loads(row["payload"])
        reached = delivery.positions().items()
        self.cursors |= {(delivery.object, of): position for of, position in reached}

    def held(self, _: str) -> pl.Series:
        held = [key for key, versions in self.versions.items() if not versions[-1][1]]
        return pl.Series(held, dtype=pl.String)

    def shown(self, of: str) -> pl.DataFrame:
        held = self.held(of).to_list()
        payloads = [json.dumps(self.payloads[key]) for key in held]
        return pl.DataFrame({"native_id": held, "payload": payloads}, _SHOWN)

    @property
    def gone(self) -> list[str]:
        return sorted(key for key, versions in self.versions.items() if versions[-1][1])
