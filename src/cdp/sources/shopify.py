"""Shopify: pages of its Admin GraphQL connections, one file a page.

The key is the number at the end of the global id (`gid://shopify/Customer/7000000000417`).
"""

from __future__ import annotations

from cdp.settings import Strict
from cdp.sources import SOURCES
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.pages import GRAPHQL, pages
from cdp.sources.wire.shape import Shape, first_of, gid_tail, latest_of

_SHAPE = Shape(first_of("id", clean=gid_tail), latest_of("updatedAt", "createdAt"))


class ShopifyOptions(Strict):
    """Options of shopify: none."""


def _shape(name: str, _: Strict) -> tuple[str, Shape] | None:
    """Return any connection: every node has an id."""
    return name, _SHAPE


SOURCES.add(
    "shopify",
    FileSource(
        name="shopify",
        summary="Shopify Admin GraphQL pages (customers, orders, abandonedCheckouts, ...)",
        options=ShopifyOptions,
        reads={".json": pages(GRAPHQL)},
        shapes=_shape,
    ),
)
