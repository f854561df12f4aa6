"""Which profile a record belongs to, and which records a profile has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from cdp.errors import NotFoundError
from cdp.publish.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.identity.artefact import PartyType
    from cdp.publish.served import Generation

ENTITY: Final[dict[PartyType, str]] = {"person": "profile", "organisation": "account"}


class Owners(Protocol):
    """The assignment of records that real time answers by."""

    def owner(self, kind: PartyType, record_id: str) -> str | None:
        """Return the id of the profile that has this record, None when it has none."""
        ...

    def records(self, owner: str) -> Sequence[str]:
        """Return the ids of the records of a profile, sorted."""
        ...


class _Source(msgspec.Struct):
    record_id: str


_SOURCES: Final = msgspec.json.Decoder(list[_Source])


class PublishedOwners:
    """The assignment of a published generation."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def owner(self, kind: PartyType, record_id: str) -> str | None:
        """Return the profile or account that has this record."""
        try:
            return self._generation.find(ENTITY[kind], Reference("source", record_id))
        except NotFoundError:
            return None

    def records(self, owner: str) -> Sequence[str]:
        """Return the records of a profile or account."""
        stored = self._generation.document("sources", owner)
        return [source.record_id for source in _SOURCES.decode(stored)] if stored else []
