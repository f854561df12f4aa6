"""Publish: gold becomes one immutable generation, named by the manifest.

Runs outside of a transaction (`transactional=False`): it writes files only, and one DuckDB
transaction cannot read one file and write another. Its commit point is the manifest.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import cdp
from cdp.errors import StateError
from cdp.publish import documents, lookup
from cdp.publish.gold import GOLD_TABLES, views
from cdp.publish.layout import DOCUMENTS
from cdp.stage import Report, Run, Stage
from cdp.store import Statement, generation, goldfile, manifest
from cdp.store.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_READS = (*(table.name for table in GOLD_TABLES), lookup.TABLE, "ops.run")


def _run(run: Run) -> Report:
    home = run.workspace.home
    served = _served(home)
    digest = _digest(run)
    if served is not None and served.digest == digest and served.is_complete(home):
        note = f"nothing changed; generation {served.generation} stays"
        return Report({"published": 0, "generation": served.generation}, (note,))
    draft = generation.begin(home)
    try:
        built = _build(run, draft, digest)
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


def _build(run: Run, draft: generation.Draft, digest: str) -> Manifest:
    home = run.workspace.home
    rows = goldfile.fill(run.warehouse, draft.gold, GOLD_TABLES)
    goldfile.describe(draft.gold, GOLD_TABLES, views())
    kinds = documents.write(run.warehouse, draft.serve, run_id=run.run_id, generation=draft.number)
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
        counts={**rows, **kinds},
    )


def _served(home: Path) -> Manifest | None:
    try:
        return manifest.current(home)
    except StateError:
        return None


def _digest(run: Run) -> str:
    """Return a hash of every row published and of the shape it is published in."""
    hashed = hashlib.sha256(cdp.__version__.encode())
    for table in GOLD_TABLES:
        hashed.update(f"{table}{run.warehouse.digest(table.name)}".encode())
    hashed.update(run.warehouse.digest(lookup.TABLE).encode())
    shapes: Mapping[str, str] = {
        **{view.name: select for view, select in views().items()},
        **{name: Statement.load("cdp.publish", name).sql for name in DOCUMENTS},
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
    transactional=False,
)
