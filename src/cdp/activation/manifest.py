"""The manifest of an export, and whether its files are still what it says.

Invariant: it is written last, so an export with a manifest is complete; it names nobody.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.activation.files import summed
from cdp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdp.destinations import DestinationDefinition

SUFFIX: Final = ".manifest.json"
FORMAT: Final = 2
"""Version of the manifest's own form; 1 named one file under `file`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an export is what its manifest says; `problems` are sentences."""

    manifest: Path
    files: int
    problems: tuple[str, ...]


def digest(document: object) -> str:
    """Return the SHA-256 of a JSON document, whatever the order of its fields."""
    text = json.dumps(document, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def shown(wish: DestinationDefinition) -> list[dict[str, object]]:
    """Return the columns as the manifest names them: heading, field, and how it was hashed."""
    return [
        {
            "name": column.name,
            "field": column.field,
            **({"as": column.form} if column.form != "plain" else {}),
            **({"hash": column.hash} if column.hash else {}),
        }
        for column in wish.columns
    ]


def verify(place: Path) -> list[Verdict]:
    """Compare every export in a folder, or of one manifest, with what its manifest says.

    Raises:
        InputError: there is no manifest.
    """
    found = [place] if place.is_file() else sorted(place.rglob(f"*{SUFFIX}"))
    if not found:
        msg = f"{place} holds no *{SUFFIX}; name the folder of an export, or its manifest"
        raise InputError(msg)
    return [_verified(path) for path in found]


def _verified(path: Path) -> Verdict:
    try:
        said: dict[str, Any] = json.loads(path.read_text("utf-8"))
        files = [*said.get("files", ()), *([said["file"]] if "file" in said else [])]
        problems = [problem for file in files for problem in _problems(path.parent, file)]
        counted = sum(int(file["rows"]) for file in files if file.get("holds") != "suppressed")
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no manifest of an export: {error}"
        raise InputError(msg) from error
    if counted != said.get("rows", counted):
        problems.append(f"{said['rows']:,} rows are said, {counted:,} are in its files")
    return Verdict(path, len(files), tuple(problems))


def _problems(folder: Path, file: dict[str, Any]) -> Iterator[str]:
    path = folder / str(file["name"])
    if file.get("removed"):  # an erasure did that
        return
    if not path.is_file():
        yield f"{file['name']} is missing"
        return
    there = summed(path)
    if there.size != file["bytes"]:
        yield f"{file['name']} has {there.size:,} bytes, {file['bytes']:,} are said"
    elif there.sha256 != file["sha256"]:
        yield f"{file['name']} has other bytes than when it was exported"
