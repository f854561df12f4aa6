"""What a workspace holds: its last run, what each source delivered, what was quarantined."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdp.store.warehouse import Warehouse

_LAST_RUN = "select * from ops.run order by run_id desc limit 1"
_STAGES = """
select stage, skipped, round(seconds, 3) as seconds, counts::varchar as counts
from ops.stage_run
where run_id = $run_id
order by rowid
"""
_SOURCES = """
select source, object, versions, accepted, superseded, deleted, quarantined, fields_left_out
from silver.reconciliation
order by source, object
"""
_REASONS = """
select source, reason, whole_record, count(*) as pieces
from silver.quarantine
group by source, reason, whole_record
order by source, reason, whole_record
"""

_DRIFT = """
select source, object, field, kind, detail, since_run as run, since_at::date as day
from quality.drift
where since_run + 3 > $run_id
order by since_run desc, source, object, field, kind
limit 20
"""
_KNOWS_DRIFT = """
select count(*)
from information_schema.tables
where table_schema = 'quality' and table_name = 'drift'
"""


def overview(warehouse: Warehouse) -> dict[str, Any]:
    """Return the last run, its stages, the sources' counts, the quarantine, and what drifts."""
    runs = warehouse.query(_LAST_RUN).to_dicts()
    run_id = runs[0]["run_id"] if runs else 0
    stages = warehouse.query(_STAGES, run_id=run_id).to_dicts()
    return {
        "run": runs[0] if runs else None,
        "stages": [{**s, "counts": json.loads(s["counts"])} for s in stages],
        "sources": warehouse.query(_SOURCES).to_dicts(),
        "quarantine": warehouse.query(_REASONS).to_dicts(),
        "drift": _drift(warehouse, run_id),
    }


def _drift(warehouse: Warehouse, run_id: int) -> list[dict[str, Any]]:
    """Return how fields drifted in the last three runs; an older version did not look."""
    if not warehouse.query(_KNOWS_DRIFT).item():
        return []
    return warehouse.query(_DRIFT, run_id=run_id).to_dicts()
