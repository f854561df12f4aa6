"""SAP Commerce: customers, orders, carts and permissions, from integration objects and by OCC.

Integration objects (OData) are read in bulk, by what changed. OCC, made for one shopper at a time,
is asked for what has none of them: orders that the status feed tells of, and users one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final, cast

from cdp.errors import ConfigError
from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.client import connect
from cdp.sources.remote.metadata import set_fields
from cdp.sources.remote.odata import ODataWalker
from cdp.sources.remote.sap_commerce.answers import DIALECT, LAYOUT
from cdp.sources.remote.sap_commerce.occ import Occ
from cdp.sources.remote.sap_commerce.options import (
    CHANGED,
    OF_SITE,
    SHAPES,
    CommerceOptions,
    Object,
    shape,
)
from cdp.sources.remote.sap_commerce.walker import OccWalker
from cdp.sources.remote.walk import POSITION
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from cdp.settings import Strict
    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.client import Client

_FILES: Final = FileSource(
    name="sap_commerce",
    summary="SAP Commerce, by integration objects (OData) and OCC, or as pages of both",
    options=CommerceOptions,
    reads={".json": pages(LAYOUT)},
    shapes=shape,
)


@dataclass(frozen=True, slots=True)
class SapCommerce:
    """The type sap_commerce."""

    name: ClassVar[str] = _FILES.name
    summary: ClassVar[str] = _FILES.summary
    options: ClassVar[type[Strict]] = CommerceOptions
    reads_files: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")

    def find(self, opening: Opening) -> Found:
        """Return the files that are new, or a walk over each object.

        Raises:
            InputError: the path does not exist or cannot be read.
            ConfigError: `objects:` names what is no object, or an option is missing.
            UnreachableError: a secret is not where the file says.
        """
        if opening.instance.url is None:
            return _FILES.find(opening)
        options = CommerceOptions.model_validate(opening.instance.options)
        names = _chosen(opening, options)
        client = connect(opening)
        try:
            bulk = _bulk(opening, options)
        except BaseException:
            client.close()
            raise
        clock = zone(opening.instance.time_zone or "UTC")
        walker = ODataWalker(opening, bulk, options, clock, DIALECT)
        changed = _changed(walker) if "customers" in options.integration else None
        occ = OccWalker(opening, Occ(client, options), options, clock, changed)
        walks: dict[str, Iterator[Delivery]] = {
            name: _comparing(walker, name).deliveries(name, options.entity_set(name), SHAPES[name])
            if name in options.integration
            else occ.deliveries(name)
            for name in names
        }

        def close() -> None:
            bulk.close()
            client.close()

        return Found((), walks=walks, close=close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return the fields of integration objects, as `$metadata` says; OCC says none.

        Raises:
            UnreachableError: none of its services says, or a secret is not where the file says.
            ConfigError: `objects:` names what is no object, or an option is missing.
        """
        if opening.instance.url is None:
            return {}
        options = CommerceOptions.model_validate(opening.instance.options)
        names = [name for name in _chosen(opening, options) if name in options.integration]
        sets = {name: options.entity_set(name).at.rpartition("/") for name in names}
        client = _bulk(opening, options)
        try:
            said = set_fields(client, {of: service for service, _, of in sets.values()})
        finally:
            client.close()
        return {name: said[of] for name, (_, _, of) in sets.items() if of in said}


def _chosen(opening: Opening, options: CommerceOptions) -> tuple[Object, ...]:
    """Return the objects to read: those that `objects:` names, else all that there is a way to.

    Raises:
        ConfigError: one is not known, or there is no way to it.
    """
    usual = [name for name in SHAPES if name in options.integration or _is_asked(name, options)]
    chosen = opening.chosen(SHAPES, "SAP Commerce")
    names = usual if opening.instance.objects is None else chosen
    lacking = [name for name in names if name not in usual]
    if lacking or not names:
        msg = (
            f"sources/{opening.name}.yaml: there is no way to {', '.join(lacking) or 'anything'}: "
            "name its integration object in options.integration, or, of what OCC has "
            f"({', '.join(OF_SITE)}), the base sites in options.sites"
        )
        raise ConfigError(msg)
    return cast("tuple[Object, ...]", tuple(names))


def _is_asked(name: str, options: CommerceOptions) -> bool:
    return bool(options.sites) and name in OF_SITE


def _bulk(opening: Opening, options: CommerceOptions) -> Client:
    """Return the client that reads integration objects."""
    if options.integration_auth is None:
        return connect(opening)
    instance = opening.instance.model_copy(update={"auth": options.integration_auth})
    return connect(replace(opening, instance=instance))


def _comparing(walker: ODataWalker, name: Object) -> ODataWalker:
    """Return what walks over an object, and looks for deletions as often as it is worth it.

    Shops clear old orders away, and what was bought was bought. A cart goes when it is ordered,
    most of them any day, and would be taken for abandoned until it is noticed. That none is left of
    many is not believed.
    """
    changes: dict[str, object] = {}
    if name == "orders":
        changes = {"compare_days": None}
    elif name == "carts" and walker.options.compare_days is not None:
        changes = {"compare_days": 0, "largest_absence": 0.99}
    return replace(walker, options=walker.options.model_copy(update=changes))


def _changed(walker: ODataWalker) -> Callable[[datetime | None], set[str]]:
    """Return what tells which users changed since a moment."""

    def changed(since: datetime | None) -> set[str]:
        options = walker.options.model_copy(update={"compare_days": None, "overlap_minutes": 0})
        assert isinstance(options, CommerceOptions)  # noqa: S101 - as they came
        at = {} if since is None else {("customers", POSITION): since.isoformat()}
        asking = replace(walker, opening=replace(walker.opening, cursors=at), options=options)
        brief = replace(options.entity_set("customers"), select=("uid", CHANGED), expand=())
        found: set[str] = set()
        for delivery in asking.deliveries("customers", brief, SHAPES["customers"]):
            for batch in delivery.batches():
                found |= set(batch.rows["native_id"])
        return found

    return changed


SOURCES.add("sap_commerce", SapCommerce())
