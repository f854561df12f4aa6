"""An event as a timeline shows it before a run has mapped it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from cdp.realtime.subjects import Happened

_VIEWED: Final = {"page": "page_viewed", "screen": "screen_viewed"}
_WORDS: Final = re.compile(r"[^a-z0-9]+")
_SUBJECTS: Final = ("sku", "product_id", "order_id", "url", "query")


class _Campaign(msgspec.Struct):
    name: str | None = None


class _Context(msgspec.Struct):
    campaign: _Campaign | None = None


class _Event(msgspec.Struct):
    event: str | None = None
    name: str | None = None
    properties: dict[str, Any] | None = None
    context: _Context | None = None


def entry_of(happened: Happened) -> dict[str, Any]:
    """Return an entry of a timeline, marked as live; `at` to the second, as published ones are."""
    event = msgspec.json.decode(happened.payload, type=_Event, strict=False)
    properties = event.properties or {}
    subject = next((str(properties[name]) for name in _SUBJECTS if properties.get(name)), None)
    title = subject or event.name or event.event
    campaign = event.context.campaign.name if event.context and event.context.campaign else None
    named = _WORDS.sub("_", (event.event or "").lower()).strip("_")
    return {
        "at": f"{happened.at[:19]}Z",
        "kind": "interaction",
        "id": f"{happened.source}:{happened.id}",
        "source": happened.source,
        "title": title,
        "detail": {
            "channel": "web",
            "type": _VIEWED.get(happened.type) or named or None,
            "campaign": campaign,
            "subject": title,
            "trust_tier": "observed",
            "properties": event.properties,
            "live": True,
        },
    }
