"""Membership of every declared segment, and its history.

Invariants: gold.segment_member holds exactly those who satisfy the definitions now, each with
the run in which it entered; the history tells every difference between two runs once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cdp.model.tables import BY_NAME
from cdp.segments.compiler import Compiled, compiled
from cdp.segments.definition import SEGMENTS
from cdp.segments.scope import READS
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement
from cdp.store.narrow import among, narrowed
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.settings import Workspace
    from cdp.stage import Key
    from cdp.store import Warehouse

_FOUND = pl.Schema({name: pl.String() for name in ("segment", "profile_id", "account_id")})


def definitions(workspace: Workspace) -> dict[str, Compiled]:
    """Return every segment of the workspace, compiled, by name.

    Raises:
        ConfigError: a file does not validate, or names something that is not there.
    """
    declared = workspace.many(SEGMENTS)
    scores = frozenset(file.stem for file in workspace.root.glob("scores/*.yaml"))
    return {name: compiled(name, declared, scores) for name in declared}


def run(run: Run) -> Report:
    """Bring gold.segment_member up to date and add what changed to gold.segment_history."""
    warehouse, stamp = run.warehouse, {"run_id": run.run_id, "as_of": run.as_of}
    segments = definitions(run.workspace)
    warehouse.make(_sql("segment_before"))
    warehouse.put("step.segment_found", pl.DataFrame(schema=_FOUND))
    for segment in segments.values():
        warehouse.append(statement_of(segment), **segment.params(run.as_of))
    changes = warehouse.append(_sql("segment_history"), **stamp)
    warehouse.replace(_sql("segment_member"), **stamp)
    return Report(_counts(run, segments, changes), _notes(run, segments))


def delta(run: Run, _: Delta) -> Report:
    """Bring the membership of touched profiles up to date, and add to the history what changed."""
    warehouse, stamp = run.warehouse, {"run_id": run.run_id, "as_of": run.as_of}
    segments, declared = definitions(run.workspace), run.workspace.many(SEGMENTS)
    own = {name for name in segments if declared[name].condition.is_own(declared)}
    for name in segments.keys() - own:
        _find_anew(run, segments[name])
    share(warehouse)
    _forget_touched(warehouse, own)
    for name in sorted(own):
        segment = segments[name]
        warehouse.append(narrowed(statement_of(segment)), **segment.params(run.as_of))
    warehouse.make(narrowed(_sql("segment_before")))
    changes = warehouse.append(narrowed(_sql("segment_history")), **stamp)
    warehouse.refresh(_sql("segment_member"), **stamp)
    return Report(_counts(run, segments, changes), _notes(run, segments), PARTIES)


def _find_anew(run: Run, segment: Compiled) -> None:
    """Find all members of a segment whose query may look at others; touch who comes or goes."""
    warehouse, connection = run.warehouse, run.warehouse.connection
    connection.execute("delete from step.segment_found where segment = ?", [segment.name])
    warehouse.append(statement_of(segment), **segment.params(run.as_of))
    warehouse.append(_sql("segment_moved"), segment=segment.name)


def _forget_touched(warehouse: Warehouse, segments: set[str]) -> None:
    """Remove touched profiles from what was found of these segments."""
    sql = f"delete from step.segment_found where {among('profile_id')} "  # noqa: S608 - ours
    condition = "and list_contains($segments, segment)"
    warehouse.connection.execute(sql + condition, {"segments": sorted(segments)})


def _sql(name: str) -> Statement:
    return Statement.load("cdp.segments", name)


def statement_of(segment: Compiled) -> Statement:
    """Return the compiled segment as a statement that fills `step.segment_found`."""
    key: Key = "account_id" if segment.entity == "organisation" else "profile_id"
    keyed = tuple(t for t in segment.tables if any(c.name == key for c in BY_NAME[t].columns))
    return Statement(
        name=f"segment {segment.name}",
        sql=segment.sql,
        grain="one member",
        key=key,
        reads=keyed,
        broadcast=tuple(table for table in segment.tables if table not in keyed),
        params=tuple(segment.values),
        writes="step.segment_found",
    )


def _counts(run: Run, segments: Mapping[str, Compiled], changes: int) -> dict[str, int]:
    members = run.warehouse.count("gold.segment_member")
    return {"segments": len(segments), "members": members, "changes": changes}


def _notes(run: Run, segments: Iterable[str]) -> tuple[str, ...]:
    """Return one sentence for each segment: its size, who entered and who left."""
    members = _by_segment(run, "select segment, count(*) from gold.segment_member group by segment")
    changed = (
        "select segment, count(*) from gold.segment_history "
        "where run_id = $run_id and event = $event group by segment"
    )
    entered = _by_segment(run, changed, run_id=run.run_id, event="entered")
    left = _by_segment(run, changed, run_id=run.run_id, event="left")
    return tuple(
        f"{name}: {members.get(name, 0):,} members, {entered.get(name, 0):,} entered, "
        f"{left.get(name, 0):,} left"
        for name in sorted({*segments, *left})
    )


def _by_segment(run: Run, sql: str, **params: object) -> dict[str, int]:
    return dict(run.warehouse.query(sql, **params).rows())


STAGE = Stage(
    name="segments",
    reads=READS,
    writes=("gold.segment_member", "gold.segment_history"),
    key="profile_id",
    run=run,
    delta=delta,
    config=(SEGMENTS,),
    uses_as_of=True,
)
