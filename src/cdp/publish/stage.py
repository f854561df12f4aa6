"""Publish: gold becomes one immutable generation, named by the manifest.

Runs outside of a transaction (`transactional=False`): it writes files only, and one DuckDB
transaction cannot read one file and write another. Its commit point is the manifest.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import cdp
from cdp.errors import CdpError, StateError
from cdp.publish import delta as patches
from cdp.publish import documents, lookup
from cdp.publish.blocks import BLOCKS
from cdp.publish.gold import GOLD_TABLES, views
from cdp.publish.layout import DOCUMENTS
from cdp.publish.packed_blocks import packed
from cdp.stage import Report, Run, Stage
from cdp.store import Statement, generation, goldfile, goldpatch, manifest
from cdp.store.eventlog_landed import positions
from cdp.store.ledger import Ledger
from cdp.store.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cdp.settings import Workspace
    from cdp.stage import Delta

_CONTENT = (*(table.name for table in GOLD_TABLES), lookup.TABLE)
_READS = (*_CONTENT, "ops.run")


class _NotPatchedError(CdpError):
    """The draft does not hold what gold holds, or patching would cost more than it saves."""


def _run(run: Run) -> Report:
    served, digest = _served(run.workspace.home), _digest(run)
    unchanged = _unchanged(run, served, digest)
    return unchanged or _published(run, digest, lambda draft: _whole(run, draft))


def _delta(run: Run, delta: Delta) -> Report | None:
    served, digest = _served(run.workspace.home), _digest(run)
    if generation.is_outdated(run.workspace.home):
        return None
    if served is None or not patches.is_base(run, served, _shape(run.workspace)):
        return None
    try:
        return _published(run, digest, lambda draft: _patched(run, delta, served, draft))
    except _NotPatchedError:
        return None


def _unchanged(run: Run, served: Manifest | None, digest: str) -> Report | None:
    home = run.workspace.home
    if served is None or served.digest != digest or not served.is_complete(home):
        return None
    if generation.is_outdated(home):
        return None
    note = f"nothing changed; generation {served.generation} stays"
    return Report({"published": 0, "generation": served.generation}, (note,))


def _published(
    run: Run, digest: str, build: Callable[[generation.Draft], dict[str, int]]
) -> Report:
    """Build a draft, serve it, and report it; what goes wrong leaves nothing behind."""
    home = run.workspace.home
    draft = generation.begin(home)
    try:
        built = _described(run, draft, digest, build(draft))
    except BaseException:
        generation.abandon(draft)
        raise
    published = generation.publish(home, draft, built, run.workspace.about.generations)
    counts = {
        "published": 1,
        "generation": published.generation,
        "profiles": published.counts["profile"],
        "accounts": published.counts["account"],
    }
    size = sum(file.size for file in published.files.values())
    note = f"generation {published.generation}: {size / 1e6:,.1f} MB in {draft.folder}"
    return Report(counts, (note,))


def _whole(run: Run, draft: generation.Draft) -> dict[str, int]:
    rows = goldfile.fill(run.warehouse, draft.gold, GOLD_TABLES)
    goldfile.describe(draft.gold, GOLD_TABLES, views())
    params = {"run_id": run.run_id, "generation": draft.number}
    with goldpatch.attached(run.warehouse, draft.gold):
        kinds = documents.write(run.warehouse, draft.serve, packed(run.workspace), **params)
    return {**rows, **kinds}


def _patched(run: Run, delta: Delta, served: Manifest, draft: generation.Draft) -> dict[str, int]:
    counts = patches.build(run, delta, served, draft, packed(run.workspace))
    if counts is None:
        raise _NotPatchedError
    return counts


def _described(
    run: Run, draft: generation.Draft, digest: str, counts: Mapping[str, int]
) -> Manifest:
    home = run.workspace.home
    return Manifest(
        generation=draft.number,
        run_id=run.run_id,
        as_of=run.as_of.isoformat(),
        published_at=run.started_at.isoformat(),
        digest=digest,
        files={
            "gold": manifest.describe(home, draft.gold),
            "serve": manifest.describe(home, draft.serve),
            **lookup.link(run.warehouse, home, draft),
        },
        counts=counts,
        log={name: offset for name, (offset, _) in positions(run.warehouse).items()},
    )


def _served(home: Path) -> Manifest | None:
    try:
        return manifest.current(home)
    except StateError:
        return None


def _digest(run: Run) -> str:
    """Return a hash of the shape that is published, and one of which rows are: by their versions.

    A table's version moves when its rows do, so no row has to be read for it.
    """
    versions = Ledger(run.warehouse).versions(_CONTENT)
    rows = {name: (version, run.warehouse.count(name)) for name, version in versions.items()}
    return (
        f"{_shape(run.workspace)}:{hashlib.sha256(repr(sorted(rows.items())).encode()).hexdigest()}"
    )


def _shape(workspace: Workspace) -> str:
    """Return a hash of all tables, views and documents, and of the blocks that are declared."""
    hashed = hashlib.sha256(_shape_of_all().encode())
    for name, block in packed(workspace).items():
        hashed.update(f"{name}{block.statement.sql}".encode())
    return hashed.hexdigest()[:16]


@cache
def _shape_of_all() -> str:
    hashed = hashlib.sha256(cdp.__version__.encode())
    shapes: Mapping[str, str] = {
        **{view.name: select for view, select in views().items()},
        **{name: Statement.load("cdp.publish", name).sql for name in DOCUMENTS},
        **{table.name: repr(table) for table in GOLD_TABLES},
    }
    for name, text in shapes.items():
        hashed.update(f"{name}{text}".encode())
    return hashed.hexdigest()


STAGE = Stage(
    name="publish",
    reads=_READS,
    writes=(),
    key="global",
    run=_run,
    delta=_delta,
    check=packed,
    config=(BLOCKS,),
    transactional=False,
)
