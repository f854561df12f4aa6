"""The stage identity: who is who among the records of silver, under ids that last.

Invariant: the outcome follows from silver, identity.yaml, the decisions in force, the frozen
model and the ids issued before; with all of them unchanged no row of any table changes.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import cdp
from cdp.identity import decisions
from cdp.identity.ids import carry
from cdp.identity.inputs import PACKAGE, blocked_by_model, engine_frame
from cdp.identity.model_versions import Versions
from cdp.identity.resolve import resolve
from cdp.identity.rules import IDENTITY_FILE
from cdp.stage import Report, Run, Stage
from cdp.store import Statement, scratch

if TYPE_CHECKING:
    from cdp.identity.artefact import Model
    from cdp.identity.resolution import Resolution
    from cdp.identity.rules import IdentityFile
    from cdp.store import Warehouse

VISITOR_WEIGHT: Final = 10.0
"""Log2 odds that the one person seen on a device is who used it: about a thousand to one."""


@dataclass(frozen=True, slots=True)
class _Resolved:
    """The engine's answer and the version of the model that gave it."""

    resolution: Resolution
    version: str
    is_trained: bool


def run(run: Run) -> Report:
    """Write every table of `identity`.

    Raises:
        StateError: the frozen model cannot be read.
        StateFileError: the decisions cannot be read.
    """
    warehouse = run.warehouse
    rules = run.workspace.one(IDENTITY_FILE)
    warehouse.put("step.decision", decisions.in_force(run.workspace.home))
    resolved = _resolve(run, rules)
    _write(warehouse, rules, resolved)
    changes = carry(warehouse, run_id=run.run_id, at=run.as_of)
    return _report(warehouse, rules, resolved, changes)


def _resolve(run: Run, rules: IdentityFile) -> _Resolved:
    warehouse = run.warehouse
    records = engine_frame(warehouse, rules)
    decided = warehouse.query("select * from step.decision order by record_l, record_r")
    versions = Versions(run.workspace.home)
    frozen = versions.none() if run.retrain else versions.load()
    with closing(scratch()) as connection:
        resolution = resolve(
            records,
            connection,
            model=frozen,
            mode=rules.mode,
            seed=run.seed if rules.seed is None else rules.seed,
            decisions=decisions.for_engine(decided),
        )
    learned = resolution.model.parts.keys() - frozen.parts.keys()
    if not learned:
        return _Resolved(resolution, versions.current, is_trained=False)
    model = replace(resolution.model, data_hash=warehouse.digest("step.engine_frame"))
    return _Resolved(resolution, versions.save(model), is_trained=True)


def _write(warehouse: Warehouse, rules: IdentityFile, resolved: _Resolved) -> None:
    """Write edges and blocked values, and `step.ids_cluster` for the ids."""
    model: Model = resolved.resolution.model
    judge = f"{resolved.version} {rules.mode} {cdp.__version__}"
    warehouse.put("step.engine_cluster", resolved.resolution.clusters)
    warehouse.put("step.engine_edge", resolved.resolution.edges)
    warehouse.put("step.blocked_found", blocked_by_model(warehouse, model))
    warehouse.make(Statement.load(PACKAGE, "evidence"), judge=judge)
    for name in ("engine_party", "party_cluster", "visitor_owner", "ids_cluster"):
        warehouse.make(Statement.load(PACKAGE, name))
    warehouse.replace(
        Statement.load(PACKAGE, "edge"),
        model_version=resolved.version,
        visitor_weight=VISITOR_WEIGHT,
    )
    warehouse.replace(Statement.load(PACKAGE, "blocked_value"))


def _report(
    warehouse: Warehouse, rules: IdentityFile, resolved: _Resolved, changes: dict[str, int]
) -> Report:
    found = warehouse.select(Statement.load(PACKAGE, "tally")).row(0, named=True)
    engine = resolved.resolution.report
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
    how = "trained in this run" if resolved.is_trained else "frozen"
    expected = (
        f"model {resolved.version} ({how}), {rules.mode}; it expects "
        f"{engine.expected_wrong_pairs:.1f} wrong pairs among those it joined and "
        f"{engine.expected_missed_pairs:.1f} missed"
    )
    notes = [expected]
    if counts["kept_apart"]:
        notes.append(
            f"{counts['kept_apart']} clusters differ from what the model alone would say: nothing "
            "new was learned of their records, so none was moved only because others went away"
        )
    if engine.conflicts:
        left, right = engine.conflicts[0]
        notes.append(
            f"{len(engine.conflicts)} must-link decisions contradict a cannot-link, for example "
            f"{left} and {right}; they were left apart: undo one of the decisions"
        )
    return Report(counts, tuple(notes))


STAGE: Final = Stage(
    name="identity",
    reads=(
        "silver.record",
        "silver.attribute",
        "silver.identifier",
        "silver.relationship",
        "silver.visitor_link",
    ),
    writes=(
        "identity.edge",
        "identity.blocked_value",
        "identity.assignment",
        "identity.profile",
        "identity.alias",
        "identity.history",
    ),
    key="global",
    run=run,
    config=(IDENTITY_FILE,),
    state=("decision",),
)
