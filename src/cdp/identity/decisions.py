"""What stewards decided, as the engine and the stage read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.records import DECISION_SCHEMA
from cdp.identity.resolve import Decisions
from cdp.store.state import State
from cdp.store.state_decisions import Decisions as Stored

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA: Final = {**DECISION_SCHEMA, "verdict": pl.String()}


def in_force(home: Path) -> pl.DataFrame:
    """Return the decisions in force (`record_l`, `record_r`, `verdict`), one row per pair.

    Of two that contradict each other on one pair the cannot-link counts.

    Raises:
        StateFileError: the state file of the workspace's `.cdp` folder cannot be read.
    """
    with State.open(home) as state:
        found = Stored(state).in_force()
    rows = [(d.record_l, d.record_r, d.verdict) for d in found]
    frame = pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("record_l", "record_r", "verdict")
    return frame.unique(["record_l", "record_r"], keep="first", maintain_order=True)


def for_engine(decisions: pl.DataFrame) -> Decisions:
    """Return the decisions as the engine takes them."""

    def pairs(verdict: str) -> pl.DataFrame:
        return decisions.filter(pl.col("verdict") == verdict).select(*DECISION_SCHEMA)

    return Decisions(must_link=pairs("must_link"), cannot_link=pairs("cannot_link"))
