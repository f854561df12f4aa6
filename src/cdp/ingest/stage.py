"""Land what arrives as it came, exactly once.

Invariant: every row of a delivery is a new version in `bronze.record`, a repetition of one that is
there, or a piece in `bronze.rejected`; the three counts make up the rows that were read, or the
stage stops and keeps nothing. What is there is never changed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cdp.ingest.landing import Landed, land
from cdp.sources import INSTANCES, SOURCES, Found, Opening
from cdp.stage import Delta, Report, Run, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.store import Warehouse


def _run(run: Run) -> Report:
    cursors = _cursors(run.warehouse)
    found = {
        name: SOURCES.get(instance.type).find(
            Opening(name, instance, run.workspace.data_dir, cursors.get(name, {}))
        )
        for name, instance in run.workspace.many(INSTANCES).items()
    }
    landed = [
        land(run, name, delivery) for name, each in found.items() for delivery in each.deliveries
    ]
    return Report(_counts(landed), tuple(_notes(found, landed)))


def _delta(run: Run, _: Delta) -> Report:
    """Land what arrived: bronze only grows, so that a run has never more to do than that."""
    return _run(run)


def _cursors(warehouse: Warehouse) -> dict[str, dict[tuple[str, str], str]]:
    rows = warehouse.query("select source, object, position_of, position from bronze.cursor")
    cursors: dict[str, dict[tuple[str, str], str]] = {}
    for source, name, position_of, position in rows.iter_rows():
        cursors.setdefault(source, {})[name, position_of] = position
    return cursors


def _counts(landed: list[Landed]) -> dict[str, int]:
    return {
        "deliveries": len(landed),
        "rows_in": sum(each.rows_in for each in landed),
        "rows_new": sum(each.rows_new for each in landed),
        "rows_repeated": sum(each.rows_repeated for each in landed),
        "rows_rejected": sum(each.rows_rejected for each in landed),
    }


def _notes(found: dict[str, Found], landed: list[Landed]) -> Iterator[str]:
    if not found:
        yield "no source is declared; add sources/<name>.yaml to the workspace"
    for source, each_found in found.items():
        yield from each_found.notes
        own = [each for each in landed if each.source == source]
        yield from (f"{source}: {each.label} is empty" for each in own if not each.rows_in)
        reasons = sum((each.reasons for each in own), Counter[str]())
        if reasons:
            listed = ", ".join(f"{reason} {count}" for reason, count in sorted(reasons.items()))
            yield f"{source}: rejected {listed}"


STAGE = Stage(
    name="ingest",
    reads=(),
    writes=("bronze.record", "bronze.rejected", "bronze.load", "bronze.cursor"),
    key="record_id",
    run=_run,
    config=(INSTANCES,),
    delta=_delta,
)
