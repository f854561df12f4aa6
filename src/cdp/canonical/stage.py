"""The stage that puts bronze into the platform's own words, or says why it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cdp.canonical.account import account
from cdp.canonical.chosen import chosen
from cdp.canonical.delta import refresh
from cdp.canonical.engine import TABLES, Instance, rebuild, tidy
from cdp.canonical.mapping import MAPPINGS
from cdp.canonical.misread import misread
from cdp.canonical.touched import TOUCHED
from cdp.sources import INSTANCES
from cdp.stage import Delta, Report, Run, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.canonical.chosen import Chosen
    from cdp.settings import Workspace
    from cdp.store import Warehouse

_TOTALS: Final = """
select
    coalesce(sum(versions), 0)::bigint as versions,
    coalesce(sum(accepted), 0)::bigint as accepted,
    coalesce(sum(superseded), 0)::bigint as superseded,
    coalesce(sum(deleted), 0)::bigint as deleted,
    coalesce(sum(quarantined), 0)::bigint as quarantined,
    coalesce(sum(fields_left_out), 0)::bigint as fields_left_out
from silver.reconciliation
"""
_REASONS: Final = """
select reason, count(*) as rows
from silver.quarantine
where whole_record
group by reason
order by reason
"""
_UNMAPPED: Final = """
select source, object, count(*) as rows
from silver.quarantine
where reason = 'no_mapping'
group by source, object
order by source, object
"""


def run(run: Run) -> Report:
    """Rebuild silver from bronze.

    Raises:
        ConfigError: a source names a mapping that is not there.
        ReconciliationError: a version was neither accepted, replaced nor quarantined.
    """
    read_by = chosen(run.workspace)
    rows = rebuild(run.warehouse, _instances(run.workspace, read_by), run.workspace.about.country)
    account(run.warehouse)
    tidy(run.warehouse)
    found = _report(run, read_by, rows)
    return replace(found, notes=(*found.notes, *misread(run.warehouse, read_by)))


def delta(run: Run, delta: Delta) -> Report | None:
    """Bring silver up to date with what arrived; None where that is no less work than all.

    Raises:
        ReconciliationError: a version was neither accepted, replaced nor quarantined.
    """
    read_by = chosen(run.workspace)
    instances = _instances(run.workspace, read_by)
    rows = refresh(run.warehouse, instances, run.workspace.about.country, delta.since)
    if rows is None:
        return None
    account(run.warehouse)
    tidy(run.warehouse)
    return replace(_report(run, read_by, rows), touched={"record_id": TOUCHED})


def _report(run: Run, read_by: Mapping[str, Chosen], rows: Mapping[str, int]) -> Report:
    totals = run.warehouse.query(_TOTALS).row(0, named=True)
    reasons = dict(run.warehouse.query(_REASONS).iter_rows())
    counts = {
        **totals,
        **{f"quarantined:{reason}": count for reason, count in reasons.items()},
        **{name if name != "record" else "records": rows[name] for name in TABLES},
    }
    return Report(counts, tuple(_notes(run.warehouse, read_by)))


def _instances(workspace: Workspace, read_by: Mapping[str, Chosen]) -> list[Instance]:
    return [
        Instance.of(name, read_by[name].mapping, declared)
        for name, declared in workspace.many(INSTANCES).items()
    ]


def _notes(warehouse: Warehouse, read_by: Mapping[str, Chosen]) -> Iterator[str]:
    for source, name, count in warehouse.query(_UNMAPPED).iter_rows():
        yield f"{source}: no mapping names the object {name}; its {count} records are in quarantine"
    for source, found in read_by.items():
        for type_ in found.doubtful:
            yield (
                f"{source}: its mapping ({found.place}) names keys of {type_}, of which there are "
                f"several, so they are keys of none; name one in a mappings/{source}.yaml"
            )
    if not read_by:
        yield "no source is declared; silver is empty"


STAGE = Stage(
    name="canonical",
    reads=(
        "bronze.record",
        "bronze.rejected",
        "bronze.load",
        "quality.refusal",
        "quality.correction",
    ),
    writes=(
        *(f"silver.{table}" for table in TABLES),
        "silver.quarantine",
        "silver.reconciliation",
        "silver.balance",
    ),
    key="record_id",
    run=run,
    delta=delta,
    check=chosen,
    config=(INSTANCES, MAPPINGS),
)
