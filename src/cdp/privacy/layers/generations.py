"""Every kept generation without one person, each under a new number, named by one commit.

Invariant: until the manifest is replaced the old generations are served and whole; afterwards the
new ones are, in the same order, and no folder of an old one is left. The numbers are new because
whoever holds a generation knows it by its number, and must let go of what it holds.
"""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from cdp.privacy import proof
from cdp.privacy.layers import lookups
from cdp.privacy.layers.served import Served
from cdp.privacy.person import within
from cdp.privacy.tables import Tables
from cdp.privacy.telling import Telling
from cdp.store import manifest as manifests
from cdp.store.compacting import changing, rewrite
from cdp.store.copying import copy
from cdp.store.generation import Draft
from cdp.store.keyvalue import KeyValueFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from cdp.privacy.person import Person
    from cdp.privacy.proof import Moment
    from cdp.store.manifest import File, Manifest

ROOT: Final = "generations"


@dataclass(frozen=True, slots=True)
class Kept:
    """The kept generations of a workspace's `.cdp` folder, and whom they are to lose."""

    home: Path
    person: Person
    when: Moment
    observe: Callable[[str], None]

    def erase(self) -> Counter[str]:
        """Take the person out of all kept generations; return what went, by file and table.

        Raises:
            StateError: the manifest cannot be read, so that nobody knows which ones are kept.
        """
        served = manifests.current(self.home)
        done: Counter[str] = Counter()
        if served is None:
            self._clear(())
            return done
        kept = [m for m in map(self._described, served.kept) if m is not None]
        self._clear(m.generation for m in kept)
        renewed: dict[int, Manifest] = {}
        first = 1 + max(_numbers(self.home), default=0)
        for number, before in enumerate(kept, start=first):
            draft = Draft(number, self.home / ROOT / str(number))
            draft.folder.mkdir()
            renewed[before.generation] = self._renew(before, draft, done)
            self.observe(f"generation {before.generation}")
        numbers = tuple(sorted(m.generation for m in renewed.values()))
        manifests.sync_folder(self.home / ROOT)
        if served.generation in renewed:
            manifests.commit(self.home, renewed[served.generation], numbers)
        self._clear(numbers)
        return done

    def left(self) -> Counter[str]:
        """Return what still tells of the person, by file; empty when it was done well."""
        found: Counter[str] = Counter()
        telling = Telling.of(self.person)
        for number in _numbers(self.home):
            described = self._described(number)
            if described is None:
                continue
            with changing(described.path(self.home, "gold")) as warehouse:
                tables = Tables(warehouse, self.person, telling)
                found[f"gold-{number}"] = tables.left().total()
            seeking = Served.of(self.person, telling, self.when)
            found[f"serve-{number}"] = seeking.left(described.path(self.home, "serve"))
        return +found

    def _described(self, number: int) -> Manifest | None:
        """Return a kept generation's own manifest, None where it is not whole."""
        found = manifests.read(self.home / ROOT / str(number) / manifests.NAME)
        return found if found is not None and found.is_complete(self.home) else None

    def _renew(self, before: Manifest, draft: Draft, done: Counter[str]) -> Manifest:
        files: dict[str, File] = {}
        counts = self._gold(before, draft, done)
        for role in before.files:
            source = before.path(self.home, role)
            target = draft.gold if role == "gold" else self._target(role, source, draft)
            if role == "serve":
                done += _under(role, self._serve(source, target, counts))
            elif role != "gold":
                done[role] += lookups.rewrite(source, target, self.person.records)
            files[role] = manifests.describe(self.home, target)
        renewed = replace(
            before,
            generation=draft.number,
            files=files,
            counts={**before.counts, **counts},
            kept=(),
        )
        manifests.write(draft.folder / manifests.NAME, renewed)
        manifests.sync_folder(draft.folder)
        return renewed

    def _target(self, role: str, source: Path, draft: Draft) -> Path:
        if role == "serve":
            return draft.serve
        stem = source.stem.rpartition("-")[0]
        return draft.folder / f"{stem}-{draft.number}{source.suffix}"

    def _gold(self, before: Manifest, draft: Draft, done: Counter[str]) -> dict[str, int]:
        copy(before.path(self.home, "gold"), draft.gold)
        with changing(draft.gold) as warehouse:
            person = within(warehouse, self.person)
            tables = Tables(warehouse, person, Telling.of(person))
            done += _under("gold", tables.count())
            with warehouse.transaction():
                done += _under("gold", tables.erase())
                proof.keep(warehouse, person, self.when)
            counts = {t.name: warehouse.count(t.name) for t in tables.kept}
            warehouse.connection.execute("checkpoint")
        rewrite(draft.gold)
        return counts

    def _serve(self, source: Path, target: Path, counts: dict[str, int]) -> Counter[str]:
        done = Served.of(self.person, Telling.of(self.person), self.when).rewrite(source, target)
        file = KeyValueFile(target)
        counts |= {name: file.count(name) for name in file.names()}
        file.close()
        return done

    def _clear(self, kept: Iterable[int]) -> None:
        """Remove the folders of all generations but these."""
        numbers = set(kept)
        for number in _numbers(self.home):
            if number not in numbers:
                shutil.rmtree(self.home / ROOT / str(number))


def _under(file: str, counts: Mapping[str, int]) -> Counter[str]:
    return Counter({f"{file}: {name}": count for name, count in counts.items()})


def _numbers(home: Path) -> list[int]:
    root = home / ROOT
    found = root.iterdir() if root.is_dir() else ()
    return sorted(int(path.name) for path in found if path.is_dir() and path.name.isdigit())
