"""What an OData service says of itself: the fields of its entity sets (`$metadata`, v2 and v4).

A type is that of the property; a property of a complex type has none that is known.

A field is a property or a navigation property, its own or one of the type that it extends. The
document is read as it streams by; one that declares entities of its own is refused, since no
service needs any and they can be made to fill the memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat

from cdp.errors import UnreachableError
from cdp.sources.remote.schema import Fields, FieldType, edm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.sources.remote.client import Client


@dataclass(slots=True)
class _Kind:
    """An entity type: its own fields, and the type that it extends."""

    base: str | None
    fields: dict[str, FieldType | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Reader:
    """Collects types and sets; names of types are without their namespace's alias."""

    kinds: dict[str, _Kind] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    namespace: str = ""
    inside: _Kind | None = None

    def begin(self, tag: str, given: dict[str, str]) -> None:
        """Note what an element says."""
        match tag.rpartition(":")[2]:
            case "Schema":
                self.namespace = given.get("Namespace", "")
                self.aliases[given.get("Alias", self.namespace)] = self.namespace
            case "EntityType":
                self.inside = _Kind(given.get("BaseType"))
                self.kinds[f"{self.namespace}.{given['Name']}"] = self.inside
            case "Property" if self.inside is not None:
                self.inside.fields[given["Name"]] = edm(given.get("Type", ""))
            case "NavigationProperty" if self.inside is not None:
                self.inside.fields[given["Name"]] = FieldType("nested", "a navigation property")
            case "EntitySet":
                self.sets[given["Name"]] = given["EntityType"]
            case _:
                pass

    def end(self, tag: str) -> None:
        """Leave a type; what follows is none of its fields."""
        if tag.rpartition(":")[2] == "EntityType":
            self.inside = None

    def fields(self, name: str) -> Fields:
        """Return the fields of a type and of all that it extends."""
        found: dict[str, FieldType | None] = {}
        seen: set[str] = set()
        wanted: str | None = name
        while wanted is not None and wanted not in seen:
            seen.add(wanted)
            kind = self.kinds.get(self._full(wanted))
            found = (kind.fields if kind is not None else {}) | found
            wanted = kind.base if kind is not None else None
        return Fields.of(found, {name: type_ for name, type_ in found.items() if type_})

    def _full(self, name: str) -> str:
        namespace, _, own = name.rpartition(".")
        return f"{self.aliases.get(namespace, namespace)}.{own}"


def entity_fields(document: bytes) -> dict[str, Fields]:
    """Return the fields of each entity set that a `$metadata` document describes.

    Raises:
        ValueError: it is no such document.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(document, True)  # noqa: FBT003 - expat takes it by place
    except (expat.ExpatError, KeyError) as error:
        msg = f"no metadata of OData ({error})"
        raise ValueError(msg) from error
    return {name: reader.fields(kind) for name, kind in reader.sets.items()}


def set_fields(client: Client, services: Mapping[str, str]) -> dict[str, Fields]:
    """Return the fields of entity sets, each asked of its service below the client's address.

    A service that does not say is left out as long as another one does.

    Raises:
        UnreachableError: none does; says what the last one answered.
    """
    said: dict[str, Mapping[str, Fields]] = {}
    failure: UnreachableError | None = None
    for service in sorted(set(services.values())):
        try:
            said[service] = _said(client, service)
        except UnreachableError as error:
            failure = error
    if failure is not None and not said:
        raise failure
    found = {name: said.get(service, {}).get(name) for name, service in services.items()}
    return {name: fields for name, fields in found.items() if fields is not None}


def _said(client: Client, service: str) -> Mapping[str, Fields]:
    path = "/".join(part for part in (service, "$metadata") if part)
    response = client.send("GET", path, accept="application/xml")
    if not response.is_success:
        raise client.refusal(response)
    try:
        return entity_fields(response.content)
    except ValueError as error:
        msg = f"source {client.source}: {path} answered {error}; look at url:"
        raise UnreachableError(msg) from error


def _refuse(*_: object) -> None:
    msg = "it declares entities"
    raise ValueError(msg)
