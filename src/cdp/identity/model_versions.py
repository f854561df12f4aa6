"""The versions of a workspace's identity model: `models/identity/v1`, v2, ... and which counts.

Invariants: a version never changes; the file `current` names the one that decides, and is the
only thing that is replaced; a killed write leaves the version that counted before.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cdp.errors import StateError
from cdp.identity.artefact import Model
from cdp.identity.artefact_files import save
from cdp.identity.model_files import read_model

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES: Final = 32
UNTRAINED: Final = "untrained"


@dataclass(frozen=True, slots=True)
class Versions:
    """The models in a workspace's `.cdp` folder."""

    home: Path

    @property
    def folder(self) -> Path:
        """Where the versions lie, beside the file `current`."""
        return self.home / "models" / "identity"

    @property
    def current(self) -> str:
        """Name of the version that decides, `untrained` when there is none."""
        pointer = self.folder / "current"
        return pointer.read_text(encoding="utf-8").strip() if pointer.exists() else UNTRAINED

    def every(self) -> list[str]:
        """Return the names of all versions, oldest first."""
        if not self.folder.exists():
            return []
        names = [path.name for path in self.folder.iterdir() if _number(path.name)]
        return sorted(names, key=_number)

    def load(self) -> Model:
        """Return the model that decides; one without parts when none was trained yet.

        Raises:
            StateError: the model or the key its hashes were made with is gone or damaged.
        """
        if self.current == UNTRAINED:
            return self.none()
        if not self._key_path.exists():
            msg = (
                f"{self._key_path} is gone, and without it the identity model cannot recognise "
                "any value; restore it from a backup, or train a new model"
            )
            raise StateError(msg)
        return read_model(self.folder / self.current, self._key())

    def read(self, name: str) -> Model:
        """Return the model of a version, whether it decides now or not.

        Raises:
            StateError: it is gone or damaged.
        """
        return read_model(self.folder / name, self._key())

    def save(self, model: Model) -> str:
        """Keep a model as a new version, make it the one that decides, and return its name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"v{1 + max((_number(p.name) for p in self.folder.iterdir()), default=0)}"
        unfinished = self.folder / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        save(model, unfinished)
        unfinished.rename(self.folder / name)
        pointer = self.folder / "current.new"
        pointer.write_text(f"{name}\n", encoding="utf-8")
        pointer.replace(self.folder / "current")
        return name

    def none(self) -> Model:
        """Return a model without parts, so that one is learned; what counts stays untouched."""
        return Model(key=self._key())

    @property
    def _key_path(self) -> Path:
        return self.home / "identity.key"

    def _key(self) -> bytes:
        """Return the workspace's secret; a secret is the one thing here that chance must make."""
        if not self._key_path.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            new = self.home / "identity.key.new"
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
            new.replace(self._key_path)
        return self._key_path.read_bytes()


def _number(name: str) -> int:
    return int(name[1:]) if name.startswith("v") and name[1:].isdigit() else 0
