"""One telling example of each thing a generation holds, for those who see it the first time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.store import goldfile

if TYPE_CHECKING:
    from pathlib import Path

# The person whom most systems know, and of these the one with the most source records.
_PERSON = """
select profile_id, full_name, record_count, sources
from gold.customer_360
where profile_type = 'person'
order by source_count desc, record_count desc, profile_id
limit 1
"""
_SCORE = """
select score, value, band, explanation::varchar as explanation
from gold.scores
where profile_id = $profile_id
order by score
limit 1
"""
_SEGMENT = """
select segment, count(*) as members
from gold.segment_membership
group by segment
order by segment
limit 1
"""
_TOTALS = """
select
    count(*) filter (where profile_type = 'person') as persons,
    count(*) filter (where profile_type = 'visitor') as visitors,
    (select count(*) from gold.account_360) as organisations,
    (select count(*) from gold.profile_source) as records
from gold.customer_360
"""


def showcase(gold: Path) -> dict[str, dict[str, Any] | None]:
    """Return totals, one stitched person, one of its scores and one segment; None where none is.

    Raises:
        WarehouseError: the gold file cannot be read.
    """
    with goldfile.reading(gold) as connection:

        def first(sql: str, **params: object) -> dict[str, Any] | None:
            rows = connection.sql(sql, params=params or None).pl().to_dicts()
            return rows[0] if rows else None

        person = first(_PERSON)
        return {
            "totals": first(_TOTALS),
            "person": person,
            "score": first(_SCORE, profile_id=person["profile_id"]) if person else None,
            "segment": first(_SEGMENT),
        }
