"""The report of the last run: rules, quarantine, drift, and the balance of what was read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cdp.quality.objects import is_stale

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.quality.plan import Plan
    from cdp.store import Warehouse

_RULES: Final = """
with ranked as (
    select
        *,
        lag(failed) over (partition by source, object, rule order by run_id) as failed_before,
        max(run_id) over () as last_run
    from quality.result
)
select
    source,
    object,
    rule,
    severity,
    checked,
    failed,
    case when checked > 0 then failed / checked else 0.0 end as share,
    failed_before,
    examples,
    message
from ranked
where run_id = last_run
    and ($source::varchar is null or source = $source)
order by source, object, rule
"""
_WAITING: Final = """
select source, object, reason, count(*) as records
from quality.quarantined
where $source::varchar is null or source = $source
group by source, object, reason
order by source, object, reason
"""
_DRIFT: Final = """
select
    d.source,
    d.object,
    d.field,
    d.kind,
    d.detail,
    d.since_run,
    d.since_at,
    min(f.first_seen_at) as first_seen_at,
    min(f.first_run) as first_run,
    max(f.last_seen_at) as last_seen_at,
    max(f.last_run) as last_run
from quality.drift as d
inner join quality.field as f
    on f.source = d.source and f.object = d.object and f.field = d.field
where $source::varchar is null or d.source = $source
group by all
order by d.since_run desc, d.source, d.object, d.field, d.kind
"""
_BALANCE: Final = """
select
    run_id,
    source,
    sum(rows)::bigint as read,
    coalesce(sum(rows) filter (where outcome = 'accepted'), 0)::bigint as accepted,
    coalesce(sum(rows) filter (where outcome = 'superseded'), 0)::bigint as superseded,
    coalesce(sum(rows) filter (where outcome = 'unchanged'), 0)::bigint as unchanged,
    coalesce(sum(rows) filter (where outcome = 'duplicate'), 0)::bigint as duplicate,
    coalesce(sum(rows) filter (where outcome = 'deleted'), 0)::bigint as deleted,
    coalesce(sum(rows) filter (where outcome = 'quarantined'), 0)::bigint as quarantined,
    string_agg(reason || ' ' || rows, ', ' order by object, reason)
        filter (where outcome = 'quarantined') as reasons
from silver.balance
where run_id = (select max(run_id) from silver.balance)
    and ($source::varchar is null or source = $source)
group by run_id, source
order by source
"""
_EXTENT: Final = """
select source, object, arg_max(changed_at, run_id) as changed_at
from quality.extent
group by source, object
"""
_MASKED: Final = 3


def report(warehouse: Warehouse, source: str | None = None) -> dict[str, Any]:
    """Return what `cdp quality` shows; keys of records are masked."""
    rules = warehouse.query(_RULES, source=source).to_dicts()
    for rule in rules:
        rule["examples"] = [masked(key) for key in rule["examples"]]
    return {
        "rules": rules,
        "quarantine": warehouse.query(_WAITING, source=source).to_dicts(),
        "drift": warehouse.query(_DRIFT, source=source).to_dicts(),
        "balance": warehouse.query(_BALANCE, source=source).to_dicts(),
    }


def stale(warehouse: Warehouse, plan: Plan, now: datetime) -> list[dict[str, Any]]:
    """Return the objects that are older by now than their rules want."""
    rows = warehouse.query(_EXTENT).iter_rows()
    newest = {(source, name): changed_at for source, name, changed_at in rows}
    return [
        {"source": of[0], "object": of[1], "fresh": asked.fresh, "changed_at": newest.get(of)}
        for of, asked in plan.objects.items()
        if is_stale(asked, newest.get(of), now.replace(tzinfo=None))
    ]


def masked(key: str) -> str:
    """Return a key that can be told from others and names nobody: its last three characters."""
    return f"***{key[-_MASKED:]}" if len(key) > 2 * _MASKED else "***" + key[-1:]
