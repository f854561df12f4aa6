"""Salesforce: accounts, contacts, leads and what belongs to them, from the org or from exports.

The key of every row is its Id, unique in the whole org; exports have to hold it with all 18
characters, as references do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from cdp.errors import ConfigError
from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.client import connect, proof
from cdp.sources.remote.salesforce.api import Api, RefusedError
from cdp.sources.remote.salesforce.events import OBJECT, Events
from cdp.sources.remote.salesforce.live import LiveSObject
from cdp.sources.remote.salesforce.options import NAME, SHAPE, SalesforceOptions
from cdp.sources.remote.salesforce.query import RECORDS
from cdp.sources.remote.salesforce.walker import Walker
from cdp.sources.remote.schema import Fields, salesforce
from cdp.sources.wire.delimited import read_csv
from cdp.sources.wire.delivery import Task
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.settings import Strict
    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.live import LiveObject
    from cdp.sources.wire.shape import Shape

OBJECTS: Final = (
    "Account",
    "Contact",
    "AccountContactRelation",
    "Lead",
    "Opportunity",
    "OpportunityContactRole",
    "Quote",
    "Order",
    "Case",
    "Asset",
    "Campaign",
    "CampaignMember",
)


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return any object: all have an Id and a SystemModstamp."""
    return name, SHAPE


_FILES: Final = FileSource(
    name="salesforce",
    summary="Salesforce objects, by its REST and bulk APIs or from exports (JSON pages, CSV)",
    options=SalesforceOptions,
    reads={".json": pages(RECORDS), ".csv": read_csv},
    shapes=_shape,
)


@dataclass(frozen=True, slots=True)
class Salesforce:
    """The type salesforce."""

    name: ClassVar[str] = _FILES.name
    summary: ClassVar[str] = _FILES.summary
    options: ClassVar[type[Strict]] = SalesforceOptions
    reads_files: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")
    proof = staticmethod(proof)

    def find(self, opening: Opening) -> Found:
        """Return the files that are new, or a walk over each object.

        Raises:
            InputError: the path does not exist or cannot be read.
            ConfigError: `objects:` names what cannot be an object.
            UnreachableError: the org does not answer, or a secret is not where the file says.
        """
        if opening.instance.url is None:
            return _FILES.find(opening)
        options = SalesforceOptions.model_validate(opening.instance.options)
        client = connect(opening)
        api = Api.of(opening, client, options)
        task = Task(SHAPE, options, zone(opening.instance.time_zone or "UTC"))
        try:
            names, notes = _chosen(opening, api)
        except BaseException:
            client.close()
            raise
        told = frozenset(options.change_events) & frozenset(names)
        events = Events(opening, api, options, task, told)
        walker = Walker(opening, api, options, task, events)
        walks: dict[str, Iterator[Delivery]] = {}
        if told:
            walks[OBJECT] = events.deliveries()
        walks |= {name: walker.deliveries(name) for name in names}
        return Found((), notes, walks, client.close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return the fields that the user may see, of the objects that they may see.

        Raises:
            ConfigError: `objects:` names what cannot be an object.
            UnreachableError: the org does not answer, or a secret is not where the file says.
        """
        if opening.instance.url is None:
            return {}
        options = SalesforceOptions.model_validate(opening.instance.options)
        client = connect(opening)
        found = {}
        try:
            api = Api.of(opening, client, options)
            for name in _chosen(opening, api)[0]:
                try:
                    declared = api.describe(name).fields
                    types = {field: salesforce(said) for field, said in declared.items()}
                    found[name] = Fields.of(
                        {field.partition(".")[0] for field in declared},
                        {field: type_ for field, type_ in types.items() if type_},
                    )
                except RefusedError as error:
                    if error.code != "NOT_FOUND":
                        raise
        finally:
            client.close()
        return found

    def live(self, opening: Opening, name: str, key_field: str) -> LiveObject:
        """Return an object, to be asked for by a field that holds a party's key.

        Raises:
            ConfigError: there can be no such object, or no such field.
        """
        instance = opening.instance
        options = SalesforceOptions.model_validate(instance.options)
        for said, kind in ((name, "object"), (key_field, "field")):
            if not re.fullmatch(NAME, said, re.ASCII):
                msg = f"sources/{opening.name}.yaml: Salesforce has no {kind} called {said!r}"
                raise ConfigError(msg)
        task = Task(SHAPE, options, zone(instance.time_zone or "UTC"))
        fields = options.fields.get(name, ())
        return LiveSObject(instance.url or "", options.api_version, name, key_field, fields, task)


def _chosen(opening: Opening, api: Api) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the objects to read, and what is to be said of those left aside.

    An org without quotes or person accounts is none that is broken: only what `objects:` names
    has to be there.

    Raises:
        ConfigError: what `objects:` names cannot be an object.
        UnreachableError: the org does not answer.
    """
    wanted = opening.instance.objects
    if wanted is not None:
        wrong = [name for name in wanted if re.fullmatch(NAME, name) is None]
        if wrong:
            msg = (
                f"sources/{opening.name}.yaml: objects: {', '.join(map(repr, wrong))}: write the "
                "API name of an object: letters, digits and underscores"
            )
            raise ConfigError(msg)
        return wanted, ()
    listed = api.listed()
    lacking = [name for name in OBJECTS if name not in listed]
    notes = (
        (
            f"{opening.name}: not in the org, or not for the user to read, so left aside: "
            f"{', '.join(lacking)}"
        ),
    )
    return tuple(name for name in OBJECTS if name in listed), notes if lacking else ()


SOURCES.add("salesforce", Salesforce())
