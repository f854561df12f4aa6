"""Why somebody came into a segment or left it, told from what happened since the last run.

Invariant: a cause follows from the tables and from what the last run remembered, so that a run
on a delta tells the same as a full one. An event is the cause only where the definition reads
such events, and where it can be tried, only if without it nothing had changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.segments.filling import statement_of
from cdp.segments.scope import EVENT_TIMES
from cdp.store import Statement
from cdp.store.narrow import scoped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.segments.compiler import Compiled
    from cdp.segments.memory import Memory
    from cdp.stage import Run

_FOLLOW: Final = frozenset({"gold.feature", "gold.score"})
"""Tables that follow from events."""
_TURNED: Final = "in (select profile_id from step.segment_turned)"
_NEW: Final = {
    "interaction": "received_at > $heard",
    "order": "coalesce(changed_at, ordered_at) > $since",
    "cart": "changed_at > $since",
    "quote": "coalesce(changed_at, created_at) > $since",
    "ticket": "coalesce(changed_at, created_at) > $since",
    "lead": "coalesce(changed_at, created_at) > $since",
    "opportunity": "coalesce(changed_at, created_at) > $since",
    "activity": "coalesce(changed_at, starts_at) > $since",
}
"""What of a kind of event is new since the last run, as segment_news.sql says it."""


def tell(
    run: Run, segments: Mapping[str, Compiled], own: set[str], past: tuple[Memory, Iterable[str]]
) -> None:
    """Fill `step.segment_cause` for those in `step.segment_turned`.

    `own` are the segments in which somebody is for what they are and did themselves; `past` is
    what is remembered, and which definitions are others since.
    """
    memory, changed = past
    warehouse = run.warehouse
    since = memory.as_of or run.as_of.replace(tzinfo=None)
    heard = memory.heard or run.started_at.replace(tzinfo=None)
    news = {"since": since, "heard": heard}
    warehouse.make(_sql("segment_news"), **news, last_run=memory.run_id)
    rows = [(name, kind) for name, one in segments.items() for kind in sorted(_kinds(one))]
    _put(run, "reads", {"segment": [r[0] for r in rows], "kind": [r[1] for r in rows]})
    _put(run, "changed", {"segment": sorted(changed)})
    _put(run, "without", {"segment": [], "profile_id": []})
    for name, segment in segments.items():
        if name in own and _can_be_tried(segment):
            _try_without(run, segment, news)
        else:
            _as_before(run, name)
    passed = since != run.as_of.replace(tzinfo=None)
    warehouse.make(_sql("segment_cause"), time_passed=passed)


def _can_be_tried(segment: Compiled) -> bool:
    """Whether it can be said who were in the segment had nothing new happened."""
    tables = set(segment.tables)
    return not tables & _FOLLOW and bool(tables & {f"gold.{kind}" for kind in _NEW})


def _try_without(run: Run, segment: Compiled, news: Mapping[str, object]) -> None:
    """Find who of those who came or left were in the segment now had nothing new happened."""
    statement = statement_of(segment)
    cut = scoped(statement, {table: _scope(table, statement) for table in statement.reads})
    used = {key: value for key, value in news.items() if f"${key}" in cut.sql}
    run.warehouse.write(
        f"insert into step.segment_without select segment, profile_id from ({cut.sql})",  # noqa: S608
        {**segment.params(run.as_of), **used},
    )


def _as_before(run: Run, segment: str) -> None:
    """Take it that without what happened everybody were where they were."""
    run.warehouse.write(
        "insert into step.segment_without select segment, profile_id from step.segment_turned "
        "where event = 'left' and segment = $segment",
        {"segment": segment},
    )


def _scope(table: str, statement: Statement) -> str:
    own = f"{statement.key} {_TURNED}"
    kind = table.removeprefix("gold.")
    return f"{own} and not ({_NEW[kind]})" if kind in _NEW else own


def _kinds(segment: Compiled) -> set[str]:
    """Return the kinds of news that a definition looks at."""
    read = {table.removeprefix("gold.") for table in segment.tables}
    events = set(EVENT_TIMES) if set(segment.tables) & _FOLLOW else set(EVENT_TIMES) & read
    return events | ({"consent"} & read)


def _put(run: Run, name: str, columns: Mapping[str, list[str]]) -> None:
    schema = dict.fromkeys(columns, pl.String)
    run.warehouse.put(f"step.segment_{name}", pl.DataFrame(columns, schema))


def _sql(name: str) -> Statement:
    return Statement.load("cdp.segments", name)
