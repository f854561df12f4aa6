"""Any OData service of version 2 or 4, described wholly in YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

from cdp.settings import Strict
from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.client import connect, proof
from cdp.sources.remote.live import LiveObject, no_object
from cdp.sources.remote.metadata import set_fields
from cdp.sources.remote.odata import EntitySet, ODataOptions, ODataWalker
from cdp.sources.remote.odata_delta import (
    POSITION,
    PREFERENCE,
    Tracked,
    TrackedChange,
    TrackedKey,
    is_gone,
)
from cdp.sources.remote.odata_dialect import V2, V4
from cdp.sources.remote.odata_live import LiveSet
from cdp.sources.wire.delivery import Task
from cdp.sources.wire.shape import Shape, all_of, having, latest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.odata_dialect import Literals

_LITERALS: Final[dict[str, Literals]] = {
    "datetimeoffset": "datetimeoffset",
    "datetime": "moment",
    "date": "datetime",
}
Scalar = str | int | float | bool


class SetOptions(Strict):
    """One entity set."""

    key: str | tuple[str, ...] = Field(description="its key, one property or several")
    changed: str | None = Field(
        None, description="property that says when a row last changed; default: none does"
    )
    changed_type: Literal["datetimeoffset", "datetime", "date"] = Field(
        "datetimeoffset", description="its type: datetimeoffset, datetime or date (whole days)"
    )
    created: str | None = Field(
        None, description="property that stands in for it until the first change"
    )
    expand: tuple[str, ...] = Field((), description="navigation properties to read within each row")
    select: tuple[str, ...] = Field(
        (), description="properties to read, beside key and change; default: all"
    )
    service: str = Field("", description="path of its service below url:, where that is not it")
    deleted: dict[str, Scalar | tuple[Scalar, ...]] = Field(
        default_factory=dict,
        description="properties and the values in them that say that a row is deleted",
    )
    track_changes: bool = Field(
        default=False,
        description="version 4: the service itself says what changed and what was deleted",
    )

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.created is not None and self.changed is None:
            msg = "created: say in changed: what it stands in for"
            raise ValueError(msg)
        return self

    @property
    def keys(self) -> tuple[str, ...]:
        """The properties of its key."""
        return (self.key,) if isinstance(self.key, str) else self.key

    @property
    def moments(self) -> tuple[str, ...]:
        """The properties that say when a row changed."""
        return tuple(name for name in (self.changed, self.created) if name is not None)

    def entity_set(self) -> EntitySet:
        """Return how it is walked over."""
        needed = (*self.keys, *self.moments)
        return EntitySet(
            ",".join(self.keys),
            self.changed,
            literal=_LITERALS[self.changed_type],
            created=self.created,
            expand=self.expand,
            select=tuple(dict.fromkeys((*needed, *self.select))) if self.select else (),
            service=self.service,
        )

    def shape(self, now: datetime) -> Shape:
        """Return key and time of change of its rows; `now` is when they are read."""
        if self.track_changes:
            changed = TrackedChange(self.moments, now)
            return Shape(TrackedKey(self.keys), changed, gone=is_gone)
        gone = having(self.deleted) if self.deleted else None
        return Shape(all_of(*self.keys), latest_of(*self.moments), gone=gone)


class ODataApiOptions(ODataOptions):
    """Options of an OData service that is described in YAML."""

    version: Literal[2, 4] = Field(description="version of the protocol: 2 or 4")
    entity_sets: dict[str, SetOptions] = Field(
        min_length=1, description="what is read, by the name of the entity set"
    )

    @model_validator(mode="after")
    def _tracked_in_4(self) -> Self:
        tracked = [name for name, each in self.entity_sets.items() if each.track_changes]
        if tracked and self.version != 4:  # noqa: PLR2004 - the protocol's number
            msg = f"entity_sets.{tracked[0]}.track_changes: only version 4 has it"
            raise ValueError(msg)
        return self


class ODataApi:
    """The system type of OData services that nobody wrote one for."""

    name: ClassVar[str] = "odata"
    summary: ClassVar[str] = "any OData service of version 2 or 4, described in YAML"
    options: ClassVar[type[Strict]] = ODataApiOptions
    reads_files: ClassVar[bool] = False
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")
    proof = staticmethod(proof)

    def find(self, opening: Opening) -> Found:
        """Return a walk over each entity set.

        Raises:
            ConfigError: a secret is not where the file says, or `objects:` names an unknown set.
        """
        options = ODataApiOptions.model_validate(opening.instance.options)
        chosen = opening.chosen(options.entity_sets, "options.entity_sets")
        client = connect(opening)
        clock = zone(opening.instance.time_zone or "UTC")
        dialect = V2 if options.version == V2.version else V4
        walker = ODataWalker(opening, client, options, clock, dialect)
        walks = {name: _walk(walker, name, options.entity_sets[name]) for name in chosen}
        return Found((), walks=walks, close=client.close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return the fields of the entity sets that are read, as `$metadata` says.

        Raises:
            UnreachableError: none of its services says.
            ConfigError: a secret is not where the file says, or `objects:` names an unknown set.
        """
        options = ODataApiOptions.model_validate(opening.instance.options)
        chosen = opening.chosen(options.entity_sets, "options.entity_sets")
        services = {name: options.entity_sets[name].service for name in chosen}
        client = connect(opening)
        try:
            return set_fields(client, services)
        finally:
            client.close()

    def live(self, opening: Opening, name: str, key_field: str) -> LiveObject:
        """Return an entity set, to be asked for by a property that holds a party's key.

        Raises:
            ConfigError: there is no such set.
        """
        instance = opening.instance
        options = ODataApiOptions.model_validate(instance.options)
        if name not in options.entity_sets:
            raise no_object(opening, name, options.entity_sets)
        declared = options.entity_sets[name]
        task = Task(declared.shape(opening.now), options, zone(instance.time_zone or "UTC"))
        dialect = V2 if options.version == V2.version else V4
        return LiveSet(instance.url or "", name, key_field, declared.entity_set(), task, dialect)


def _walk(walker: ODataWalker, name: str, declared: SetOptions) -> Iterator[Delivery]:
    opening, client = walker.opening, walker.client
    entity_set, shape = declared.entity_set(), declared.shape(opening.now)
    if not declared.track_changes:
        yield from walker.deliveries(name, entity_set, shape)
        return
    task = Task(shape, walker.options, walker.zone)
    link = opening.cursors.get((name, POSITION))
    reading = Tracked(name, entity_set.path(name), entity_set.parts(), client, task, link)
    client.http.headers["prefer"] = PREFERENCE
    try:
        yield from reading.walk().deliveries()
    finally:
        del client.http.headers["prefer"]
    if reading.is_anew:
        yield walker.absences(name, entity_set, shape)


SOURCES.add("odata", ODataApi())
