"""Run the changed rules on a twin of the workspace and say what would be different.

Invariant: the workspace, its ids and its served generation are as before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp import pipeline
from cdp.errors import StateError
from cdp.planning.shadow import WORK, shadow
from cdp.store import Statement, Warehouse
from cdp.store.peek import peek

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from cdp.settings import Settings, Workspace

BEFORE: Final = ("assignment_before", "member_before", "consent_before", "attribute_before")
LAST_STAGE: Final = "segments"


@dataclass(frozen=True, slots=True)
class Trial:
    """What to try.

    Attributes:
        rules: folder with the changed rules; None takes the workspace's own files as they are.
        retrain: learn a new identity model instead of keeping the frozen one.
        as_of: as for a run.
    """

    rules: Path | None = None
    retrain: bool = False
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """What the run would change; every frame is sorted and complete.

    Attributes:
        profiles: entity_type, before, after, merged, split, born, emptied, records_moved.
        merges: profile_id (the survivor), before_ids, records.
        splits: before_id, profile_ids, records.
        members: segment, profile_id, change (entered or left).
        consents: profile_id, channel, contact_value, purpose, category, before, after.
        attributes: attribute, profiles whose golden value of it would be another.
    """

    profiles: pl.DataFrame
    merges: pl.DataFrame
    splits: pl.DataFrame
    members: pl.DataFrame
    consents: pl.DataFrame
    attributes: pl.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether the run would change nothing of all this."""
        lists = (self.merges, self.splits, self.members, self.consents, self.attributes)
        moved = sum(self.profiles[name].sum() for name in ("born", "emptied", "records_moved"))
        return not moved and not any(len(frame) for frame in lists)

    def document(self, limit: int | None = None) -> dict[str, Any]:
        """Return the difference for JSON, each list cut at `limit` beside its full count."""
        lists = {
            name: getattr(self, name)
            for name in ("merges", "splits", "members", "consents", "attributes")
        }
        rows = {name: frame.head(limit or len(frame)).to_dicts() for name, frame in lists.items()}
        counts = {name: len(frame) for name, frame in lists.items()}
        return {"profiles": self.profiles.to_dicts(), "counts": counts, **rows}


def plan(
    workspace: Workspace,
    settings: Settings,
    clock: Callable[[], datetime],
    trial: Trial | None = None,
    observe: Callable[[pipeline.Progress], None] | None = None,
) -> Difference:
    """Return what a run would change, were it made now; nothing of the workspace changes.

    Raises:
        ConfigError: a rule does not validate.
        StateError: nothing was run yet that could change, or a run holds the workspace.
        StageError: the run itself would stop.
    """
    wanted = trial or Trial()
    if not (workspace.home / WORK).exists():
        msg = f"nothing was run in {workspace.root} yet; run `cdp run` first"
        raise StateError(msg)
    with shadow(workspace, wanted.rules) as twin:
        _remember(twin, settings)
        request = pipeline.Request(as_of=wanted.as_of, to_stage=LAST_STAGE, retrain=wanted.retrain)
        pipeline.run(twin, settings, clock, request, observe)
        with peek(twin.home) as warehouse:
            return Difference(
                **{name: warehouse.select(_sql(name)) for name in Difference.__slots__}
            )


def _remember(twin: Workspace, settings: Settings) -> None:
    """Keep what the tables hold before the run."""
    with Warehouse.open(
        twin.home, threads=settings.threads, memory_limit=settings.memory_limit
    ) as warehouse:
        for name in BEFORE:
            warehouse.make(_sql(name))


def _sql(name: str) -> Statement:
    return Statement.load("cdp.planning", name)
