"""Asking an instance for the rows of one party, when somebody looks.

A system type whose instances can be asked so has `live` and `proof`; nothing else is needed for
it. Invariant: what comes of an answer are rows as a load would land them, so that the same mapping
reads them; nothing is landed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, runtime_checkable

import httpx
import polars as pl

from cdp.errors import ConfigError, UnreachableError
from cdp.sources import ROWS
from cdp.sources.remote.client import asking
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.documents import page_of
from cdp.sources.wire.lines import is_readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import tzinfo

    from cdp.sources import Batch, Opening
    from cdp.sources.remote.secrecy import Secrets
    from cdp.sources.wire.shape import Shape

MOST_KEYS: Final = 10
Proof = tuple[httpx.Auth | None, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: method, whole address, JSON body where there is one, headers of its own.

    `nothing` are the answers that say that there is nothing of this key.
    """

    method: str
    url: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    nothing: tuple[int, ...] = ()


class LiveObject(Protocol):
    """One object of an instance that can be asked for the rows of a party."""

    def requests(self, keys: Sequence[str], limit: int) -> list[Request]:
        """Return what asks for the newest rows of the party with these keys, so many at most."""
        ...

    def rows(self, raw: bytes) -> pl.DataFrame:
        """Return the rows of one answer as in ROWS.

        Raises:
            UnreachableError: the answer holds none where this type of system keeps them.
        """
        ...


@runtime_checkable
class OnDemand(Protocol):
    """A system type whose instances can be asked on demand."""

    @property
    def proof(self) -> Callable[[Opening, Secrets], Proof]:
        """What says who asks an instance, and the headers of every request to it."""
        ...

    def live(self, opening: Opening, name: str, key_field: str) -> LiveObject:
        """Return an object of an instance, to be asked for by a field that holds a party's key.

        Raises:
            ConfigError: it has no such object, or cannot be asked for by that field.
        """
        ...


def whole_url(base: str, path: str, params: Mapping[str, str]) -> str:
    """Return the address of a path below an instance's, with its query."""
    return asking(f"{base.rstrip('/')}/{path}", params)


def no_object(opening: Opening, name: str, known: Iterable[str]) -> ConfigError:
    """Return the error for an object that an instance does not have."""
    return ConfigError(
        f"sources/{opening.name}.yaml: there is no object {name} that can be asked for; there "
        f"are: {', '.join(sorted(known))}"
    )


def rows_of(batches: Iterable[Batch], name: str) -> pl.DataFrame:
    """Return the rows of an answer as in ROWS; a piece that cannot be read makes it none.

    Raises:
        UnreachableError: there is such a piece.
    """
    found = list(batches)
    if any(len(batch.rejected) for batch in found):
        raise unreadable(name)
    return pl.concat([batch.rows for batch in found]) if found else pl.DataFrame(schema=ROWS)


def landed(texts: Sequence[bytes], name: str, shape: Shape, zone: tzinfo) -> pl.DataFrame:
    """Return rows that came as JSON as in ROWS.

    Raises:
        UnreachableError: one of them cannot be read.
    """
    batch = page_of(texts, name, shape, zone)
    if batch is not None:
        return rows_of([batch], name)
    collector = Collector(shape, zone)
    for index, row in enumerate(texts):
        text = row.decode(errors="surrogateescape")
        if not is_readable(text):
            raise unreadable(name)
        collector.text(f"{name}#{index}", text)
    return rows_of(collector.rest(), name)


def unreadable(name: str) -> UnreachableError:
    """Return the error for an answer that is none."""
    return UnreachableError(f"{name} answered something that cannot be read")
