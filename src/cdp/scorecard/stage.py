"""The stage scorecard: measures of identity resolution, kept for every run, and its gates.

Invariant: a run that breaches a declared gate leaves its scorecard and goes no further, so that
nothing of it is published; the next run is measured against the last one that passed.
"""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.scorecard.definition import METRICS, SCORECARD
from cdp.scorecard.intervals import Estimate, f1, share
from cdp.stage import Report, Run, Stage
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.scorecard.definition import Gate, ScorecardFile
    from cdp.store import Warehouse

TABLE: Final = "identity.scorecard"
MEASURES: Final = ("size", "churn", "contradiction", "doubt", "expectation")
_METRIC: Final = pl.Schema({"metric": pl.String(), "value": pl.Float64()})
_SCORECARD: Final = pl.Schema(
    {
        "run_id": pl.Int64(),
        "metric": pl.String(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "at_least": pl.Float64(),
        "at_most": pl.Float64(),
        "breached": pl.Boolean(),
        "detail": pl.String(),
    }
)
BAND: Final = "weight_band_"
FEW: Final = 0.5
"""Pairs that an empty band counts, so that its share has a logarithm."""
SHOWN: Final = 5
AGAINST_THE_LAST: Final = {"id_churn", "weight_drift"}
"""Metrics that need an earlier run."""


def run(run: Run) -> Report:
    """Add the run's scorecard to `identity.scorecard`; refuse what breaches a gate."""
    warehouse = run.warehouse
    declared = run.workspace.one(SCORECARD)
    passed = int(warehouse.select(_sql("passed")).item())
    estimates = {**_measured(warehouse, passed), **_known_pairs(warehouse, declared)}
    broken = _broken(warehouse, declared)
    if declared.canaries:
        estimates["canaries_broken"] = Estimate(float(len(broken)), None, None)
    bands = _bands(warehouse)
    drift = _drift(bands, _bands_of(warehouse, passed))
    if drift is not None:
        estimates["weight_drift"] = Estimate(drift, None, None)
    rows = [
        *_rows(run.run_id, estimates, declared.gates, {"canaries_broken": "; ".join(broken)}),
        *_rows(run.run_id, {BAND + str(b): Estimate(n, None, None) for b, n in bands.items()}),
    ]
    warehouse.connection.execute(f"delete from {TABLE} where run_id = ?", [run.run_id])  # noqa: S608 - a constant
    warehouse.insert(TABLE, pl.DataFrame(rows, schema=_SCORECARD, orient="row"))
    return _report(estimates, declared.gates, broken)


def _sql(name: str) -> Statement:
    return Statement.load("cdp.scorecard", name)


def _measured(warehouse: Warehouse, since: int) -> dict[str, Estimate]:
    """Return what needs no labels, in the order of METRICS."""
    given = {"since": since}
    found: dict[str, float] = {}
    for name in MEASURES:
        statement = _sql(name)
        frame = warehouse.select(statement, **{p: given[p] for p in statement.params})
        found.update(frame.select(_METRIC.names()).iter_rows())
    return {m: Estimate(found[m], None, None) for m in METRICS if found.get(m) is not None}


def _known_pairs(warehouse: Warehouse, declared: ScorecardFile) -> dict[str, Estimate]:
    """Return what labels and stewards' decisions say, where there are any."""
    estimates: dict[str, Estimate] = {}
    if declared.labels:
        labels = pl.DataFrame(
            list(declared.labels.items()),
            schema={"record_id": pl.String, "entity": pl.String},
            orient="row",
        )
        warehouse.put("step.scorecard_label", labels)
        both, joined_only, one_only = warehouse.select(_sql("label")).row(0)
        estimates["labelled_pairs"] = Estimate(float(both + joined_only + one_only), None, None)
        estimates["precision"] = share(both, both + joined_only)
        estimates["recall"] = share(both, both + one_only)
        estimates["f1"] = f1(both, joined_only, one_only)
    decided, agreed = warehouse.select(_sql("agreement")).row(0)
    if decided:
        estimates["decided_pairs"] = Estimate(float(decided), None, None)
        estimates["agreement_with_stewards"] = share(agreed, decided)
    return {name: e for name, e in estimates.items() if e.value is not None}


def _broken(warehouse: Warehouse, declared: ScorecardFile) -> list[str]:
    """Return the canaries that are not where they must be, in words."""
    rows = [(*c.pair, c.together is not None, c.why) for c in declared.canaries]
    schema = {
        "record_l": pl.String,
        "record_r": pl.String,
        "together": pl.Boolean,
        "why": pl.String,
    }
    warehouse.put("step.scorecard_canary", pl.DataFrame(rows, schema=schema, orient="row"))
    return [
        f"{left} and {right} must be {'one' if together else 'two'}{f' ({why})' if why else ''}"
        for left, right, together, why in warehouse.select(_sql("canary")).iter_rows()
    ]


def _bands(warehouse: Warehouse) -> dict[int, float]:
    return {bin_: float(pairs) for bin_, pairs in warehouse.select(_sql("weight_bin")).iter_rows()}


def _bands_of(warehouse: Warehouse, run_id: int) -> dict[int, float]:
    rows = warehouse.query(
        f"select metric, value from {TABLE} "  # noqa: S608 - a constant
        "where run_id = $run_id and starts_with(metric, $band) order by metric",
        run_id=run_id,
        band=BAND,
    )
    return {int(metric.removeprefix(BAND)): value for metric, value in rows.iter_rows()}


def _drift(now: Mapping[int, float], then: Mapping[int, float]) -> float | None:
    """Return the population stability index of two histograms; None without a former one.

    PSI = sum over bands of (p - q) ln(p / q) (Siddiqi 2006).
    """
    if not now or not then:
        return None
    bands = sorted(now.keys() | then.keys())
    totals = [sum(max(h.get(b, 0.0), FEW) for b in bands) for h in (now, then)]
    pairs = [
        tuple(max(h.get(b, 0.0), FEW) / total for h, total in zip((now, then), totals, strict=True))
        for b in bands
    ]
    return sum((p - q) * log(p / q) for p, q in pairs)


def _rows(
    run_id: int,
    estimates: Mapping[str, Estimate],
    gates: Mapping[str, Gate] | None = None,
    details: Mapping[str, str] | None = None,
) -> Iterator[tuple[Any, ...]]:
    for name, estimate in estimates.items():
        gate = (gates or {}).get(name)
        bounds = (gate.min, gate.max) if gate else (None, None)
        breached = gate is not None and not gate.passes(estimate.value or 0.0)
        detail = (details or {}).get(name) or None
        yield run_id, name, estimate.value, estimate.low, estimate.high, *bounds, breached, detail


def _report(
    estimates: Mapping[str, Estimate], gates: Mapping[str, Gate], broken: list[str]
) -> Report:
    breaches = [
        f"{name} is {_number(estimates[name].value)}, allowed is {_allowed(gate)}"
        for name, gate in sorted(gates.items())
        if name in estimates and not gate.passes(estimates[name].value or 0.0)
    ]
    notes = [*(f"canary: {sentence}" for sentence in broken[:SHOWN])]
    notes += [
        f"{name} is gated, but nothing measures it here: give labels, canaries or decisions"
        for name in sorted(gates.keys() - estimates.keys() - AGAINST_THE_LAST - {"canaries_broken"})
    ]
    refused = None
    if breaches:
        refused = (
            f"{'; '.join([*breaches, *broken[:SHOWN]])}. Look at `cdp scorecard`, then mend rules "
            "or data, decide the pairs (`cdp review`), or move the gate in scorecard.yaml"
        )
    counts = {"metrics": len(estimates), "gates": len(gates), "breached": len(breaches)}
    return Report(counts, tuple(notes), refused=refused)


def _allowed(gate: Gate) -> str:
    bounds = [("at least", gate.min), ("at most", gate.max)]
    return " and ".join(f"{word} {_number(bound)}" for word, bound in bounds if bound is not None)


def _number(value: float | None) -> str:
    return f"{value:,.4g}" if value is not None else "unknown"


STAGE: Final = Stage(
    name="scorecard",
    reads=(
        "identity.edge",
        "identity.doubt",
        "identity.assignment",
        "identity.profile",
        "identity.history",
        "identity.blocked_value",
        "silver.attribute",
        "silver.identifier",
    ),
    writes=(TABLE,),
    key="global",
    run=run,
    config=(SCORECARD,),
)
