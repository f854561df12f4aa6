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


def overview(warehouse: Warehouse) -> dict[str, Any]:
    """Return the last run, its stages, the sources' counts and the reasons of the quarantine."""
    runs = warehouse.query(_LAST_RUN).to_dicts()
    run_id = runs[0]["run_id"] if runs else 0
    stages = warehouse.query(_STAGES, run_id=run_id).to_dicts()
    return {
        "run": runs[0] if runs else None,
        "stages": [{**s, "counts": json.loads(s["counts"])} for s in stages],
        "sources": warehouse.query(_SOURCES).to_dicts(),
        "quarantine": warehouse.query(_REASONS).to_dicts(),
    }
