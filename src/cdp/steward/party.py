"""Whom a steward means: a source record or a reference, found in the published generation."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from cdp.errors import InputError, NotFoundError
from cdp.publish.reference import parse
from cdp.publish.served import Generation
from cdp.store import goldfile, manifest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import duckdb


@dataclass(frozen=True, slots=True)
class Party:
    """A record or a profile that somebody named.

    Attributes:
        reference: as it was given.
        profile_id: the profile it is, or is in.
        entity_type: person, organisation or visitor.
        members: all source records of the profile, sorted.
        compared: how many of them are compared with others; visitors' devices are not.
        record: the source record that was named, None when the whole profile was.
    """

    reference: str
    profile_id: str
    entity_type: str
    members: tuple[str, ...]
    compared: int
    record: str | None

    @property
    def records(self) -> tuple[str, ...]:
        """What was named: the one record, or all of the profile."""
        return (self.record,) if self.record is not None else self.members


class Parties:
    """The parties of one published generation."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, generation: Generation, country: str
    ) -> None:
        self._connection = connection
        self._generation = generation
        self._country = country

    @staticmethod
    @contextmanager
    def open(home: Path, country: str) -> Iterator[Parties]:
        """Read the generation that is published now.

        Raises:
            StateError: nothing is published.
        """
        described = manifest.published(home)
        with goldfile.reading(described.path(home, "gold")) as connection:
            yield Parties(connection, Generation(home, described), country)

    @property
    def generation(self) -> Generation:
        """The generation that is read."""
        return self._generation

    def find(self, text: str) -> Party:
        """Return whom a record id (`source:native id`) or a reference names.

        Raises:
            NotFoundError: nobody, or somebody without source records.
            AmbiguousError: several.
        """
        found = self._members(text) or self._members(self._id(text))
        if not found:
            msg = f"{text} has no source records"
            raise NotFoundError(msg)
        members = tuple(record for record, *_ in found)
        compared = sum(not is_visitor for *_, is_visitor in found)
        record = text if text in members else None
        return Party(text, found[0][1], found[0][2], members, compared, record)

    def edges(self, one: Iterable[str], other: Iterable[str]) -> list[dict[str, Any]]:
        """Return the scored pairs between two sets of records, strongest first."""
        params = {"one": list(one), "other": list(other)}
        result = self._connection.execute(query("edge"), params)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _members(self, text: str) -> list[tuple[str, str, str, bool]]:
        rows = self._connection.execute(query("party"), {"reference": text}).fetchall()
        return [(str(r), str(p), str(kind), bool(visitor)) for r, p, kind, visitor in rows]

    def _id(self, text: str) -> str:
        try:
            reference = parse(text, self._country)
        except InputError as error:
            msg = f"{text} is no source record of the published generation, and {error}"
            raise NotFoundError(msg) from None
        entity = "account" if text.startswith("A-") else "profile"
        return self._generation.find(entity, reference)


def query(name: str) -> str:
    """Return the text of a query of this room."""
    return (files("cdp.steward") / "queries" / f"{name}.sql").read_text(encoding="utf-8")
