"""The folders of generations: `generations/N/`, built unnamed, some of them kept, rolled back.

Invariants: a generation's files are never written again once its own `manifest.json` lies
beside them; a folder that the served manifest does not keep was never published and is
removed by the next publish; the served generation is never removed.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from cdp.errors import StateError
from cdp.store import manifest as manifests
from cdp.store.lock import writer_lock

if TYPE_CHECKING:
    from pathlib import Path

    from cdp.store.manifest import Manifest

_OUTDATED: Final = "outdated"
"""The file that says up to which generation the next publish keeps none."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A generation that is being built."""

    number: int
    folder: Path

    @property
    def gold(self) -> Path:
        """The file for analysts."""
        return self.folder / f"gold-{self.number}.duckdb"

    @property
    def serve(self) -> Path:
        """The key-value file for the API."""
        return self.folder / f"serve-{self.number}.mdb"


def begin(home: Path) -> Draft:
    """Clear what a crash left behind and return an empty folder under a number never used."""
    root = home / "generations"
    root.mkdir(parents=True, exist_ok=True)
    served = _served_or_none(home)
    kept = set(served.kept) if served else set(_whole(root))
    highest = max([*_numbers(root), *kept, served.generation if served else 0], default=0)
    for number in _numbers(root):
        if number not in kept:
            shutil.rmtree(root / str(number))
    draft = Draft(highest + 1, root / str(highest + 1))
    draft.folder.mkdir()
    return draft


def publish(home: Path, draft: Draft, manifest: Manifest, keep: int) -> Manifest:
    """Serve the finished draft from now on; remove all but the last `keep` generations.

    Of these, too, what is older than a retention that was carried out is removed. Readers that
    have an older generation open keep reading it until they let go.
    """
    manifests.write(draft.folder / manifests.NAME, manifest)
    manifests.sync_folder(draft.folder)
    manifests.sync_folder(draft.folder.parent)
    served = _served_or_none(home)
    before = served.kept if served else tuple(_whole(draft.folder.parent))
    kept = (*sorted(set(before) - {draft.number}), draft.number)
    mark = home / _OUTDATED
    oldest = int(mark.read_text(encoding="ascii")) if mark.exists() else 0
    staying = tuple(n for n in kept[-keep:] if n > oldest)
    committed = manifests.commit(home, manifest, staying)
    for number in kept:
        if number not in staying:
            shutil.rmtree(draft.folder.parent / str(number), ignore_errors=True)
    mark.unlink(missing_ok=True)
    return committed


def outdate(home: Path) -> None:
    """Let the next publish remove every generation that there is now, however many are kept.

    The next one is made without what was forgotten; until then what is there is served.
    """
    root = home / "generations"
    if not root.is_dir():
        return
    last = max(_numbers(root), default=0)
    (home / _OUTDATED).write_text(str(last), encoding="ascii")
    manifests.sync_folder(home)


def is_outdated(home: Path) -> bool:
    """Whether what is served holds what was forgotten since, so that it is no base for the next."""
    return (home / _OUTDATED).exists()


def abandon(draft: Draft) -> None:
    """Remove a draft that will not be finished."""
    shutil.rmtree(draft.folder, ignore_errors=True)


def rollback(home: Path) -> Manifest:
    """Serve the generation before the served one and return its manifest.

    The next run that finds something changed publishes again, under a new number.

    Raises:
        StateError: a run is going on, or no earlier generation is kept.
    """
    with writer_lock(home):
        root = home / "generations"
        served = _served_or_none(home)
        kept = served.kept if served else tuple(_whole(root))
        earlier = [n for n in kept if served is None or n < served.generation]
        for number in reversed(earlier):
            found = manifests.read(root / str(number) / manifests.NAME)
            if found is not None and found.is_complete(home):
                return manifests.commit(home, found, kept)
    msg = "no earlier generation is kept; nothing was changed"
    raise StateError(msg)


def _served_or_none(home: Path) -> Manifest | None:
    """Return the served manifest; None also when it is damaged, which publishing mends."""
    try:
        return manifests.current(home)
    except StateError:
        return None


def _numbers(root: Path) -> list[int]:
    return sorted(int(p.name) for p in root.iterdir() if p.is_dir() and p.name.isdigit())


def _whole(root: Path) -> list[int]:
    """Return the generations whose own manifest was written, the only ones ever served."""
    return [n for n in _numbers(root) if (root / str(n) / manifests.NAME).is_file()]
