"""An account of HubSpot as tests read it, and what one load after another has landed of it."""

from typing import Any

import salesforce_place
from simulators.hubspot_account import Account


class Place(salesforce_place.Place):
    """An instance that reads the account, and what it has landed, each version once."""

    def __init__(self, account: Account, **declared: Any) -> None:
        super().__init__(account, **declared)  # type: ignore[arg-type] # what `declare` takes here

    def declare(self, system: Account, **declared: Any) -> None:  # type: ignore[override] # see above
        options = {
            "compare_days": None,
            "archive_days": None,
            "reread_days": None,
            "searches_per_second": 1_000,
        }
        self.source = {
            "type": "hubspot",
            "url": system.url,
            "auth": {"kind": "bearer", "token": {"env": "HUBSPOT_TOKEN"}},
            "limits": {"attempts": 3, "longest_wait": 0.5},
            "objects": ["contacts"],
            **declared,
            "options": options | declared.get("options", {}),
        }


def person(number: int, **others: Any) -> dict[str, str]:
    """Return the properties of a contact."""
    named = {"firstname": "Nora", "lastname": f"N{number}", "email": f"c{number}@example.org"}
    return named | {"createdate": "2025-01-05T09:00:00.000Z", **others}
