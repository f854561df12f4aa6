"""What stands above the model, as the engine and the stage read it: stewards, and relationships.

Invariant: two records that a source relates to each other are two, unless a steward joined them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from cdp.identity.records import DECISION_SCHEMA
from cdp.identity.resolve import Decisions
from cdp.store import Statement
from cdp.store.state import State
from cdp.store.state_decisions import Decisions as Stored

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.identity.rules import IdentityFile
    from cdp.store import Warehouse

SCHEMA: Final = {**DECISION_SCHEMA, "verdict": pl.String()}


def gather(warehouse: Warehouse, home: Path, rules: IdentityFile) -> None:
    """Write `step.decision`: the pairs on which stewards or relationships stand above the model.

    Raises:
        StateFileError: as `in_force`.
    """
    stewards = in_force(home)
    warehouse.put("step.steward_decision", stewards)
    warehouse.put("step.steward_unit", _units(stewards))
    statement = Statement.load("cdp.identity", "decision")
    warehouse.make(statement, same_party=sorted(rules.same_party))


def _units(decisions: pl.DataFrame) -> pl.DataFrame:
    """Return (`record_id`, `unit`) of the records that stewards said to be one with others."""
    must = decisions.filter(pl.col("verdict") == "must_link")
    ids = pl.concat([must["record_l"], must["record_r"]]).unique().sort()
    left, right = (must[side].replace_strict(ids, range(len(ids))) for side in DECISION_SCHEMA)
    graph = coo_array((np.ones(len(must)), (left, right)), shape=(len(ids), len(ids)))
    unit = connected_components(graph, directed=False)[1] if len(ids) else np.zeros(0, np.int64)
    schema = {"record_id": pl.String, "unit": pl.Int64}
    return pl.DataFrame({"record_id": ids, "unit": unit}, schema=schema)


def in_force(home: Path) -> pl.DataFrame:
    """Return the decisions of stewards (`record_l`, `record_r`, `verdict`), one row per pair.

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

    return Decisions(
        must_link=pairs("must_link"), cannot_link=pairs("cannot_link"), related=pairs("related")
    )
