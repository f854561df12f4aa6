"""What was heard since the run as rows of gold, as the standard mapping of events will make them.

Invariant: names, types and subjects are read from the mapping itself, so that they do not differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.realtime.spoken import spoken
from cdp.realtime.wording import channel_of, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.realtime.spoken import Spoken
    from cdp.realtime.subject import Happened

_TOTALS: Final = ("total", "value", "revenue")
_COMPLETED: Final = "Order Completed"
_SECONDS: Final = 19


def rows_of(id_: str, happened: Iterable[Happened]) -> dict[str, list[dict[str, Any]]]:
    """Return rows by table of what a profile did, each event once."""
    found: dict[str, list[dict[str, Any]]] = {"gold.interaction": [], "gold.order": []}
    for one in happened:
        if not one.payload:
            continue
        event = spoken(one)
        found["gold.interaction"].append(_interaction(id_, one, event))
        order = _order(id_, one, event)
        if order is not None:
            found["gold.order"].append(order)
    return found


def _interaction(id_: str, one: Happened, event: Spoken) -> dict[str, Any]:
    return {
        "profile_id": id_,
        "interaction_id": f"{one.source}:{one.id}",
        "source": one.source,
        "occurred_at": one.at[:_SECONDS],
        "received_at": one.at[:_SECONDS],
        "channel": channel_of(one),
        "type": type_of(one, event),
        "campaign": event.campaign,
        "subject": event.subject,
        "trust_tier": "observed",
        "properties": msgspec.json.encode(event.said).decode(),
    }


def _order(id_: str, one: Happened, event: Spoken) -> dict[str, Any] | None:
    said = event.said
    total = next((said[name] for name in _TOTALS if said.get(name) not in (None, "")), None)
    if event.event != _COMPLETED or not said.get("order_id") or total is None:
        return None
    try:
        amount = float(total)
    except (TypeError, ValueError):
        return None
    return {
        "profile_id": id_,
        "order_id": f"{one.source}:{said['order_id']}",
        "source": one.source,
        "ordered_at": one.at[:_SECONDS],
        "changed_at": one.at[:_SECONDS],
        "status": "completed",
        "channel": "web",
        "currency": said.get("currency"),
        "amount": amount,
        "custom": "{}",
    }
