"""Every declared destination gets its segments, when something in them changed.

Invariants: an export that would be the same as the last one to that destination is not made;
members = sent + suppressed; a run that was killed after writing a file and before the end
makes the same file again under the same name.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import polars as pl

from cdp.activation.definition import DESTINATION_FILES
from cdp.activation.export import Export, Exported, Prepared, Stamp, prepare, write
from cdp.destinations import DESTINATIONS
from cdp.errors import ConfigError
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import manifest
from cdp.store.touching import share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def run(run: Run) -> Report:
    """Export what changed and note it in activation.run and activation.delivery."""
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
    stamp = Stamp(run.run_id, _generation(run), run.as_of)
    counts = {"exports": 0, "unchanged": 0, "sent": 0, "suppressed": 0}
    notes = []
    for export in _declared(run):
        last, content = _last(run, export)
        if last and not is_due(export.segment):
            counts["unchanged"] += 1
            continue
        prepared = _prepared(run, export)
        if content == prepared.content_hash:
            counts["unchanged"] += 1
            continue
        exported = _carry_out(run, prepared, last + 1, stamp)
        counts["exports"] += 1
        counts["sent"] += exported.gated.sent
        counts["suppressed"] += exported.gated.members - exported.gated.sent
        notes.append(_sentence(run, export, exported))
    return Report(counts, tuple(notes))


def _prepared(run: Run, export: Export) -> Prepared:
    try:
        return prepare(run.warehouse, export)
    except ConfigError as error:
        msg = f"destinations/{export.destination}.yaml: {error}"
        raise ConfigError(msg) from None


def _generation(run: Run) -> int:
    served = manifest.current(run.workspace.home)
    return served.generation if served else 0


def _declared(run: Run) -> Iterator[Export]:
    segments = sorted(file.stem for file in run.workspace.root.glob("segments/*.yaml"))
    for name, file in run.workspace.many(DESTINATION_FILES).items():
        for segment in file.root.segments:
            if segment not in segments:
                known = ", ".join(segments) or "none"
                msg = f"destinations/{name}.yaml: unknown segment {segment!r}; known: {known}"
                raise ConfigError(msg)
            yield Export(name, file.root, segment)


def _last(run: Run, export: Export) -> tuple[int, str | None]:
    """Return the ordinal and the content of the last such export; 0 and None before the first."""
    rows = run.warehouse.query(
        "select ordinal, content_hash from activation.run "
        "where destination = $destination and segment = $segment order by ordinal desc limit 1",
        destination=export.destination,
        segment=export.segment,
    ).rows()
    return rows[0] if rows else (0, None)


def _carry_out(run: Run, prepared: Prepared, ordinal: int, stamp: Stamp) -> Exported:
    export = prepared.export
    identity = f"{export.destination}/{export.segment}/{ordinal}/{prepared.content_hash}"
    activation_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
    path = _path(run, export, ordinal, activation_id)
    exported = write(run.warehouse, prepared, path, activation_id, stamp)
    _note(run, prepared, exported, ordinal)
    return exported


def _path(run: Run, export: Export, ordinal: int, activation_id: str) -> Path:
    workspace = run.workspace
    declared = export.definition.path
    folder = workspace.root / declared if declared else _exports(run) / export.destination
    suffix = DESTINATIONS.get(export.definition.type).suffix
    return folder / f"{export.segment}-{ordinal:04}-{activation_id[:8]}{suffix}"


def _exports(run: Run) -> Path:
    return run.workspace.home / "exports"


def _note(run: Run, prepared: Prepared, exported: Exported, ordinal: int) -> None:
    export, gated = prepared.export, prepared.gated
    row = {
        "activation_id": exported.activation_id,
        "destination": export.destination,
        "segment": export.segment,
        "ordinal": ordinal,
        "content_hash": prepared.content_hash,
        "run_id": run.run_id,
        "members": gated.members,
        "sent": gated.sent,
        "suppressed": gated.members - gated.sent,
        "at": run.as_of.replace(tzinfo=None),
        "location": _location(run, exported.file.path),
    }
    run.warehouse.insert("activation.run", pl.DataFrame([row]))
    state = pl.when(pl.col("reason").is_null()).then(pl.lit("sent")).otherwise(pl.lit("suppressed"))
    delivery = gated.frame.select(
        pl.lit(exported.activation_id).alias("activation_id"),
        "profile_id",
        state.alias("state"),
        "reason",
    )
    run.warehouse.insert("activation.delivery", delivery)


def _location(run: Run, path: Path) -> str:
    root = run.workspace.root
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _sentence(run: Run, export: Export, exported: Exported) -> str:
    held = ", ".join(f"{n:,} {reason}" for reason, n in exported.gated.suppressed.items())
    return (
        f"{export.segment} to {export.destination}: {exported.gated.sent:,} sent"
        f"{f' ({held} held back)' if held else ''}, {_location(run, exported.file.path)}"
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
    ),
    writes=("activation.run", "activation.delivery"),
    key="profile_id",
    run=run,
    delta=delta,
    config=(DESTINATION_FILES,),
)
