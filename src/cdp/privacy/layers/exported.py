"""The manifests of exports that a person was taken out of.

Invariant: a manifest says of each of its files what the file holds now, or that it is gone.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

from cdp.store.compacting import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX: Final = ".manifest.json"
_DEEPEST: Final = 3
"""Folders that a file of an export lies below its manifest at most."""


def files_of(place: Path) -> Iterator[Path]:
    """Yield the files of an export that is known by its file or its manifest."""
    manifest = place if place.name.endswith(SUFFIX) else place.with_name(f"{place.name}{SUFFIX}")
    if not manifest.is_file():
        yield from (place,) if place.is_file() else ()
        return
    for file in _files(_read(manifest)):
        path = manifest.parent / str(file.get("name", manifest.name.removesuffix(SUFFIX)))
        if path.is_file():
            yield path


def tell(path: Path, kept: bytes | None, gone: int) -> None:
    """Say in the manifest of a file that it lost rows, or, without bytes, that it was removed."""
    for folder in path.parents[:_DEEPEST]:
        name = path.relative_to(folder).as_posix()
        for manifest in sorted(folder.glob(f"*{SUFFIX}")):
            said = _read(manifest)
            only = manifest.name.removesuffix(SUFFIX)
            mine = [file for file in _files(said) if file.get("name", only) == name]
            for file in mine:
                _change(file, kept, gone)
            if mine:
                said["erased"] = said.get("erased", 0) + gone
                if "rows" in said and mine[0].get("holds") == "rows":
                    said["rows"] -= gone
                put(manifest, (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode())
                return


def _change(file: dict[str, Any], kept: bytes | None, gone: int) -> None:
    file["rows"] = file.get("rows", gone) - gone
    if kept is None:
        file["removed"] = True
        return
    file |= {"bytes": len(kept), "sha256": hashlib.sha256(kept).hexdigest()}


def _files(said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the files that a manifest names; those of the first version named one."""
    return [*said.get("files", ()), *([said["file"]] if said.get("file") else [])]


def _read(manifest: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(manifest.read_bytes())
    return found
