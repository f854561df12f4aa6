"""The files of real time as part of a generation: links to what the stage lookup wrote."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from cdp.errors import StateError
from cdp.store import manifest

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store import Warehouse
    from cdp.store.generation import Draft
    from cdp.store.manifest import File

TABLE: Final = "identity.lookup"
ROLE: Final = "lookup_"
PATCH: Final = "patch_"
"""Before the party type, the roles of its files in the manifest."""


def link(warehouse: Warehouse, home: Path, draft: Draft) -> dict[str, File]:
    """Put the files into the draft and return them by role.

    They are linked, not copied, where the disk can: nobody writes to them again.

    Raises:
        StateError: one of them is gone.
    """
    found = warehouse.query(
        "select entity_type, path, patch from identity.lookup order by entity_type"
    )
    files = {}
    for kind, path, patch in found.iter_rows():
        files[f"{ROLE}{kind}"] = _put(home, path, draft, f"lookup-{kind}")
        if patch is not None:
            files[f"{PATCH}{kind}"] = _put(home, patch, draft, f"patch-{kind}")
    return files


def _put(home: Path, path: str, draft: Draft, stem: str) -> File:
    target = draft.folder / f"{stem}-{draft.number}.bin"
    try:
        _linked(home / path, target)
    except FileNotFoundError as error:
        msg = f"{home / path} is gone; `cdp run --from lookup` writes it again"
        raise StateError(msg) from error
    return manifest.describe(home, target)


def _linked(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
