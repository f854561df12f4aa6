"""The stage that puts bronze into the platform's own words, or says why it cannot."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cdp.canonical.delta import refresh
from cdp.canonical.engine import TABLES, Instance, rebuild, tidy
from cdp.canonical.mapping import MAPPINGS, MappingFile
from cdp.canonical.touched import TOUCHED
from cdp.errors import ConfigError
from cdp.sources import INSTANCES
from cdp.stage import Delta, Report, Run, Stage

if TYPE_CHECKING:
    from cdp.settings import Workspace
    from cdp.sources import SourceInstance
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
    instances = _instances(run.workspace)
    rows = rebuild(run.warehouse, instances, run.workspace.about.country)
    tidy(run.warehouse)
    return _report(run, instances, rows)


def delta(run: Run, delta: Delta) -> Report | None:
    """Bring silver up to date with what arrived; None where that is no less work than all.

    Raises:
        ReconciliationError: a version was neither accepted, replaced nor quarantined.
    """
    instances = _instances(run.workspace)
    country = run.workspace.about.country
    rows = refresh(run.warehouse, instances, country, delta.since)
    if rows is None:
        return None
    tidy(run.warehouse)
    return replace(_report(run, instances, rows), touched={"record_id": TOUCHED})


def _report(run: Run, instances: list[Instance], rows: dict[str, int]) -> Report:
    totals = run.warehouse.query(_TOTALS).row(0, named=True)
    reasons = dict(run.warehouse.query(_REASONS).iter_rows())
    counts = {
        **totals,
        **{f"quarantined:{reason}": count for reason, count in reasons.items()},
        **{name if name != "record" else "records": rows[name] for name in TABLES},
    }
    return Report(counts, tuple(_notes(run.warehouse, instances)))


def _instances(workspace: Workspace) -> list[Instance]:
    mappings = workspace.many(MAPPINGS)
    return [
        Instance(
            name,
            _mapping(workspace, name, declared, mappings),
            declared.trust_tier,
            declared.region,
            declared.time_zone,
        )
        for name, declared in workspace.many(INSTANCES).items()
    ]


def _mapping(
    workspace: Workspace, name: str, declared: SourceInstance, mappings: dict[str, MappingFile]
) -> MappingFile:
    wanted = declared.mapping or name
    if wanted not in mappings:
        msg = (
            f"{workspace.root / 'sources' / name}.yaml names the mapping {wanted!r}, but there is "
            f"no mappings/{wanted}.yaml; there are: {', '.join(mappings) or 'none'}"
        )
        raise ConfigError(msg)
    return mappings[wanted]


def _notes(warehouse: Warehouse, instances: list[Instance]) -> list[str]:
    notes = [
        f"{source}: no mapping names the object {name}; its {count} records are in quarantine"
        for source, name, count in warehouse.query(_UNMAPPED).iter_rows()
    ]
    if not instances:
        notes.append("no source is declared; silver is empty")
    return notes


STAGE = Stage(
    name="canonical",
    reads=("bronze.record", "bronze.rejected", "bronze.load"),
    writes=(
        *(f"silver.{table}" for table in TABLES),
        "silver.quarantine",
        "silver.reconciliation",
    ),
    key="record_id",
    run=run,
    delta=delta,
    config=(INSTANCES, MAPPINGS),
)
