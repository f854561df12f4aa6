"""The stage identity on a delta: only what changed is compared, only what it reaches is clustered.

Invariant: the outcome is that of a full run with the same frozen model, row for row. A pair's score
follows from its two records and the model; candidates follow from the blocks of the two records;
clusters follow from the records of a component, ids from the records of the profiles that share
one with it. So the scope that is decided anew is closed under all three (`delta_scope`).
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity import decisions
from cdp.identity.ids import PACKAGE, carry
from cdp.identity.inputs import refresh_frame
from cdp.identity.kept_blocks import BLOCKS, KeptBlocks, caps
from cdp.identity.linkage import LENIENT
from cdp.identity.model_versions import Versions
from cdp.identity.outcome import VISITOR_WEIGHT, Origin, Outcome, judge
from cdp.identity.parties import party_types
from cdp.identity.resolve import Blocking, block, resolve
from cdp.identity.rules import IDENTITY_FILE
from cdp.store import Statement, scratch
from cdp.store.narrow import scoped

if TYPE_CHECKING:
    from cdp.identity.artefact import Model
    from cdp.identity.resolution import Resolution
    from cdp.identity.rules import IdentityFile
    from cdp.stage import Delta, Key, Report, Run
    from cdp.store import Warehouse

SCOPE: Final = "(select record_id from step.scope)"
WANTED: Final = "(select record_id from step.delta_wanted)"
IN_SCOPE: Final = f"record_id in {SCOPE}"
VISITOR_IN_SCOPE: Final = f"visitor_id in {SCOPE}"
STALE_EDGE: Final = (
    f"record_l in {WANTED} or record_r in {WANTED} or (record_l in {SCOPE} and record_r in {SCOPE})"
)
SCOPED: Final = {
    "step.engine_cluster": IN_SCOPE,
    "step.evidence": IN_SCOPE,
    "step.ids_cluster": IN_SCOPE,
    "step.party_cluster": IN_SCOPE,
    "step.visitor_owner": VISITOR_IN_SCOPE,
    "silver.record": IN_SCOPE,
    "identity.assignment": IN_SCOPE,
}
"""What the statements of clusters and ids see of each table."""
PAIR: Final = ("record_l", "record_r")
TIE: Final = LENIENT.cut / log(2) - 1e-6
"""Match weight (bits) above which a pair may tie two components; a little less does no harm."""
MAX_SHARE: Final = 0.3
"""Where more of the records than this must be decided anew, a full run costs less."""
KEYS: Final = "step.delta_block"


@dataclass(frozen=True, slots=True)
class _Engine:
    """What pairs are judged with."""

    warehouse: Warehouse
    model: Model
    rules: IdentityFile
    seed: int

    def resolve(self, pairs: str) -> Resolution:
        """Return who is who among the scope, the changed records and those of these pairs."""
        records = self.warehouse.select(_sql("delta_frame"))
        candidates = self.warehouse.query(f"from {pairs} order by record_l, record_r")
        decided = self.warehouse.query("from step.decision order by record_l, record_r")
        with closing(scratch()) as connection:
            return resolve(
                records,
                connection,
                model=self.model,
                mode=self.rules.mode,
                seed=self.seed,
                decisions=decisions.for_engine(decided),
                blocking=Blocking(candidates=candidates),
            )

    def block(self) -> bool:
        """Write the block keys of the changed records; False where their type has no model."""
        changed = self.warehouse.query(
            "select frame.* from step.engine_frame as frame "
            "semi join step.delta_changed as changed on frame.record_id = changed.record_id "
            "order by frame.record_id"
        )
        kinds = set(party_types(changed).unique()) if len(changed) else set()
        if not kinds <= self.model.parts.keys():
            return False
        with closing(scratch()) as connection:
            block(changed, connection, self.model, KeptBlocks(self.warehouse, KEYS).again)
        return True


def delta(run: Run, _: Delta) -> Report | None:
    """Bring every table of `identity` up to date with the records that were touched.

    None where a party type has no frozen model yet, where the model knows other identifier rules,
    or where so much changed that a full run costs less.
    """
    warehouse = run.warehouse
    rules = run.workspace.one(IDENTITY_FILE)
    versions = Versions(run.workspace.home)
    model = versions.load()
    if model.laws != rules.laws():
        return None
    engine = _Engine(warehouse, model, rules, run.seed if rules.seed is None else rules.seed)
    _listen(run, rules, model, judge(versions.current, rules))
    if not engine.block():
        return None
    reach(warehouse, caps(model))
    _widen(engine)
    if warehouse.count("step.scope") > MAX_SHARE * warehouse.count("step.engine_frame"):
        return None
    outcome = Outcome(_decide(engine), versions.current, rules.mode, Origin.FROZEN)
    _write(warehouse, outcome)
    changes = carry(warehouse, run_id=run.run_id, at=run.as_of, scope=IN_SCOPE)
    for name in ("possible", "doubt"):
        warehouse.swap(_sql(name))
    return outcome.report(warehouse, changes, _touched(warehouse))


def _sql(name: str) -> Statement:
    return Statement.load(PACKAGE, name)


def _listen(run: Run, rules: IdentityFile, model: Model, judged_by: str) -> None:
    """Bring what the engine reads up to date, and find the records it must judge anew."""
    warehouse = run.warehouse
    warehouse.put("step.decision_before", warehouse.query("from step.decision"))
    decisions.gather(warehouse, run.workspace.home, rules)
    warehouse.append(_sql("delta_heard"))
    refresh_frame(warehouse, rules, model)
    warehouse.refresh(_sql("evidence"), judge=judged_by)
    warehouse.make(_sql("delta_changed"))
    warehouse.append(_sql("engine_number"))
    warehouse.make(_sql("delta_number"))


def reach(warehouse: Warehouse, limits: pl.DataFrame) -> None:
    """Bring the kept blocks up to date, and fill `step.delta_pair_reached` with what they changed.

    `limits` are those of `kept_blocks.caps`. The pairs are all candidates of which one record at
    least is in `step.delta_wanted`; no other pair began or ceased to be a candidate.
    """
    warehouse.put("step.block_cap", limits)
    warehouse.make(_sql("delta_size_before"))
    warehouse.connection.execute(
        f"delete from {BLOCKS} where number in (select number from step.delta_number)"  # noqa: S608 - a constant
    )
    warehouse.write(f"insert into {BLOCKS} by name from {KEYS}")
    for name in ("crossed", "wanted", "around", "pair", "pair_reached"):
        warehouse.make(_sql(f"delta_{name}"))


def _widen(engine: _Engine) -> None:
    """Fill `step.scope`: all whose cluster or id the changes may move, closed under every tie."""
    warehouse = engine.warehouse
    warehouse.put("step.scope", pl.DataFrame(schema={"record_id": pl.String}))
    edges = engine.resolve("step.delta_pair_reached").edges
    warehouse.put("step.delta_link", edges.filter(pl.col("match_weight") > TIE).select(*PAIR))
    warehouse.make(_sql("group_tie"))
    warehouse.append(_sql("delta_seed"))
    while warehouse.append(_sql("delta_scope"), tie=TIE):
        continue


def _decide(engine: _Engine) -> Resolution:
    """Return the engine's answer on the scope, and on the pairs that lead out of it."""
    for name in ("around_scope", "pair", "pair_all"):
        engine.warehouse.make(_sql(f"delta_{name}"))
    return engine.resolve("step.delta_pair_all")


