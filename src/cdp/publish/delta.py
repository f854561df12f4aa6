"""Publish what was touched: copies of the last generation's closed files, patched.

Invariant: the files of the last generation are read only; a draft that does not come to hold what
gold holds is given up, and everything is published in full.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cdp.publish import documents, patching, stale
from cdp.publish.gold import GOLD_TABLES
from cdp.store import goldpatch
from cdp.store.copying import copy
from cdp.store.keyvalue import KeyValueWriter
from cdp.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.publish.packed_blocks import Packed
    from cdp.stage import Delta, Run
    from cdp.store import Warehouse
    from cdp.store.generation import Draft
    from cdp.store.manifest import Manifest

_FEW = 10_000
_SHARE = 5
"""Above so many touched ids, and one in so many of all, patching is not worth it."""


def is_base(run: Run, served: Manifest, shape: str) -> bool:
    """Whether the served generation is the one that this workspace published last, all there."""
    rows = run.warehouse.query(
        "select counts from ops.stage_run where stage = 'publish' and not skipped "
        "order by run_id desc limit 1"
    ).rows()
    last = json.loads(rows[0][0]).get("generation") if rows else None
    of_this_shape = served.digest.startswith(f"{shape}:")
    return last == served.generation and of_this_shape and served.is_complete(run.workspace.home)


def build(
    run: Run, delta: Delta, served: Manifest, draft: Draft, blocks: Mapping[str, Packed]
) -> dict[str, int] | None:
    """Fill the draft and return its rows and items by name; None: publish in full instead."""
    if not _is_worth_it(run.warehouse, delta):
        return None
    changed = changed_since(run.warehouse, delta.since)
    home = run.workspace.home
    copy(served.path(home, "gold"), draft.gold)
    copy(served.path(home, "serve"), draft.serve)
    params = {"run_id": run.run_id, "generation": draft.number}
    with goldpatch.attached(run.warehouse, draft.gold):
        stale.find(run.warehouse)
        change = patching.Change(changed, blocks, params)
        kinds = _patch_documents(run.warehouse, draft.serve, change)
        goldpatch.patch(
            run.warehouse,
            {t.name: stale.condition(t.name) for t in GOLD_TABLES if t.name in changed},
        )
        rows = goldpatch.counts(run.warehouse, tuple(t.name for t in GOLD_TABLES))
    expected = {name: run.warehouse.count(name) for name in rows} | documents.expected(
        run.warehouse
    )
    found = rows | kinds
    is_whole = all(found[name] == count for name, count in expected.items())
    return found if is_whole else None


def changed_since(warehouse: Warehouse, since: int) -> set[str]:
    """Return the published tables that a later run changed; the list of runs always is."""
    versions = Ledger(warehouse).versions(table.name for table in GOLD_TABLES)
    return {name for name, version in versions.items() if version > since} | {"ops.run"}


def _patch_documents(warehouse: Warehouse, path: Path, change: patching.Change) -> dict[str, int]:
    with KeyValueWriter.patch(path) as writer:
        patching.patch(warehouse, writer, change)
        return writer.counts(tuple(documents.every(change.blocks)))


def _is_worth_it(warehouse: Warehouse, delta: Delta) -> bool:
    touched = delta.keys.get("profile_id", 0) + delta.keys.get("account_id", 0)
    everybody = warehouse.count("gold.profile") + warehouse.count("gold.account")
    return touched <= max(_FEW, everybody // _SHARE)
