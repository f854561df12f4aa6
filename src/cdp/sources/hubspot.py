"""HubSpot: contacts, companies, deals, orders, carts, tickets and products, or saved pages of them.

An account is read by its CRM API; files are pages of it, one file a page. The key of a row is its
record ID, that of a company `company-` and its record ID; what comes of merging two has a new one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec
from pyrate_limiter import Duration, Limiter, Rate

from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.client import connect, proof
from cdp.sources.remote.hubspot.api import Api, Day, LackingError
from cdp.sources.remote.hubspot.live import LiveObjects
from cdp.sources.remote.hubspot.objects import LINE, LINES, MERGED_KEYS, OBJECTS, shape_of
from cdp.sources.remote.hubspot.options import HubSpotOptions
from cdp.sources.remote.hubspot.walker import Walker
from cdp.sources.remote.hubspot.whole import Whole
from cdp.sources.remote.live import no_object
from cdp.sources.remote.schema import Fields, hubspot
from cdp.sources.wire.delivery import Task
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import Layout, pages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.settings import Strict
    from cdp.sources import Opening
    from cdp.sources.remote.hubspot.objects import Object
    from cdp.sources.remote.live import LiveObject
    from cdp.sources.wire.shape import Shape

_OPENING: Final = re.compile(r'\s*\{\s*(?:"total"\s*:\s*\d+\s*,\s*)?"results"\s*:\s*\[')


def _rows(document: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    rows: list[msgspec.Raw] = msgspec.json.decode(document["results"], type=list[msgspec.Raw])
    return rows


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return any object: all have an id and a time of change."""
    return name, shape_of(name)


_FILES: Final = FileSource(
    name="hubspot",
    summary="HubSpot, by its CRM API or as pages of it",
    options=HubSpotOptions,
    reads={".json": pages(Layout(_rows, _OPENING))},
    shapes=_shape,
)


@dataclass(frozen=True, slots=True)
class HubSpot:
    """The type hubspot."""

    name: ClassVar[str] = _FILES.name
    summary: ClassVar[str] = _FILES.summary
    options: ClassVar[type[Strict]] = HubSpotOptions
    reads_files: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")
    proof = staticmethod(proof)

    def find(self, opening: Opening) -> Found:
        """Return the files that are new, or a walk over each object.

        Raises:
            InputError: the path does not exist or cannot be read.
            ConfigError: `objects:` names what is no object of an account.
            UnreachableError: the account does not answer, or a secret is not where the file says.
        """
        if opening.instance.url is None:
            return _FILES.find(opening)
        names = opening.chosen(OBJECTS, "HubSpot")
        options = HubSpotOptions.model_validate(opening.instance.options)
        api = _asking(opening, options)
        try:
            there, notes = _readable(opening, api, options, names)
        except BaseException:
            api.client.close()
            raise
        whole = Whole(api, there.get(LINES), options.subscriptions, notes)
        walker = Walker(opening, api, options, zone(opening.instance.time_zone or "UTC"), whole)
        walks = {
            name: walker.deliveries(there[name].within(there)) for name in names if name in there
        }
        return Found((), notes, walks, api.client.close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return the fields of the objects that are read: their properties, and what is beside.

        Raises:
            ConfigError: `objects:` names what is no object of an account.
            UnreachableError: the account does not answer, or a secret is not where the file says.
        """
        if opening.instance.url is None:
            return {}
        names = opening.chosen(OBJECTS, "HubSpot")
        options = HubSpotOptions.model_validate(opening.instance.options)
        api = _asking(opening, options)
        try:
            return {name: found for name in names if (found := _fields(api, OBJECTS[name]))}
        finally:
            api.client.close()

    def live(self, opening: Opening, name: str, key_field: str) -> LiveObject:
        """Return an object, to be asked for by a property or an association that holds a key.

        Raises:
            ConfigError: an account has no such object.
        """
        instance = opening.instance
        if name not in OBJECTS:
            raise no_object(opening, name, OBJECTS)
        options = HubSpotOptions.model_validate(instance.options)
        task = Task(shape_of(name), options, zone(instance.time_zone or "UTC"))
        return LiveObjects(instance.url or "", OBJECTS[name], key_field, options, task)


def _asking(opening: Opening, options: HubSpotOptions) -> Api:
    client = connect(opening, lambda wire: Day(opening.name, wire))
    pace = Limiter(Rate(options.searches_per_second, Duration.SECOND))
    return Api(client, options.api_version, pace)


def _readable(
    opening: Opening, api: Api, options: HubSpotOptions, names: Iterable[str]
) -> tuple[dict[str, Object], list[str]]:
    """Return the objects that can be read, those that belong to others too, and what to say.

    Raises:
        UnreachableError: the account does not answer, or what `objects:` names cannot be read.
    """
    wanted = {name: OBJECTS[name] for name in names}
    beside = {to for each in wanted.values() for to in each.associated}
    there: dict[str, Object] = {}
    lacking: list[str] = []
    for name in dict.fromkeys((*wanted, *sorted(beside))):
        known = LINE if name == LINES else OBJECTS[name]
        try:
            properties = api.properties(known.type)
        except LackingError:
            if name in wanted and opening.instance.objects is not None:
                raise
            lacking.append(name)
            continue
        there[name] = known.known(properties, options.properties.get(name, ()))
    note = (
        f"{opening.name}: not in the account, or not for the app to read, so left aside: "
        f"{', '.join(lacking)}"
    )
    return there, [note] if lacking else []


def _fields(api: Api, known: Object) -> frozenset[str] | None:
    try:
        there = api.properties(known.type)
    except LackingError:
        return None
    beside = ["associations", *([LINES] if LINES in known.associated else [])]
    beside += [MERGED_KEYS] if known.prefix else []
    beside += ["subscriptions"] if known.is_subscribed else []
    types = {f"properties.{each.name}": hubspot(each.type) for each in there}
    names = ["id", "createdAt", "updatedAt", "archived", "archivedAt", "properties", *beside]
    return Fields.of((*names, *types), {name: kind for name, kind in types.items() if kind})


SOURCES.add("hubspot", HubSpot())
