"""A business unit of Marketing Cloud as tests write it, and an instance that reads it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import salesforce_place
from simulators.sfmc import Account, Extension

Row = dict[str, Any]
NOW = salesforce_place.NOW
BEGUN = datetime(2026, 6, 28, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    """Return a moment, in minutes since everything began."""
    return BEGUN + timedelta(minutes=minute)


def declared(account: Account, **others: Any) -> Row:
    """Return the YAML of an instance that reads the account."""
    options = {"compare_days": None, "tracking_days": 5}
    return {
        "type": "sfmc",
        "url": account.url,
        "auth": {
            "kind": "client_credentials",
            "token_url": f"{account.url}/v2/token",
            "client_id": {"env": "MC_ID"},
            "client_secret": {"env": "MC_SECRET"},
        },
        "limits": {"attempts": 3, "longest_wait": 0.01},
        **others,
        "options": options | others.get("options", {}),
    }


class Place(salesforce_place.Place):
    """An instance that reads the account, and what it has landed, each version once."""

    def __init__(self, account: Account, **others: Any) -> None:
        super().__init__(account, **others)  # type: ignore[arg-type] # what `declare` takes here

    def declare(self, system: Account, **others: Any) -> None:  # type: ignore[override] # see above
        self.source = declared(system, **others)


def people(count: int) -> Extension:
    """Return a data extension of so many people, one changed each minute."""
    rows = [
        {"SubscriberKey": f"k-{n}", "FirstName": f"N{n}", "Modified": at(n)}
        for n in range(1, count + 1)
    ]
    return Extension(("SubscriberKey",), rows)


def event(minute: float, who: str = "k-1", send: int = 5501, **others: Any) -> Row:
    """Return an event of the SOAP API."""
    said = {"SendID": send, "SubscriberKey": who, "EventDate": at(minute), "BatchID": 1}
    return {**said, "EventType": "Open", **others}


def subscriber(key: str, status: str = "Active", **others: Any) -> Row:
    """Return a subscriber of the SOAP API."""
    said = {"ID": len(key), "SubscriberKey": key, "EmailAddress": f"{key}@example.org"}
    return {**said, "Status": status, "CreatedDate": at(-900), **others}
