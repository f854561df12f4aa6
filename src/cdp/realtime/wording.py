"""An event as a timeline shows it before a run has mapped it."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import yaml

from cdp.realtime.spoken import VIEWED, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.realtime.spoken import Spoken
    from cdp.realtime.subject import Happened


def entry_of(happened: Happened) -> dict[str, Any]:
    """Return an entry of a timeline, marked as live; `at` to the second, as published ones are."""
    event = spoken(happened)
    return {
        "at": f"{happened.at[:19]}Z",
        "kind": "interaction",
        "id": f"{happened.source}:{happened.id}",
        "source": happened.source,
        "title": event.subject,
        "detail": {
            "channel": channel_of(happened),
            "type": type_of(happened, event),
            "campaign": event.campaign,
            "subject": event.subject,
            "trust_tier": "observed",
            "properties": event.said,
            "live": True,
        },
    }


def channel_of(happened: Happened) -> str:
    """Return the channel that a run will give an event."""
    return "app" if happened.type == "screen" else "web"


def type_of(happened: Happened, event: Spoken) -> str | None:
    """Return the type that a run will give an event."""
    return VIEWED.get(happened.type) or _types().get(event.event or "", event.event)


@cache
def _types() -> Mapping[str, str]:
    """Return what the mapping calls the events of the public event spec."""
    text = (files("cdp.mappings") / "events.yaml").read_text(encoding="utf-8")
    (interaction,) = yaml.safe_load(text)["objects"]["events"]["interactions"]
    cases = interaction["type"]["first"]
    found: Mapping[str, str] = next(case["map"] for case in cases if "map" in case)
    return found
