"""How the last run ended, in a file of its own: readable while the next one holds the rest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME: Final = "last_run.json"


@dataclass(frozen=True, slots=True)
class LastRun:
    """A run that ended: when (ISO 8601, UTC), how, and what each stage counted."""

    run_id: int
    started_at: str
    finished_at: str
    outcome: str
    counts: Mapping[str, Mapping[str, int]]


def keep(home: Path, run: LastRun) -> None:
    """Put it under its name, whole, or leave what was there."""
    fresh = home / f"{_NAME}.tmp"
    fresh.write_text(json.dumps(asdict(run), indent=2) + "\n", encoding="utf-8")
    fresh.replace(home / _NAME)


def last(home: Path) -> LastRun | None:
    """Return how the last run ended, None where that is not known."""
    try:
        return LastRun(**json.loads((home / _NAME).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
