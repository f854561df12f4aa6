"""The messages that a shop sends of itself: how they are signed, and which rows they hold.

A message holds a row as the REST API writes it; it becomes the row that the Admin GraphQL API gives
of it, so that one mapping reads both. A message says less (no metafields): where both tell of the
same change, what was read is the one that holds.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.sources.remote.shopify.told import Customer, Order, Product
from cdp.sources.wire.hooks import HookObject, WebhookOptions
from cdp.sources.wire.shape import Shape, first_of, gid_tail, latest_of

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from cdp.settings.secret import Secret
    from cdp.sources.wire.shape import Row

_CHANGED: Final = latest_of("updatedAt", "createdAt")
_BEFORE: Final = timedelta(microseconds=1)
_KINDS: Final[dict[str, type[Customer | Order | Product]]] = {
    "customers": Customer,
    "orders": Order,
    "products": Product,
}
_TOPICS: Final = {
    "customers": ("create", "update", "enable", "disable"),
    "orders": ("create", "updated", "paid", "fulfilled", "cancelled"),
    "products": ("create", "update"),
}


def _changed(row: Row, zone: tzinfo) -> datetime | None:
    """Return the time of change, by as little earlier as makes what is read at that time win."""
    found = _CHANGED(row, zone)
    return None if found is None else found - _BEFORE


class _Told(HookObject):
    """An object that messages tell of, under the key that it is read by."""

    kind: str

    @property
    def shape(self) -> Shape:
        """Key and time of change of a row."""
        return Shape(first_of("id", clean=gid_tail), _changed)

    def row(self, said: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """Return what a message says as the row that is read of it.

        Raises:
            ValueError: it is none that Shopify sends.
        """
        return msgspec.convert(said, _KINDS[self.kind], strict=False).row()


def messages(secrets: tuple[Secret, ...]) -> WebhookOptions:
    """Return how Shopify signs messages, and what they tell of."""
    told = {
        name: _Told.model_validate(
            {
                "kind": name,
                "topics": [f"{name}/{what}" for what in topics],
                "gone": [f"{name}/delete"],
            }
        )
        for name, topics in _TOPICS.items()
    }
    return WebhookOptions.model_validate(
        {
            "signature": {"header": "X-Shopify-Hmac-Sha256", "encoding": "base64"},
            "secrets": secrets,
            "topic": {"header": "X-Shopify-Topic"},
            "objects": told,
        }
    )
