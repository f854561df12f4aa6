"""Membership of every segment of the workspace, and its history.

Invariants: gold.segment_member holds exactly those who satisfy the definitions now, each with
the run in which it entered; the history tells every difference between two runs once, and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.segments import causes
from cdp.segments.control import slots
from cdp.segments.definition import SEGMENTS
from cdp.segments.filling import find, statement_of
from cdp.segments.known import definitions, files
from cdp.segments.memory import Memory
from cdp.segments.scope import READS
from cdp.segments.together import together
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement, restricted
from cdp.store.narrow import among, narrowed, touched
from cdp.store.state import State
from cdp.store.state_segments import TOPICS, StaticMembers
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.segments.compiler import Compiled
    from cdp.segments.definition import SegmentFile
    from cdp.store import Warehouse

__all__ = ["STAGE", "definitions", "statement_of"]

_FOUND: Final = pl.Schema({name: pl.String() for name in ("segment", "profile_id", "account_id")})
_GIVEN: Final = pl.Schema(
    {
        **{name: pl.String() for name in ("segment", "profile_id", "record_id", "added_by")},
        "added_at": pl.Datetime("us"),
    }
)
_CONTROL: Final = pl.Schema(
    {"segment": pl.String(), "campaign": pl.String(), "salt": pl.String(), "slots": pl.Int32()}
)


def run(run: Run) -> Report:
    """Bring gold.segment_member up to date and add what changed to gold.segment_history."""
    warehouse = run.warehouse
    segments, declared = definitions(run.workspace), files(run.workspace)
    memory = Memory.read(run)
    redefined = memory.changed(segments, is_first=not warehouse.count("gold.segment_member"))
    _resolve_static(run)
    warehouse.make(_sql("segment_before"))
    warehouse.put("step.segment_found", pl.DataFrame(schema=_FOUND))
    for segment in together(segments.values()):
        find(warehouse, segment, statement_of(segment), run.as_of)
    restricted.remember(warehouse, run.workspace.home, "segment")
    restricted.keep_out(warehouse, run.workspace.home, "step.segment_found")
    warehouse.make(_sql("segment_turned"))
    causes.tell(run, segments, _own(segments, declared), (memory, redefined))
    changes = _add_history(run)
    _hold_out(run, declared)
    warehouse.replace(_sql("segment_member"), **_stamp(run))
    Memory.keep(run, segments)
    return Report(_counts(run, segments, changes), _notes(run, segments))


def delta(run: Run, _: Delta) -> Report:
    """Bring the membership of touched profiles up to date, and add to the history what changed."""
    warehouse = run.warehouse
    segments, declared = definitions(run.workspace), files(run.workspace)
    memory, own = Memory.read(run), _own(segments, declared)
    redefined = memory.changed(segments, is_first=False)
    _resolve_static(run)
    _touch_uploaded(warehouse)
    for name in sorted({*redefined, *segments} - (own - set(redefined))):
        _find_anew(run, name, segments.get(name))
    restricted.note(warehouse, run.workspace.home, "segment")
    share(warehouse)
    _forget_touched(warehouse, own)
    for segment in together(segments[name] for name in sorted(own)):
        find(warehouse, segment, narrowed(statement_of(segment)), run.as_of)
    restricted.keep_out(warehouse, run.workspace.home, "step.segment_found")
    warehouse.make(narrowed(_sql("segment_before")))
    warehouse.make(narrowed(_sql("segment_turned")))
    causes.tell(run, segments, own, (memory, redefined))
    changes = _add_history(run)
    _hold_out(run, declared)
    warehouse.refresh(_sql("segment_member"), **_stamp(run))
    Memory.keep(run, segments)
    return Report(_counts(run, segments, changes), _notes(run, segments), PARTIES)


def _own(segments: Iterable[str], declared: Mapping[str, SegmentFile]) -> set[str]:
    return {name for name in segments if declared[name].condition.is_own(declared)}


def _stamp(run: Run) -> dict[str, object]:
    return {"run_id": run.run_id, "as_of": run.as_of}


def _add_history(run: Run) -> int:
    return run.warehouse.append(_sql("segment_history"), **_stamp(run))


def _resolve_static(run: Run) -> None:
    """Bring gold.static_member to those who were put into groups, as the ids are now."""
    warehouse = run.warehouse
    warehouse.make(_sql("segment_static"))
    with State.open(run.workspace.home) as state:
        given = [
            (m.segment, m.profile_id, m.record_id, m.actor, m.added_at.replace(tzinfo=None))
            for m in StaticMembers(state).every()
        ]
    warehouse.put("step.segment_given", pl.DataFrame(given, _GIVEN, orient="row"))
    warehouse.swap(_sql("static_member"))
    warehouse.make(_sql("segment_uploaded"))


def _touch_uploaded(warehouse: Warehouse) -> None:
    """Touch who was put into a static group or taken out of it."""
    warehouse.write(
        f"insert into {touched('profile_id')} select distinct profile_id "  # noqa: S608 - ours
        f"from step.segment_uploaded where not {among('profile_id')}"
    )


def _hold_out(run: Run, declared: Mapping[str, SegmentFile]) -> None:
    """Say who is held out of what: the arms of every segment and of its campaigns."""
    rows: list[tuple[str, str, str, int]] = []
    for name, file in declared.items():
        if file.control is None:
            continue
        rows.append((name, "", file.control.salt or name, slots(file.control.share)))
        rows += [
            (name, campaign, one.salt or campaign, slots(one.share))
            for campaign, one in sorted(file.control.campaigns.items())
        ]
    run.warehouse.put("step.segment_control", pl.DataFrame(rows, _CONTROL, orient="row"))


def _find_anew(run: Run, name: str, segment: Compiled | None) -> None:
    """Find all members of a segment; touch who comes or goes. None: there is no such segment."""
    warehouse, connection = run.warehouse, run.warehouse.connection
    connection.execute("delete from step.segment_found where segment = ?", [name])
    if segment is not None:
        find(warehouse, segment, statement_of(segment), run.as_of)
    warehouse.append(_sql("segment_moved"), segment=name)


def _forget_touched(warehouse: Warehouse, segments: set[str]) -> None:
    """Remove touched profiles from what was found of these segments."""
    sql = f"delete from step.segment_found where {among('profile_id')} "  # noqa: S608 - ours
    condition = "and list_contains($segments, segment)"
    warehouse.connection.execute(sql + condition, {"segments": sorted(segments)})


def _sql(name: str) -> Statement:
    return Statement.load("cdp.segments", name)


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
    reads=(*READS, "identity.assignment", "identity.alias", "identity.history"),
    writes=("gold.segment_member", "gold.segment_history", "gold.static_member"),
    key="profile_id",
    run=run,
    delta=delta,
    config=(SEGMENTS,),
    uses_as_of=True,
    state=(restricted.TOPIC, *TOPICS),
)
