"""What an event of the log says of itself, read as far as it is shown before a run maps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from cdp.realtime.subject import Happened

VIEWED: Final = {"page": "page_viewed", "screen": "screen_viewed"}
_SUBJECTS: Final = ("sku", "product_id", "order_id", "url", "query")


class _Campaign(msgspec.Struct):
    name: str | None = None


class _Context(msgspec.Struct):
    campaign: _Campaign | None = None


class Spoken(msgspec.Struct):
    """An event as it was sent."""

    event: str | None = None
    name: str | None = None
    properties: dict[str, Any] | None = None
    context: _Context | None = None

    @property
    def said(self) -> dict[str, Any]:
        """Its properties; none where it has none."""
        return self.properties or {}

    @property
    def subject(self) -> str | None:
        """What it is about: a product, an order, a page; else what it is called."""
        found = next((str(self.said[name]) for name in _SUBJECTS if self.said.get(name)), None)
        return found or self.name or self.event

    @property
    def campaign(self) -> str | None:
        """The name of the campaign that it came of."""
        return self.context.campaign.name if self.context and self.context.campaign else None


def spoken(happened: Happened) -> Spoken:
    """Return what an event says; nothing where a run will refuse to read it."""
    try:
        return msgspec.json.decode(happened.payload, type=Spoken, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return Spoken()