def _write(warehouse: Warehouse, outcome: Outcome) -> None:
    """Bring edges and clusters up to date, up to `step.ids_cluster` for the ids."""
    warehouse.make(_sql("scope_before"))
    warehouse.make(_among_stale("edge_before", "identity.edge"))
    warehouse.put("step.delta_edge", outcome.resolution.edges)
    warehouse.put("step.delta_cluster", outcome.resolution.clusters)
    warehouse.redo(_among_stale("engine_edge", "step.delta_edge"), STALE_EDGE)
    warehouse.redo(scoped(_sql("engine_cluster"), {"step.delta_cluster": IN_SCOPE}), IN_SCOPE)
    warehouse.make(scoped(_sql("engine_party"), SCOPED))
    warehouse.redo(scoped(_sql("party_cluster"), SCOPED), IN_SCOPE)
    device = SCOPED | {"silver.visitor_link": f"visitor_record_id in {SCOPE}"}
    warehouse.redo(scoped(_sql("visitor_owner"), device), VISITOR_IN_SCOPE)
    warehouse.redo(scoped(_sql("ids_cluster"), SCOPED), IN_SCOPE)
    edges = {"step.engine_edge": STALE_EDGE, "step.visitor_owner": VISITOR_IN_SCOPE}
    warehouse.redo(
        scoped(_sql("edge"), edges),
        STALE_EDGE,
        model_version=outcome.version,
        visitor_weight=VISITOR_WEIGHT,
    )
    warehouse.swap(_sql("blocked_value"))


def _among_stale(name: str, table: str) -> Statement:
    return scoped(_sql(name), {table: STALE_EDGE})


def _touched(warehouse: Warehouse) -> dict[Key, str]:
    """Return the tables of the touched records and profiles (an organisation's is an account)."""
    warehouse.make(_among_stale("delta_touched_profile", "identity.edge"))
    warehouse.make(_sql("delta_touched_record"))
    profiles = "step.delta_touched_profile"
    return {
        "record_id": "step.delta_touched_record",
        "profile_id": profiles,
        "account_id": profiles,
    }
