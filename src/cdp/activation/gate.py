"""The consent gate: the one place that decides whether a member may leave, and by what.

Invariants: nobody leaves for a purpose without a granted permission for the contact point of the
channel that is handed out, as gold.consent holds it after every conflict was resolved, and as was
refused since; members = sent + suppressed, each suppressed one with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cdp.activation.withheld import withheld
from cdp.errors import StateError
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    import polars as pl

    from cdp.destinations import Channel, DestinationDefinition
    from cdp.store import Warehouse

REASONS: Final = (
    "erased",
    "restricted",
    "region",
    "below_age",
    "age_unknown",
    "blocked",
    "obsolete",
    "control_group",
    "no_contact_point",
    "no_permission",
    "denied",
    "pending",
)
GATE: Final = "temp.gate"
_COUNTS: Final = """
select reason, count(*) as members from temp.gate group by reason order by reason nulls first
"""
_DAYS_OF_FEBRUARY: Final = 28


@dataclass(frozen=True, slots=True)
class Gated:
    """The members of a segment, judged; who they are is in the table `temp.gate`.

    Attributes:
        members: how many there are.
        suppressed: how many are held back, by reason.
        content: what was decided since the generation that they are judged by.
        also: further channels whose permitted contact points are in `temp.gate_<channel>`.
    """

    members: int
    suppressed: dict[str, int]
    content: str
    also: tuple[Channel, ...] = ()

    @property
    def sent(self) -> int:
        """How many may leave."""
        return self.members - sum(self.suppressed.values())


@dataclass(frozen=True, slots=True)
class Moment:
    """Where the state file lies, and the moment that ages are told at."""

    home: Path
    as_of: datetime


def gate(
    warehouse: Warehouse,
    segment: str,
    wish: DestinationDefinition,
    moment: Moment,
    also: Iterable[Channel] = (),
) -> Gated:
    """Judge every member of the segment: `temp.gate` has profile_id, contact, reason.

    For each further channel `temp.gate_<channel>` says whether the same members may be reached by
    it, too, for the same purpose, so that no column hands out what its own permission refuses.

    Raises:
        StateError: what is published was made by an older version.
    """
    _check(warehouse)
    further = tuple(sorted({channel for channel in also if channel != wish.channel}))
    held = _judge(warehouse, segment, wish, moment, GATE)
    for channel in further:
        asked = wish.model_copy(update={"channel": channel})
        held += _judge(warehouse, segment, asked, moment, f"{GATE}_{channel}")
    counted = dict(warehouse.query(_COUNTS).rows())
    return Gated(
        members=sum(counted.values()),
        suppressed={reason: counted[reason] for reason in REASONS if reason in counted},
        content=held,
        also=further,
    )


def verdicts(warehouse: Warehouse) -> pl.DataFrame:
    """Return profile_id and reason of every member that was judged, by id."""
    return warehouse.query("select profile_id, reason from temp.gate order by profile_id")


def _judge(
    warehouse: Warehouse, segment: str, wish: DestinationDefinition, moment: Moment, target: str
) -> str:
    """Judge by one channel; return what was decided since the last run as text."""
    held = withheld(warehouse, moment.home, wish)
    params: dict[str, object] = {
        "segment": segment,
        "regions": list(wish.regions) if wish.regions is not None else None,
        "born_by": _born_by(moment.as_of, wish.minimum_age),
        "hold_unknown_age": wish.minimum_age is not None and wish.unknown_age == "hold",
        "restricted": list(held.restricted),
        "leaving_ids": list(held.leaving),
    }
    if wish.is_contacting or wish.channel is not None:
        params |= {
            "purpose": wish.purpose,
            "channel": wish.channel,
            "category": wish.category,
            "campaign": wish.campaign,
            "best_only": wish.contact_points == "best",
            "withdrawn_ids": list(held.profiles),
            "withdrawn_points": list(held.points),
        }
        statement = Statement.load("cdp.activation", "gate")
    else:
        statement = Statement.load("cdp.activation", "gate_internal")
    warehouse.make(replace(statement, writes=target), **params)
    return repr(held)


def _born_by(as_of: datetime, years: int | None) -> str | None:
    """Return the last date of birth of whoever has reached this age, None for any age."""
    if years is None:
        return None
    day = as_of.date()
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=_DAYS_OF_FEBRUARY)
    return day.replace(year=day.year - years).isoformat()


def _check(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "select 1 from duckdb_columns() where schema_name = 'gold' "
        "and table_name = 'segment_member' and column_name = 'control_of'"
    )
    if rows.is_empty():
        msg = "what is published was made by an older version of cdp; `cdp run` once, then export"
        raise StateError(msg)
