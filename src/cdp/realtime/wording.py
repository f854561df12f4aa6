"""An event as a timeline shows it before a run has mapped it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from cdp.realtime.spoken import VIEWED, spoken

if TYPE_CHECKING:
    from cdp.realtime.subject import Happened

_WORDS: Final = re.compile(r"[^a-z0-9]+")


def entry_of(happened: Happened) -> dict[str, Any]:
    """Return an entry of a timeline, marked as live; `at` to the second, as published ones are."""
    event = spoken(happened)
    named = _WORDS.sub("_", (event.event or "").lower()).strip("_")
    return {
        "at": f"{happened.at[:19]}Z",
        "kind": "interaction",
        "id": f"{happened.source}:{happened.id}",
        "source": happened.source,
        "title": event.subject,
        "detail": {
            "channel": "web",
            "type": VIEWED.get(happened.type) or named or None,
            "campaign": event.campaign,
            "subject": event.subject,
            "trust_tier": "observed",
            "properties": event.properties,
            "live": True,
        },
    }
