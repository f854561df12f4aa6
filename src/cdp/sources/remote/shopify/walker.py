"""Walks over the connections of a shop: all at first, what changed, and what is gone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from cdp.sources.remote.absence import Absences, is_due
from cdp.sources.remote.schema import Fields, graphql
from cdp.sources.remote.shopify.bulk import OPERATION, Bulk
from cdp.sources.remote.shopify.connections import CONNECTIONS
from cdp.sources.remote.shopify.paged import Pages
from cdp.sources.remote.walk import POSITION, Walk, begin

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from cdp.sources import Delivery, Opening
    from cdp.sources.remote.shopify.api import Api
    from cdp.sources.remote.shopify.options import ShopifyOptions
    from cdp.sources.wire.delivery import Task

ALL_ORDERS: Final = "read_all_orders"
"""What an app has to be allowed to see orders older than sixty days."""
_ALLOWED: Final = "{currentAppInstallation {accessScopes {handle}}}"
_TYPE: Final = (
    "query ($name: String!) {__type(name: $name) "
    "{fields(includeDeprecated: true) {name type {kind name ofType {kind name}}}}}"
)


class _Scope(msgspec.Struct):
    handle: str


class _Installation(msgspec.Struct, rename="camel"):
    access_scopes: list[_Scope]


class _Allowed(msgspec.Struct, rename="camel"):
    current_app_installation: _Installation


class _Kind(msgspec.Struct, rename="camel"):
    kind: str
    name: str | None = None
    of_type: _Kind | None = None


class _Field(msgspec.Struct):
    name: str
    type: _Kind


class _Type(msgspec.Struct):
    fields: list[_Field]


class _Described(msgspec.Struct):
    type: _Type | None = msgspec.field(name="__type")


class _Counted(msgspec.Struct):
    count: int


@dataclass(frozen=True, slots=True)
class Walker:
    """Walks over objects of one instance; `file` fetches what bulk operations wrote."""

    opening: Opening
    api: Api
    options: ShopifyOptions
    task: Task
    file: httpx.Client
    scopes: frozenset[str] = field(default_factory=frozenset)

    def deliveries(self, name: str) -> Iterator[Delivery]:
        """Yield what changed of an object, and, when it is time, what is gone of it.

        Raises:
            UnreachableError: the shop does not answer, or refuses.
        """
        pages = self._pages(name)
        position = self.opening.cursors.get((name, POSITION))
        operation = self.opening.cursors.get((name, OPERATION))
        if operation or (position is None and self._is_for_bulk(name)):
            yield from Bulk(pages, self.file).deliveries(operation)
        else:
            since = begin(position, timedelta(minutes=self.options.overlap_minutes))
            yield from Walk(name, pages.changed(since), pages.known.is_ordered).deliveries()
        if self._is_compared(name) and is_due(self.opening, name, self.options):
            yield Absences(self.opening, name, pages.keys(), self.options)

    def _pages(self, name: str) -> Pages:
        more = self.options.fields.get(name, ())
        there = described(self.api, name)
        known = CONNECTIONS[name].known(there, more)
        return Pages(self.api, known, self.options, self.task, self.opening.is_look)

    def _is_for_bulk(self, name: str) -> bool:
        """Return whether all rows are to be read in bulk; a look never waits for that."""
        if self.opening.is_look or self.options.method != "auto":
            return self.options.method == "bulk" and not self.opening.is_look
        counted = CONNECTIONS[name].counted
        found = self.api.ask(f"{{{counted} {{count}}}}", {}, dict[str, _Counted], counted)
        return found[counted].count >= self.options.bulk_from

    def _is_compared(self, name: str) -> bool:
        """Return whether what is not shown any more was deleted, and is not just out of sight."""
        is_seen = name != "orders" or ALL_ORDERS in self.scopes
        return CONNECTIONS[name].is_kept and is_seen


def allowed(api: Api) -> frozenset[str]:
    """Return the access scopes of the app.

    Raises:
        UnreachableError: the shop does not answer, or refuses.
    """
    found = api.ask(_ALLOWED, {}, _Allowed, "the access scopes of the app")
    return frozenset(each.handle for each in found.current_app_installation.access_scopes)


def described(api: Api, name: str) -> Fields:
    """Return the fields that the shop's version has of an object.

    Raises:
        UnreachableError: the shop does not answer, or refuses.
    """
    known = CONNECTIONS[name]
    found = api.ask(_TYPE, {"name": known.type}, _Described, f"the type {known.type}").type
    fields = {} if found is None else {each.name: each.type for each in found.fields}
    kinds = {name: _said(type_) for name, type_ in fields.items()}
    types = {name: graphql(*kind) for name, kind in kinds.items()}
    return Fields.of(fields, {name: type_ for name, type_ in types.items() if type_})


def _said(type_: _Kind) -> tuple[str, str]:
    """Return the kind and the name of a type, whether it may be null or not."""
    inner = type_.of_type if type_.kind == "NON_NULL" and type_.of_type is not None else type_
    return inner.kind, inner.name or inner.kind.lower()
