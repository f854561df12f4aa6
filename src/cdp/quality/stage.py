"""The stage that holds what arrived against the rules, and lays corrections over it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cdp.quality import drift
from cdp.quality.judge import TOUCHED, Judge, load, tidy
from cdp.quality.objects import note
from cdp.quality.plan import Plan, plan
from cdp.quality.rules import QUALITY
from cdp.sources import INSTANCES
from cdp.stage import Delta, Report, Run, Stage
from cdp.store.state import State
from cdp.store.state_corrections import Corrections

if TYPE_CHECKING:
    from collections.abc import Iterator

_COUNTS: Final = """
select
    (select count(*) from step.quality_held) as records,
    (select count(*) from quality.correction) as corrected,
    (select count(*) from quality.refusal) as refused
"""
_BROKEN: Final = """
select source, object, rule, severity, failed, checked
from quality.result
where run_id = $run_id and failed > 0
order by source, object, rule
"""
_UNREAD: Final = """
select g.source, g.object
from temp.quality_governed as g
left join bronze.load as l on l.source = g.source and l.object = g.object
where l.load_id is null
order by g.source, g.object
"""
_MOST_NOTES: Final = 20


def run(run: Run) -> Report:
    """Judge everything that arrived.

    Raises:
        ConfigError: rules speak of a source that is not declared.
    """
    judge = _judge(run)
    judge.anew()
    return _report(run, judge.plan)


def delta(run: Run, delta: Delta) -> Report | None:
    """Judge what arrived or was corrected since; None where the last run left nothing.

    Raises:
        ConfigError: rules speak of a source that is not declared.
    """
    judge = _judge(run)
    if not judge.follow(delta.since):
        return None
    return replace(_report(run, judge.plan), touched={"record_id": TOUCHED})


def _judge(run: Run) -> Judge:
    with State.open(run.workspace.home) as state:
        corrections = Corrections(state).in_force()
    return Judge(run.warehouse, plan(run.workspace), corrections, run.workspace.about.country)


def _report(run: Run, rules: Plan) -> Report:
    warehouse = run.warehouse
    warehouse.append(load("result"), run_id=run.run_id)
    warehouse.append(load("extent"), run_id=run.run_id)
    note(run, rules)
    odd = drift.follow(warehouse)
    counts = warehouse.query(_COUNTS).row(0, named=True)
    unread = [
        f"{source}: nothing was read of {name} so far, which quality/ has rules for"
        for source, name in warehouse.query(_UNREAD).iter_rows()
    ]
    notes = [*unread, *_broken(run), *drift.news(warehouse, run.run_id), *odd]
    tidy(warehouse)
    return Report({"rules": len(rules.rules), **counts}, tuple(_few(notes)))


def _broken(run: Run) -> Iterator[str]:
    for source, name, rule, severity, failed, checked in run.warehouse.query(
        _BROKEN, run_id=run.run_id
    ).iter_rows():
        of = f"{failed:,} of {checked:,} records" if ":" in rule else "the object"
        verb = "do" if ":" in rule and failed > 1 else "does"
        yield f"{source}: {name} {rule} ({severity}): {of} {verb} not keep it"


def _few(notes: list[str]) -> list[str]:
    more = len(notes) - _MOST_NOTES
    return [*notes[:_MOST_NOTES], *([f"and {more} more; see `cdp quality`"] if more > 0 else [])]


STAGE = Stage(
    name="quality",
    reads=("bronze.record", "bronze.load"),
    writes=(
        "quality.correction",
        "quality.failure",
        "quality.refusal",
        "quality.result",
        "quality.extent",
        "quality.field",
        "quality.drift",
    ),
    key="global",
    run=run,
    delta=delta,
    config=(QUALITY, INSTANCES),
    state=("correction",),
)
