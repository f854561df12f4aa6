"""Every declared destination gets its segments, when something in them changed.

Invariants: an export that would be the same as the last one to that destination is not made;
members = sent + suppressed; a run that was killed after writing a file and before the end
makes the same file again under the same name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.activation import books
from cdp.activation.declared import declared, is_news
from cdp.activation.definition import DESTINATION_FILES
from cdp.activation.export import Stamp, prepare, write
from cdp.errors import ConfigError
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import manifest
from cdp.store.touching import share

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.activation.export import Export, Exported, Prepared


def run(run: Run) -> Report:
    """Export what changed and note it in the tables of activation."""
    return _exported(run, lambda _: True)


def delta(run: Run, delta: Delta) -> Report:
    """Do the same, looking only at segments that hold or lost somebody who was touched."""
    share(run.warehouse)
    return _exported(run, lambda segment: _is_touched(run, segment, delta.since))


def _is_touched(run: Run, segment: str, since: int) -> bool:
    rows = run.warehouse.query(
        "select 1 from gold.segment_member where segment = $segment "
        "and profile_id in (select profile_id from step.touched_profile_id) union all "
        "select 1 from gold.segment_history where segment = $segment and run_id > $since limit 1",
        segment=segment,
        since=since,
    )
    return rows.height > 0


def _exported(run: Run, is_due: Callable[[str], bool]) -> Report:
    stamp = Stamp(run.run_id, _generation(run), run.as_of, run.workspace.home)
    counts = {"exports": 0, "unchanged": 0, "sent": 0, "suppressed": 0}
    notes = []
    for export in declared(run.workspace):
        past = books.last(run.warehouse, export)
        if past.ordinal and not is_due(export.segment):
            counts["unchanged"] += 1
            continue
        prepared = _prepared(run, export, stamp)
        if not is_news(prepared, past):
            counts["unchanged"] += 1
            continue
        target = books.target(run.workspace, prepared, past)
        exported = write(run.warehouse, prepared, target, stamp)
        books.note(run.warehouse, run.warehouse, prepared, exported, stamp)
        counts["exports"] += 1
        counts["sent"] += exported.gated.sent
        counts["suppressed"] += exported.gated.members - exported.gated.sent
        notes.append(_sentence(run, prepared, exported))
    return Report(counts, tuple(notes))


def _prepared(run: Run, export: Export, stamp: Stamp) -> Prepared:
    try:
        return prepare(run.warehouse, export, stamp, books.before(run.warehouse, export))
    except ConfigError as error:
        msg = f"destinations/{export.destination}.yaml: {error}"
        raise ConfigError(msg) from None


def _generation(run: Run) -> int:
    served = manifest.current(run.workspace.home)
    return served.generation if served else 0


def _sentence(run: Run, prepared: Prepared, exported: Exported) -> str:
    export, rows = prepared.export, prepared.rows
    held = ", ".join(f"{n:,} {reason}" for reason, n in exported.gated.suppressed.items())
    told = f"{exported.gated.sent:,} sent"
    if rows.by_op:
        told = ", ".join(f"{n:,} {op}" for op, n in rows.by_op.items())
    where = books.location_of(run.workspace.home, exported)
    return (
        f"{export.segment} to {export.destination}: {told}"
        f"{f' ({held} held back)' if held else ''}, {where}"
    )


STAGE = Stage(
    name="activation",
    reads=(
        "gold.segment_member",
        "gold.segment_history",
        "gold.profile",
        "gold.account",
        "gold.consent",
        "gold.identifier",
        "gold.feature",
        "gold.score",
        "gold.source_record",
        "identity.profile",
    ),
    writes=("activation.run", "activation.delivery", "activation.sent"),
    key="profile_id",
    run=run,
    delta=delta,
    config=(DESTINATION_FILES,),
)
