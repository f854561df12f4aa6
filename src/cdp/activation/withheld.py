"""What was decided since the last run and holds at once: withdrawals, restrictions, erasures.

Invariant: a refusal that no run has weighed yet counts as a refusal; an opt-in waits for the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.store.state import State
from cdp.store.state_consents import Consents
from cdp.store.state_privacy import Requests, Restrictions

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.destinations import DestinationDefinition
    from cdp.store import Warehouse

_PROFILES: Final = """
select distinct profile_id from gold.source_record
where list_contains($records, record_id) order by profile_id
"""
_UNHEARD: Final = """
select s.contact_value, r.profile_id
from said as s
left join gold.source_record as r on r.record_id = s.record_id
where not exists (
    select 1 from gold.consent as c
    where (c.profile_id = r.profile_id or c.contact_value = s.contact_value)
        and (
            c.consent_id = s.consent_id
            or list_contains(c.losers->>'$[*].consent_id', s.consent_id)
        )
)
"""


@dataclass(frozen=True, slots=True)
class Withheld:
    """Who and what is held back, whatever the gold tables say yet.

    Attributes:
        restricted: profiles whose processing is restricted.
        leaving: profiles that asked to be erased, which is not done yet.
        profiles: profiles that withdrew their permission for every contact point.
        points: contact points whose permission was withdrawn.
    """

    restricted: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


def withheld(warehouse: Warehouse, home: Path, wish: DestinationDefinition) -> Withheld:
    """Return what the state file holds back from an export as this one."""
    if not (home / "state.db").exists():
        return Withheld()
    with State.open(home) as state:
        records = Restrictions(state).every()
        leaving = {r.subject for r in Requests(state).waiting() if r.type == "erase" and r.subject}
        said = [
            (f"cdp:{number}", one.record_id, one.contact_value)
            for number, one in Consents(state).every()
            if one.state == "denied"
            and (one.channel, one.purpose) == (wish.channel, wish.purpose)
            and one.category in {"any", wish.category}
        ]
    restricted = warehouse.query(_PROFILES, records=records)["profile_id"] if records else ()
    profiles, points = _unheard(warehouse, said)
    return Withheld(tuple(restricted), tuple(sorted(leaving)), profiles, points)


def _unheard(
    warehouse: Warehouse, said: list[tuple[str, str | None, str | None]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the profiles, and the contact points, of refusals that no run has weighed."""
    if not said:
        return (), ()
    names = ("consent_id", "record_id", "contact_value")
    frame = pl.DataFrame(said, dict.fromkeys(names, pl.String()), orient="row")
    warehouse.connection.register("said", frame)
    try:
        found = warehouse.query(_UNHEARD)
    finally:
        warehouse.connection.unregister("said")
    everywhere = found.filter(pl.col("contact_value").is_null())["profile_id"].drop_nulls()
    points = found["contact_value"].drop_nulls()
    return tuple(everywhere.unique().sort()), tuple(points.unique().sort())
