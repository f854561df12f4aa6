"""Shopify: customers, orders, abandoned checkouts and products, from the shop or from saved pages.

A shop is read by its Admin GraphQL API; files are pages of its connections, one file a page. The
key is the number at the end of the global id (`gid://shopify/Customer/7000000000417`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

import httpx

from cdp.errors import ConfigError
from cdp.sources import SOURCES, Found, zone
from cdp.sources.remote.client import connect, patient
from cdp.sources.remote.live import LiveObject, no_object
from cdp.sources.remote.shopify.api import Api
from cdp.sources.remote.shopify.connections import CONNECTIONS
from cdp.sources.remote.shopify.live import LiveConnection
from cdp.sources.remote.shopify.options import SHAPE, ShopifyOptions
from cdp.sources.remote.shopify.tokens import proof, prove
from cdp.sources.remote.shopify.walker import ALL_ORDERS, Walker, allowed, described
from cdp.sources.wire.delivery import Task
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import GRAPHQL, pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.settings import Strict
    from cdp.sources import Opening
    from cdp.sources.wire.shape import Shape


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return any connection: every node has an id."""
    return name, SHAPE


_FILES: Final = FileSource(
    name="shopify",
    summary="Shopify, by its Admin GraphQL API or as pages of it",
    options=ShopifyOptions,
    reads={".json": pages(GRAPHQL)},
    shapes=_shape,
)


@dataclass(frozen=True, slots=True)
class Shopify:
    """The type shopify."""

    name: ClassVar[str] = _FILES.name
    summary: ClassVar[str] = _FILES.summary
    options: ClassVar[type[Strict]] = ShopifyOptions
    reads_files: ClassVar[bool] = True
    schemes: ClassVar[tuple[str, ...]] = ("https", "http")
    proof = staticmethod(proof)

    def find(self, opening: Opening) -> Found:
        """Return the files that are new, or a walk over each object.

        Raises:
            InputError: the path does not exist or cannot be read.
            ConfigError: `objects:` names what is no object of a shop.
            UnreachableError: the shop does not answer, or a secret is not where the file says.
        """
        if opening.instance.url is None:
            return _FILES.find(opening)
        names = opening.chosen(CONNECTIONS, "a shop")
        options = ShopifyOptions.model_validate(opening.instance.options)
        limits = opening.instance.limits
        api = _asking(opening, options)
        try:
            scopes = allowed(api)
        except BaseException:
            api.client.close()
            raise
        file = httpx.Client(timeout=limits.timeout, transport=patient(limits))  # without the token
        task = Task(SHAPE, options, zone(opening.instance.time_zone or "UTC"))
        walker = Walker(opening, api, options, task, file, scopes)
        readable = [name for name in names if _is_readable(opening, name, scopes)]
        walks = {name: walker.deliveries(name) for name in readable}

        def close() -> None:
            file.close()
            api.client.close()

        return Found((), tuple(_notes(opening, names, scopes)), walks, close)

    def fields(self, opening: Opening) -> Mapping[str, frozenset[str]]:
        """Return the fields of the objects that are read, as the shop's version has them.

        Raises:
            ConfigError: `objects:` names what is no object of a shop.
            UnreachableError: the shop does not answer, or a secret is not where the file says.
        """
        if opening.instance.url is None:
            return {}
        names = opening.chosen(CONNECTIONS, "a shop")
        api = _asking(opening, ShopifyOptions.model_validate(opening.instance.options))
        try:
            return {name: described(api, name) for name in names}
        finally:
            api.client.close()

    def live(self, opening: Opening, name: str, key_field: str) -> LiveObject:
        """Return a connection, to be asked for by a search filter that takes a party's key.

        Raises:
            ConfigError: a shop has no such object, or can have no such filter.
        """
        instance = opening.instance
        if name not in CONNECTIONS:
            raise no_object(opening, name, CONNECTIONS)
        if not re.fullmatch(r"[a-z]+(_[a-z]+)*", key_field):
            msg = (
                f"sources/{opening.name}.yaml: {name} cannot be searched by {key_field!r}; name a "
                "filter of its search, such as customer_id"
            )
            raise ConfigError(msg)
        options = ShopifyOptions.model_validate(instance.options)
        known = CONNECTIONS[name]
        more = options.fields.get(name, ())
        known = replace(known, fields=tuple(dict.fromkeys((*known.fields, *more))))
        task = Task(SHAPE, options, zone(instance.time_zone or "UTC"))
        return LiveConnection(instance.url or "", known, key_field, options, task)


def _asking(opening: Opening, options: ShopifyOptions) -> Api:
    client = connect(opening)
    prove(opening, client)
    limits = opening.instance.limits
    return Api(client, options.api_version, limits.attempts, limits.longest_wait)


def _is_readable(opening: Opening, name: str, scopes: frozenset[str]) -> bool:
    """Return whether an object is to be asked for: one that is named is, whatever is allowed."""
    return opening.instance.objects is not None or CONNECTIONS[name].scope in scopes


def _notes(opening: Opening, names: tuple[str, ...], scopes: frozenset[str]) -> Iterator[str]:
    """Yield what a person should know of what the app is allowed."""
    lacking = [name for name in names if not _is_readable(opening, name, scopes)]
    if lacking:
        wanted = dict.fromkeys(CONNECTIONS[name].scope for name in lacking)
        yield (
            f"{opening.name}: left aside, since the app lacks {', '.join(wanted)}: "
            f"{', '.join(lacking)}; give it the scope, or name in objects: what is to be read"
        )
    if "orders" in names and "orders" not in lacking and ALL_ORDERS not in scopes:
        yield (
            f"{opening.name}: the app lacks {ALL_ORDERS}, so that the shop shows it orders of the "
            "last 60 days alone, and deleted orders are not looked for"
        )


SOURCES.add("shopify", Shopify())
