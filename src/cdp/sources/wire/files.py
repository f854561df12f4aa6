"""A system type whose instances are files, in a folder or in an object store.

A file's name says which object it holds: the part before the first `.` or `-`. The pages of one
export (`X.page-0001.json`, ...) are one delivery; any other file is a delivery of its own. A file
that was read before with the same options is left out; its cursor is its SHA-256 in a folder, and
what the store says of its version in an object store.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, Final

from cdp.sources import Found, zone
from cdp.sources.wire.address import is_address
from cdp.sources.wire.archive import ARCHIVES, is_archive, member, members
from cdp.sources.wire.delivery import FileDelivery, Kind, Part, Task, most_of, reading_of, versions
from cdp.sources.wire.folder import grouped, located
from cdp.sources.wire.objects import walked
from cdp.sources.wire.shape import Shape, never
from cdp.sources.wire.unpacking import inner, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cdp.settings import Strict
    from cdp.sources import Batch, Opening
    from cdp.sources.wire.delivery import Read, Shapes, Split

_NO_SHAPE: Final = Shape(None, never)
_OBJECT_ENDS = re.compile(r"[.-]")


@dataclass(frozen=True, slots=True)
class FileSource:
    """A system type: which files it knows, what is in them, how they are read.

    Attributes:
        name: what `type:` says.
        summary: one sentence.
        options: model of `options:`.
        reads: reader by file suffix (`.json`); what is compressed (`.json.gz`, `.json.zst`) is
            read as well.
        shapes: the proper name and the shape of the object that a file's name names; None when
            the type does not know it.
        default_zone: zone of moments without offset.
        split: the objects of one file and how each is read, where a file holds several.
        has_archives: whether files may lie in archives (.zip), several in one.
    """

    name: str
    summary: str
    options: type[Strict]
    reads: Mapping[str, Read]
    shapes: Shapes
    default_zone: str = "UTC"
    split: Split | None = None
    has_archives: bool = False
    reads_files: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ()

    def find(self, opening: Opening) -> Found:
        """Return the files that are new or have changed, by name.

        Raises:
            InputError: the path does not exist or cannot be read.
            UnreachableError: the object store does not answer, or refuses.
        """
        assert opening.instance.path is not None  # noqa: S101 - an instance has a path or an address
        if is_address(opening.instance.path):
            return walked(self, opening)
        deliveries: list[FileDelivery] = []
        ignored: list[str] = []
        known, seen = 0, versions(opening)
        for paths in grouped(opening):
            kind = self.kind(paths[0].name, opening)
            if kind is None:
                ignored += [path.name for path in paths]
                continue
            known += len(paths)
            parts = tuple(part for part in _parts(opening, paths) if part.version not in seen)
            deliveries += self.arrivals(kind, parts) if parts else []
            if kind.members is not None:
                ignored += [name for part in parts for name in self._unknown(part, opening)]
        place = str(opening.data_dir / opening.instance.path)
        return Found(tuple(deliveries), tuple(self.notes(opening.name, place, known, ignored)))

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:  # noqa: ARG002 - see Source
        """Return nothing: files have no schema of their own."""
        return {}

    def kind(self, name: str, opening: Opening) -> Kind | None:
        """Return what a file of this name holds, None where the type does not know it."""
        options = self.options.model_validate(opening.instance.options)
        clock = zone(opening.instance.time_zone or self.default_zone)
        if self.has_archives and is_archive(name):
            held = partial(self._members, opening)
            return Kind(ARCHIVES, _nothing, Task(_NO_SHAPE, options, clock), held)
        shape = self.shapes(_OBJECT_ENDS.split(PurePath(name).stem)[0], options)
        whole = name if self.split is not None else inner(name)
        read = self.reads.get(PurePath(whole).suffix.lower())
        if shape is None or read is None:
            return None
        return Kind(shape[0], unpacked(read), Task(shape[1], options, clock))

    def arrivals(self, kind: Kind, parts: tuple[Part, ...]) -> list[FileDelivery]:
        """Return the deliveries that these files are.

        Raises:
            InputError: a file cannot be opened.
        """
        if kind.members is not None:
            return [file for part in parts for file in kind.members(part)]
        if self.split is None:
            return [FileDelivery(kind.object, parts, kind.read, kind.task)]
        return [
            FileDelivery(name, (part,), read, kind.task, f"#{name}")
            for part in parts
            for name, read in self.split(part, kind.task)
        ]

    def _members(self, opening: Opening, part: Part) -> list[FileDelivery]:
        """Return the deliveries that the known files of an archive are."""
        kinds = {name: self.kind(PurePath(name).name, opening) for name in members(part)}
        return [
            FileDelivery(kind.object, (part,), member(name, kind.read), kind.task, f"#{name}")
            for name, kind in kinds.items()
            if kind is not None and kind.members is None
        ]

    def _unknown(self, part: Part, opening: Opening) -> list[str]:
        """Return the files of an archive that the type does not know."""
        kinds = {name: self.kind(PurePath(name).name, opening) for name in members(part)}
        unknown = [n for n, kind in kinds.items() if kind is None or kind.members is not None]
        return [f"{part.label}#{name}" for name in unknown]

    def notes(self, source: str, place: str, known: int, ignored: list[str]) -> Iterator[str]:
        """Yield what a person should know of what was found."""
        if not known:
            yield f"{source}: nothing to read for {self.name} in {place}"
        if ignored:
            yield f"{source}: left aside, {self.name} does not know them: {', '.join(ignored)}"


def _parts(opening: Opening, paths: list[Path]) -> Iterator[Part]:
    reading = reading_of(opening)
    for path in paths:
        label, digest = located(opening, path)
        yield Part(opening.name, path, label, f"{digest}{reading}", str(path), most_of(opening))


def _nothing(part: Part, task: Task) -> Iterator[Batch]:  # noqa: ARG001 - see Read
    """Yield no rows: an archive has none of its own."""
    yield from ()
