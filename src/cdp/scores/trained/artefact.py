"""A trained model as two files: `model.json` for what people can read, `model.npz` for arrays.

Invariant: reading runs no code of the files; what is read decides exactly as what was written.
No file holds an id, a name or a row of anybody: only figures over all customers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np

from cdp.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

FORMAT: Final = 1
FACTS: Final = "model.json"
ARRAYS: Final = "model.npz"


@dataclass(frozen=True, slots=True, eq=False)
class Artefact:
    """One version of a model.

    Attributes:
        facts: what it was made of and found to be, as JSON.
        arrays: numbers it decides by, each under `part.name`; none where it was refused untrained.
    """

    facts: dict[str, Any]
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Hash of what it was made of."""
        return str(self.facts["version"])

    def part(self, name: str) -> dict[str, NDArray[Any]]:
        """Return the arrays of one part; empty where it has none."""
        prefix = f"{name}."
        return {k.removeprefix(prefix): v for k, v in self.arrays.items() if k.startswith(prefix)}


def version_of(made_of: Mapping[str, object]) -> str:
    """Return a hash of what a model is made of, the same for the same."""
    text = json.dumps(made_of, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def write(artefact: Artefact, folder: Path) -> None:
    """Write a model into an existing folder."""
    document = {"format": FORMAT, **artefact.facts}
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False)
    (folder / FACTS).write_text(text + "\n", encoding="utf-8")
    if artefact.arrays:
        named: dict[str, Any] = dict(artefact.arrays)
        np.savez_compressed(folder / ARRAYS, **named)


def read(folder: Path) -> Artefact:
    """Return the model of a folder.

    Raises:
        StateError: its files are gone, damaged, or of another format.
    """
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if facts.pop("format") != FORMAT:
            msg = f"another format than {FORMAT}"
            raise ValueError(msg)  # noqa: TRY301 - one message for every kind of damage
        arrays: dict[str, NDArray[Any]] = {}
        if (folder / ARRAYS).exists():
            with np.load(folder / ARRAYS, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadZipFile) as error:
        msg = f"the model in {folder} cannot be read ({error}); train it anew, or roll back"
        raise StateError(msg) from error
    return Artefact(facts, arrays)
