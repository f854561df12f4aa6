"""What a file that arrived is: where it lies, how it is read, and how far that gets."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from cdp.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import tzinfo
    from pathlib import Path

    from cdp.settings import Strict
    from cdp.sources import Batch, Opening
    from cdp.sources.wire.shape import Shape


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a delivery.

    Attributes:
        source: name of the instance.
        path: the file to be read.
        label: what names it in locators and cursors.
        position: what tells this version of it from others.
        shown: what names it in messages.
        most: bytes that it may be when it is unpacked; None: what an export may be.
    """

    source: str
    path: Path
    label: str
    position: str
    shown: str
    most: int | None = None

    @property
    def version(self) -> tuple[str, str]:
        """The file, and what tells its version."""
        return self.label, self.position

    def failure(self, problem: str, remedy: str) -> InputError:
        """Return the error that says that this file cannot be read, and what to do."""
        return InputError(f"source {self.source}: {self.shown} {problem}; {remedy}")


@dataclass(frozen=True, slots=True)
class Task:
    """How to read: the object's shape, the options of the instance, the zone of its clock."""

    shape: Shape
    options: Strict
    zone: tzinfo


if TYPE_CHECKING:
    Read = Callable[[Part, Task], Iterator[Batch]]
    Shapes = Callable[[str, Strict], tuple[str, Shape] | None]
    Split = Callable[[Part, Task], list[tuple[str, Read]]]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file's name says of it: the object that it holds, and how it is read.

    Attributes:
        members: what an archive holds, file by file; None: the file is none.
    """

    object: str
    read: Read
    task: Task
    members: Callable[[Part], list[FileDelivery]] | None = None


@dataclass(frozen=True, slots=True)
class FileDelivery:
    """Files that arrived together; `within` tells a piece of a file from others of it."""

    object: str
    parts: tuple[Part, ...]
    read: Read
    task: Task
    within: str = ""

    @property
    def label(self) -> str:
        """The file, or the first and the last of several."""
        first, last = self.parts[0].label, self.parts[-1].label
        return f"{first}{self.within}" if first == last else f"{first} to {PurePath(last).name}"

    def batches(self) -> Iterator[Batch]:
        """Yield the rows of every file.

        Raises:
            InputError: a file cannot be read; says why.
        """
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


def versions(opening: Opening) -> set[tuple[str, str]]:
    """Return the files that were read before, each with what tells its version."""
    return {(label, position) for (_, label), position in opening.cursors.items()}


def most_of(opening: Opening) -> int | None:
    """Return the bytes that a file of an instance may be unpacked, None where it says nothing."""
    most = opening.instance.unpacked_gb
    return None if most is None else int(most * (1 << 30))


def reading_of(opening: Opening) -> str:
    """Return a mark of how files are read: with other options they are worth another reading."""
    chosen = opening.instance.model_dump(include={"type", "time_zone", "options"})
    if opening.instance.unpacked_gb is not None:  # who raises it wants what was refused to be read
        chosen["unpacked_gb"] = opening.instance.unpacked_gb
    return "+" + hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:8]
