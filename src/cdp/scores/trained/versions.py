"""The versions of a score's model: `models/<score>/<version>/`, and which one counts.

Invariants: a version never changes; `current.json` names the one that counts and the order in
which they were trained, and is the only thing that is replaced; the last three are kept, the
one that counts always, and those whose forecast has yet to come due; a killed write leaves the
version that counted before.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import ConfigError, StateError, UnknownNameError
from cdp.scores.trained.artefact import Artefact, read, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEPT: Final = 3
_TAKEN: Final = frozenset({"identity"})


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which version counts, whether somebody went back to it, and all versions, oldest first."""

    version: str
    is_pinned: bool
    trained: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    """The models of one score in a workspace's `.cdp` folder."""

    home: Path
    score: str

    @property
    def folder(self) -> Path:
        """Where the versions lie.

        Raises:
            ConfigError: the name is that of another model.
        """
        if self.score in _TAKEN:
            msg = f"a score with a model cannot be called {self.score!r}; rename its file"
            raise ConfigError(msg)
        return self.home / "models" / self.score

    def pointer(self) -> Pointer | None:
        """Return which version counts; None where none was trained.

        Raises:
            StateError: the file that says so is damaged.
        """
        path = self.folder / "current.json"
        if not path.exists():
            return None
        try:
            said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return Pointer(said["version"], bool(said["is_pinned"]), tuple(said["trained"]))
        except (ValueError, KeyError, TypeError) as error:
            msg = f"{path} is damaged; train anew with `cdp score train {self.score}`"
            raise StateError(msg) from error

    def load(self, version: str | None = None) -> Artefact | None:
        """Return the model of a version, by default of the one that counts; None: there is none.

        Raises:
            UnknownNameError: there is no such version.
            StateError: its files are damaged.
        """
        pointer = self.pointer()
        if pointer is None:
            return None
        name = version or pointer.version
        if name not in pointer.trained:
            kind = f"version of {self.score}"
            raise UnknownNameError(kind, name, list(pointer.trained))
        return read(self.folder / name)

    def every(self) -> list[Artefact]:
        """Return the models that are kept, oldest first."""
        pointer = self.pointer()
        return [read(self.folder / name) for name in pointer.trained] if pointer else []

    def save(
        self,
        artefact: Artefact,
        drawn: Callable[[Path], None],
        spared: frozenset[str] = frozenset(),
    ) -> None:
        """Keep a model and make it the one that counts; `drawn` adds its card to the folder.

        `spared` are versions that are kept though they are not among the last three.
        """
        name, before = artefact.version, self.pointer()
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / name).exists():
            unfinished = self.folder / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            write(artefact, unfinished)
            drawn(unfinished)
            unfinished.rename(self.folder / name)
        older = [v for v in (before.trained if before else ()) if v != name]
        last = (*older, name)[-KEPT:]
        kept = tuple(v for v in (*older, name) if v in last or v in spared)
        self._point(Pointer(name, is_pinned=False, trained=kept))
        for gone in set(older) - set(kept):
            shutil.rmtree(self.folder / gone, ignore_errors=True)

    def back(self, version: str | None = None, definition: str | None = None) -> Pointer:
        """Make an earlier version count, by default the one before; runs keep it from now on.

        Raises:
            StateError: there is none before, or it was trained for another than this definition.
            UnknownNameError: there is no such version.
        """
        pointer = self.pointer()
        if pointer is None:
            msg = f"{self.score} has no model yet; `cdp score train {self.score}` makes one"
            raise StateError(msg)
        if version is None:
            place = pointer.trained.index(pointer.version)
            if place == 0:
                msg = f"{self.score} has no version before {pointer.version}"
                raise StateError(msg)
            version = pointer.trained[place - 1]
        if version not in pointer.trained:
            kind = f"version of {self.score}"
            raise UnknownNameError(kind, version, list(pointer.trained))
        known = read(self.folder / version).facts.get("definition")
        if definition is not None and known != definition:
            msg = (
                f"{self.score} was declared otherwise when {version} was trained, and the next run "
                f"would train anew; change scores/{self.score}.yaml back first"
            )
            raise StateError(msg)
        found = Pointer(version, is_pinned=True, trained=pointer.trained)
        self._point(found)
        return found

    def _point(self, pointer: Pointer) -> None:
        said = {
            "version": pointer.version,
            "is_pinned": pointer.is_pinned,
            "trained": list(pointer.trained),
        }
        new = self.folder / "current.new"
        new.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
        new.replace(self.folder / "current.json")
