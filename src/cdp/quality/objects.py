"""Rules about whole objects: how fresh they are, and how far the number of records moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.quality.rules import span

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cdp.quality.plan import Plan
    from cdp.quality.rules import Change, ObjectRules
    from cdp.stage import Run

_EXTENTS: Final = """
select
    e.source,
    e.object,
    e.held,
    e.changed_at,
    b.held as held_before
from quality.extent as e
left join (
    select
        source,
        object,
        arg_max(held, run_id) as held
    from quality.extent
    where run_id < $run_id
    group by source, object
) as b on b.source = e.source and b.object = e.object
where e.run_id = $run_id
"""
_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "run_id": pl.Int64,
    "source": pl.String,
    "object": pl.String,
    "rule": pl.String,
    "field": pl.String,
    "severity": pl.String,
    "checked": pl.Int64,
    "failed": pl.Int64,
    "examples": pl.List(pl.String),
    "message": pl.String,
}


def note(run: Run, plan: Plan) -> None:
    """Write down what the rules about whole objects say after this run."""
    frame = run.warehouse.query(_EXTENTS, run_id=run.run_id)
    extents = {(row["source"], row["object"]): row for row in frame.iter_rows(named=True)}
    rows: list[tuple[object, ...]] = [
        (run.run_id, *place, rule, None, "warn", 1, int(is_broken), [], message)
        for place, asked in plan.objects.items()
        for rule, is_broken, message in _judged(asked, extents.get(place), moment(run))
    ]
    run.warehouse.insert("quality.result", pl.DataFrame(rows, schema=_SCHEMA, orient="row"))


def moment(run: Run) -> datetime:
    """Return when freshness is looked at: now, or where the workspace says that it looks from."""
    pinned = run.workspace.about.as_of is not None
    return (run.as_of if pinned else run.started_at).replace(tzinfo=None)


def is_stale(asked: ObjectRules, changed_at: datetime | None, now: datetime) -> bool:
    """Return whether the newest record of an object is older than its rule wants."""
    return asked.fresh is not None and (changed_at is None or now - changed_at > span(asked.fresh))


def _judged(
    asked: ObjectRules, extent: dict[str, Any] | None, now: datetime
) -> Iterator[tuple[str, bool, str]]:
    if asked.fresh is not None:
        changed_at = extent["changed_at"] if extent else None
        newest = f"{changed_at:%Y-%m-%d %H:%M}" if changed_at else "never"
        message = f"the newest record changed within {asked.fresh} (UTC {newest})"
        yield "fresh", is_stale(asked, changed_at, now), message
    if asked.rows is not None:
        held = extent["held"] if extent else 0
        before = extent["held_before"] if extent else None
        message = f"the number of records moves within bounds ({before or 0:,} to {held:,})"
        yield "rows", _moved_too_far(asked.rows, held, before), message


def _moved_too_far(bounds: Change, held: int, before: int | None) -> bool:
    if not before:
        return False
    percent = 100 * (held - before) / before
    too_few = bounds.fall is not None and -percent > bounds.fall
    too_many = bounds.rise is not None and percent > bounds.rise
    return too_few or too_many
