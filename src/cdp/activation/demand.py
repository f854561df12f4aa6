"""An export that somebody asks for, of the published generation, between two runs.

Invariants: it goes through the same gate as the exports of a run; to a destination of the workspace
it is noted in the same books, so that the next difference starts from it.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import ValidationError

from cdp.activation import books
from cdp.activation.declared import chosen, is_news
from cdp.activation.export import Export, Exported, Stamp, Target, prepare, write
from cdp.activation.versions import versions
from cdp.destinations import DESTINATIONS, DestinationDefinition
from cdp.errors import ConfigError, UnknownNameError
from cdp.store import Warehouse, goldfile, manifest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cdp.settings import Workspace

AD_HOC = "on-demand"
"""What stands in the place of a destination's name where none is declared."""

FORMATS = {name.removesuffix("_file"): name for name in DESTINATIONS.names()}
"""What files can be: csv, excel, jsonl, parquet."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; without an export, nothing had changed."""

    exported: Exported | None
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Out:
    """Where an export goes that names no destination: a folder, and a name for its one file."""

    folder: Path
    name: str | None = None


def definition(format_: str, wish: Mapping[str, object]) -> DestinationDefinition:
    """Return a destination that is declared nowhere.

    Raises:
        ConfigError: it does not validate.
    """
    destination = DESTINATIONS.get(FORMATS.get(format_, format_))
    try:
        found: DestinationDefinition = destination.definition.model_validate(
            {"type": destination.name, **wish}
        )
    except ValidationError as error:
        told = "; ".join(_problem(one["loc"], one["msg"]) for one in error.errors())
        raise ConfigError(told) from None
    return found


def ad_hoc(workspace: Workspace, segment: str, wish: DestinationDefinition, out: Out) -> Outcome:
    """Export a published segment to a folder, booked nowhere but in its manifest.

    Raises:
        StateError: nothing is published.
        UnknownNameError: there is no such segment.
    """
    export = Export(AD_HOC, wish, segment, _version(workspace, segment))
    with published(workspace) as (data, stamp):
        prepared = prepare(data, export, stamp, is_hashed=False)
        identity = f"{segment}/{stamp.generation}/{prepared.content_hash}"
        activation_id = hashlib.sha256(identity.encode()).hexdigest()[:16]
        stem = f"{segment}-generation-{stamp.generation}"
        target = Target(out.folder, stem, activation_id, name=out.name)
        return Outcome(write(data, prepared, target, stamp), out.folder)


def to_destination(workspace: Workspace, segment: str, destination: str) -> Outcome:
    """Export a published segment to a destination of the workspace, and book it there.

    A full export is made again even where nothing changed; a difference of nothing is not.

    Raises:
        StateError: nothing is published, or a run is going on.
        UnknownNameError: there is no such destination.
        InputError: the destination does not list the segment.
    """
    export = chosen(workspace, destination, segment)
    with published(workspace) as (data, stamp), Warehouse.open(workspace.home) as kept:
        past = books.last(kept, export)
        prepared = prepare(data, export, stamp, books.before(kept, export))
        if export.definition.mode == "difference" and not is_news(prepared, past):
            return Outcome(None, None)
        target = books.target(workspace, prepared, past)
        exported = write(data, prepared, target, stamp)
        with kept.transaction():
            books.note(kept, data, prepared, exported, stamp)
    return Outcome(exported, None if "://" in exported.location else target.folder)


@contextmanager
def published(workspace: Workspace) -> Iterator[tuple[Warehouse, Stamp]]:
    """Open the published generation read-only.

    Raises:
        StateError: nothing is published.
    """
    described = manifest.published(workspace.home)
    stamp = Stamp(
        described.run_id,
        described.generation,
        datetime.fromisoformat(described.as_of),
        workspace.home,
    )
    with goldfile.reading(described.path(workspace.home, "gold")) as connection:
        yield Warehouse(connection), stamp


def _version(workspace: Workspace, segment: str) -> str:
    found = versions(workspace)
    if segment not in found:
        raise UnknownNameError(kind="segment", name=segment, known=sorted(found))
    return found[segment]


def _problem(place: tuple[int | str, ...], told: str) -> str:
    where = ".".join(str(part) for part in place)
    said = told.removeprefix("Value error, ")
    return f"{where}: {said}" if where else said
