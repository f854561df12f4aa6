"""A system type whose instances are files in a folder.

A file's name says which object it holds: the part before the first `.` or `-`. The pages of one
export (`X.page-0001.json`, ...) are one delivery; any other file is a delivery of its own. A file
that was read before with the same options (its SHA-256 is the cursor) is left out.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cdp.errors import InputError
from cdp.sources import Found, Opening, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo

    from cdp.settings import Strict
    from cdp.sources import Batch
    from cdp.sources.wire.shape import Shape

_PAGE = re.compile(r"\.page-\d+")
_OBJECT_ENDS = re.compile(r"[.-]")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a delivery; `label` names it in locators, cursors and messages."""

    source: str
    path: Path
    label: str
    position: str

    def failure(self, problem: str, remedy: str) -> InputError:
        """Return the error that says that this file cannot be read, and what to do."""
        return InputError(f"source {self.source}: {self.path} {problem}; {remedy}")


@dataclass(frozen=True, slots=True)
class Task:
    """How to read: the object's shape, the options of the instance, the zone of its clock."""

    shape: Shape
    options: Strict
    zone: tzinfo


if TYPE_CHECKING:
    Read = Callable[[Part, Task], Iterator[Batch]]
    Shapes = Callable[[str, Strict], tuple[str, Shape] | None]


@dataclass(frozen=True, slots=True)
class FileDelivery:
    """Files that arrived together."""

    object: str
    parts: tuple[Part, ...]
    read: Read
    task: Task

    @property
    def label(self) -> str:
        """The file, or the first and the last of several."""
        first, last = self.parts[0].label, self.parts[-1].label
        return first if first == last else f"{first} to {Path(last).name}"

    def batches(self) -> Iterator[Batch]:
        """Yield the rows of every file."""
        for part in self.parts:
            try:
                yield from self.read(part, self.task)
            except OSError as error:
                reason = f"cannot be read ({error.strerror})"
                raise part.failure(reason, "make it readable and run again") from error
            except UnicodeError as error:
                reason = f"does not fit its encoding ({error})"
                raise part.failure(reason, "set options.encoding, or deliver it again") from error

    def positions(self) -> Mapping[str, str]:
        """Return the position of every file."""
        return {part.label: part.position for part in self.parts}


@dataclass(frozen=True, slots=True)
class FileSource:
    """A system type: which files it knows, what is in them, how they are read.

    Attributes:
        name: what `type:` says.
        summary: one sentence.
        options: model of `options:`.
        reads: reader by file suffix (`.json`).
        shapes: the proper name and the shape of the object that a file's name names; None when
            the type does not know it.
        default_zone: zone of moments without offset.
    """

    name: str
    summary: str
    options: type[Strict]
    reads: Mapping[str, Read]
    shapes: Shapes
    default_zone: str = "UTC"
    is_remote: ClassVar[bool] = False

    def find(self, opening: Opening) -> Found:
        """Return the files that are new or have changed, by name.

        Raises:
            InputError: the path does not exist or cannot be read.
        """
        options = self.options.model_validate(opening.instance.options)
        clock = zone(opening.instance.time_zone or self.default_zone)
        deliveries: list[FileDelivery] = []
        ignored: list[str] = []
        known = 0
        for paths in _grouped(opening):
            shape = self.shapes(_OBJECT_ENDS.split(paths[0].stem)[0], options)
            read = self.reads.get(paths[0].suffix.lower())
            if shape is None or read is None:
                ignored += [path.name for path in paths]
                continue
            known += len(paths)
            parts = _new_parts(opening, shape[0], paths)
            if parts:
                task = Task(shape[1], options, clock)
                deliveries.append(FileDelivery(shape[0], parts, read, task))
        return Found(tuple(deliveries), tuple(self._notes(opening, known, ignored)))

    def _notes(self, opening: Opening, known: int, ignored: list[str]) -> Iterator[str]:
        if not known:
            place = opening.data_dir / (opening.instance.path or "")
            yield f"{opening.name}: nothing to read for {self.name} in {place}"
        if ignored:
            names = ", ".join(ignored)
            yield f"{opening.name}: left aside, {self.name} does not know them: {names}"


def _grouped(opening: Opening) -> list[list[Path]]:
    """Return the files of an instance by name, pages of one export together.

    Raises:
        InputError: the path does not exist or cannot be listed.
    """
    assert opening.instance.path is not None  # noqa: S101 - an instance has a path or an address
    place = opening.data_dir / opening.instance.path
    try:
        files = [place] if place.is_file() else [p for p in place.iterdir() if not p.is_dir()]
    except OSError as error:
        msg = (
            f"source {opening.name}: {place} cannot be read ({error.strerror}); put the files "
            f"there, correct path: in sources/{opening.name}.yaml, or remove that file"
        )
        raise InputError(msg) from error
    visible = sorted(p for p in files if not p.name.startswith("."))
    return [list(group) for _, group in groupby(visible, lambda p: _PAGE.sub("", p.name))]


def _new_parts(opening: Opening, name: str, paths: list[Path]) -> tuple[Part, ...]:
    parts = (_part(opening, path) for path in paths)
    return tuple(p for p in parts if opening.cursors.get((name, p.label)) != p.position)


def _part(opening: Opening, path: Path) -> Part:
    try:
        label = path.relative_to(opening.data_dir).as_posix()
    except ValueError:
        label = path.name
    try:
        position = f"{_sha256(path)}{_reading_of(opening)}"
    except OSError as error:
        msg = (
            f"source {opening.name}: {path} cannot be read ({error.strerror}); "
            "make it readable or move it out of the folder, then run again"
        )
        raise InputError(msg) from error
    return Part(opening.name, path, label, position)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _reading_of(opening: Opening) -> str:
    """Return a mark of how the file is read: with other options it is worth another reading."""
    chosen = opening.instance.model_dump(include={"type", "time_zone", "options"})
    return "+" + hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:8]
