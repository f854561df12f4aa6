"""A look at what a source has to give, before anything of it is kept.

Invariant: nothing is written anywhere; of each object a first part is read at most, and one that
cannot be read leaves the others alone. A look is impatient: who asks sits in front of a screen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.errors import CdpError, InputError, UnreachableError
from cdp.sources import REJECTED, ROWS, SOURCES, Opening

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdp.sources import Batch, Delivery, Found

_ATTEMPTS: Final = 2
_PATIENCE: Final = 20.0
_WAIT: Final = 5.0
_BATCHES: Final = 20
"""Parts that are read of an object at most, however few rows they hold."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of an object.

    Attributes:
        object: the source's own name of it.
        rows: its first rows, as in `cdp.sources.ROWS`.
        rejected: pieces among them that are no records, as in `cdp.sources.REJECTED`.
        is_all: there are no more rows.
        problem: why it cannot be read; None: it can.
    """

    object: str
    rows: pl.DataFrame
    rejected: pl.DataFrame
    is_all: bool = True
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a source.

    Attributes:
        objects: what was looked at, in the order of reading.
        names: every object that it delivers.
        notes: sentences on what was left aside.
        problem: why nothing could be asked for; None: something could.
    """

    objects: tuple[Seen, ...]
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def is_answered(self) -> bool:
        """Whether there is a system that gives something, or that has nothing to give."""
        is_readable = any(each.problem is None for each in self.objects)
        return self.problem is None and (is_readable or not self.objects)


def impatient(opening: Opening) -> Opening:
    """Return an opening of the whole source that gives up soon."""
    instance = opening.instance
    if instance.url is not None:
        given = instance.limits
        soon = {
            "timeout": min(given.timeout, _PATIENCE),
            "attempts": min(given.attempts, _ATTEMPTS),
            "longest_wait": min(given.longest_wait, _WAIT),
        }
        instance = instance.model_copy(update={"limits": given.model_copy(update=soon)})
    return replace(opening, instance=instance, cursors={}, is_look=True)


def look(opening: Opening, rows: int, only: str | None = None) -> Look:
    """Return the first rows, this many at most, of each object of a source, or of one alone.

    Raises:
        ConfigError: a secret or an object is not what its file says.
    """
    try:
        found = SOURCES.get(opening.instance.type).find(opening)
    except (UnreachableError, InputError) as error:
        return Look((), problem=str(error))
    try:
        walks = _walks(found)
        names = tuple(walks)
        wanted = [name for name in names if only is None or name == only]
        seen = [_seen(name, walks.pop(name), rows) for name in wanted]
    finally:
        found.close()
    return Look(tuple(seen), names, tuple(found.notes))


def fields(opening: Opening) -> tuple[Mapping[str, frozenset[str]], str | None]:
    """Return what the system itself says of its objects, and why it says nothing, if so."""
    try:
        return SOURCES.get(opening.instance.type).fields(opening), None
    except CdpError as error:
        return {}, str(error)


def _walks(found: Found) -> dict[str, Iterator[Delivery]]:
    """Return what is to be delivered of each object, files and walks alike."""
    walks: dict[str, list[Iterable[Delivery]]] = {}
    for delivery in found.deliveries:
        walks.setdefault(delivery.object, []).append((delivery,))
    for name, walk in found.walks.items():
        walks.setdefault(name, []).append(walk)
    return {name: chain.from_iterable(each) for name, each in walks.items()}


def _seen(name: str, walk: Iterator[Delivery], rows: int) -> Seen:
    none = Seen(name, ROWS.to_frame(), REJECTED.to_frame())
    try:
        read = list(_enough(walk, rows))
    except (UnreachableError, InputError) as error:
        return replace(none, is_all=False, problem=str(error))
    if not read:
        return none
    # Pages overlap where rows move while they are read.
    every = pl.concat([batch.rows for batch in read]).unique(
        ["native_id", "content_hash"], keep="first", maintain_order=True
    )
    rejected = pl.concat([batch.rejected for batch in read])
    return Seen(name, every.head(rows), rejected, len(every) < rows and len(read) < _BATCHES)


def _enough(walk: Iterator[Delivery], rows: int) -> Iterator[Batch]:
    """Yield parts until there are as many rows, or until many parts held fewer."""
    batches = (batch for delivery in walk for batch in delivery.batches())
    count = 0
    for batch in islice(batches, _BATCHES):
        yield batch
        count += len(batch.rows)
        if count >= rows:
            return
