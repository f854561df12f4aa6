"""What a run of identity came to: the engine's answer, and the report on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

import cdp
from cdp.identity.ids import PACKAGE
from cdp.stage import Report
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.identity.resolution import Resolution
    from cdp.identity.rules import IdentityFile
    from cdp.stage import Key
    from cdp.store import Warehouse

VISITOR_WEIGHT: Final = 10.0
"""Log2 odds that the one person seen on a device is who used it: about a thousand to one."""


def judge(version: str, rules: IdentityFile) -> str:
    """Return all that decides besides the records: the model, the mode and the release."""
    return f"{version} {rules.mode} {cdp.__version__}"


class Origin(Enum):
    """Where the model of a run comes from, in words for its report."""

    FROZEN = "frozen"
    RULED = "frozen, under the identifier rules as they are now"
    TRAINED = "trained in this run"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The engine's answer, the version of the model that gave it, and the mode."""

    resolution: Resolution
    version: str
    mode: str
    origin: Origin

    def report(
        self,
        warehouse: Warehouse,
        changes: Mapping[str, int],
        touched: Mapping[Key, str] | None = None,
    ) -> Report:
        """Return the report, counted over the tables of `identity` as they are now."""
        found = warehouse.select(Statement.load(PACKAGE, "tally")).row(0, named=True)
        engine = self.resolution.report
        counts = {
            **{name: int(count) for name, count in found.items()},
            "pairs_scored": engine.pairs,
            "unsure_pairs": engine.unsure_pairs,
            "new_ids": changes.get("born", 0),
            "merges": changes.get("merged_into", 0),
            "splits": changes.get("split_off", 0),
            "emptied": changes.get("emptied", 0),
            "revived": changes.get("revived", 0),
        }
        expected = (
            f"model {self.version} ({self.origin.value}), {self.mode}; it expects "
            f"{engine.expected_wrong_pairs:.1f} wrong pairs among those it joined and "
            f"{engine.expected_missed_pairs:.1f} missed"
        )
        notes = [expected]
        if counts["kept_apart"]:
            notes.append(
                f"{counts['kept_apart']} clusters differ from what the model alone would say: "
                "nothing new was learned of their records, so none was moved only because others "
                "went away"
            )
        if engine.conflicts:
            left, right = engine.conflicts[0]
            notes.append(
                f"{len(engine.conflicts)} must-link decisions contradict a cannot-link, for "
                f"example {left} and {right}; they were left apart: undo one of the decisions"
            )
        return Report(counts, tuple(notes), touched or {})
