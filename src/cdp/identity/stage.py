"""The stage identity: who is who among the records of silver, under ids that last.

Invariant: the outcome follows from silver, identity.yaml, the decisions in force, the frozen
model and the ids issued before; with all of them unchanged no row of any table changes.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cdp.identity import decisions
from cdp.identity.delta import delta
from cdp.identity.ids import carry
from cdp.identity.inputs import PACKAGE, blocked_by_model, engine_frame
from cdp.identity.kept_blocks import BLOCKS, KeptBlocks, begin_numbers
from cdp.identity.kept_columns import KeptColumns
from cdp.identity.laws import governed
from cdp.identity.model_versions import Versions
from cdp.identity.outcome import VISITOR_WEIGHT, Origin, Outcome, judge
from cdp.identity.resolve import Blocking, resolve
from cdp.identity.rules import IDENTITY_FILE
from cdp.stage import Report, Run, Stage
from cdp.store import Statement, scratch

if TYPE_CHECKING:
    from cdp.identity.resolution import Resolution
    from cdp.identity.rules import IdentityFile
    from cdp.store import Warehouse


def run(run: Run) -> Report:
    """Write every table of `identity`.

    Raises:
        StateError: the frozen model cannot be read.
        StateFileError: the decisions cannot be read.
    """
    warehouse = run.warehouse
    rules = run.workspace.one(IDENTITY_FILE)
    decisions.gather(warehouse, run.workspace.home, rules)
    outcome = _resolve(run, rules)
    _write(warehouse, rules, outcome)
    changes = carry(warehouse, run_id=run.run_id, at=run.as_of)
    for name in ("possible", "doubt"):
        warehouse.replace(Statement.load(PACKAGE, name))
    return outcome.report(warehouse, changes)


def _resolve(run: Run, rules: IdentityFile) -> Outcome:
    warehouse = run.warehouse
    records = engine_frame(warehouse, rules)
    decided = warehouse.query("select * from step.decision order by record_l, record_r")
    versions = Versions(run.workspace.home)
    begin_numbers(warehouse)
    frozen = versions.none() if run.retrain else versions.load()
    lawful = governed(frozen, rules.laws())
    if not lawful.data_hash:
        lawful = replace(lawful, data_hash=warehouse.digest("step.engine_frame"))
    warehouse.unload()
    with closing(scratch()) as connection:
        resolution = resolve(
            records,
            connection,
            model=lawful,
            mode=rules.mode,
            seed=run.seed if rules.seed is None else rules.seed,
            decisions=decisions.for_engine(decided),
            blocking=Blocking(
                keep=KeptBlocks(warehouse, BLOCKS).afresh, shown=KeptColumns.of(run).keep
            ),
        )
    resolution = _stored(warehouse, resolution)
    learned = resolution.model.parts.keys() - frozen.parts.keys()
    is_ruled_anew = bool(frozen.parts) and lawful.laws != frozen.laws
    if not learned and not is_ruled_anew:
        return Outcome(resolution, versions.current, rules.mode, Origin.FROZEN)
    model = resolution.model
    if learned and frozen.data_hash:
        model = replace(model, data_hash=warehouse.digest("step.engine_frame"))
    origin = Origin.TRAINED if learned else Origin.RULED
    return Outcome(resolution, versions.save(model), rules.mode, origin)


def _stored(warehouse: Warehouse, resolution: Resolution) -> Resolution:
    """Put clusters and edges into the warehouse, and return the answer without them.

    What is in the warehouse need not be in memory beside it.
    """
    warehouse.put("step.engine_cluster", resolution.clusters)
    warehouse.put("step.engine_edge", resolution.edges)
    return replace(resolution, clusters=resolution.clusters.clear(), edges=resolution.edges.clear())


def _write(warehouse: Warehouse, rules: IdentityFile, outcome: Outcome) -> None:
    """Write edges and blocked values, and `step.ids_cluster` for the ids."""
    warehouse.put("step.blocked_found", blocked_by_model(warehouse, outcome.resolution.model))
    warehouse.make(Statement.load(PACKAGE, "evidence"), judge=judge(outcome.version, rules))
    for name in ("engine_party", "party_cluster", "visitor_owner", "group_tie", "ids_cluster"):
        warehouse.make(Statement.load(PACKAGE, name))
    warehouse.replace(
        Statement.load(PACKAGE, "edge"),
        model_version=outcome.version,
        visitor_weight=VISITOR_WEIGHT,
    )
    warehouse.replace(Statement.load(PACKAGE, "blocked_value"))


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
        "identity.possible",
        "identity.doubt",
    ),
    key="global",
    run=run,
    config=(IDENTITY_FILE,),
    state=("decision",),
    delta=delta,
)
