"""An account of HubSpot."""

from contextlib import AbstractContextManager
from pathlib import Path

from contract.peer import Row, Simulator, moment
from simulators import hubspot_account
from simulators.hubspot import serving


class Account(Simulator):
    """An account; what was deleted is in its archive."""

    type = "hubspot"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        token = "contract"  # noqa: S105 - of an account that is none
        self.system = hubspot_account.Account(token=token)
        self.system.custom["products"] = {"Name": "string", "City": "string"}

    def running(self) -> AbstractContextManager[object]:
        return serving(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        options = {
            "archive_days": 0 if compares else None,
            "compare_days": None,
            "page_size": 2 if slowly else 50,
            "searches_per_second": 1_000,
        }
        return {
            "type": "hubspot",
            "url": self.system.url,
            "auth": {"kind": "bearer", "token": {"env": "CONTRACT_USER"}},
            "limits": self.limits,
            "objects": ["products"],
            "options": options,
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        before = self.system.now
        self.system.now = moment(minute)
        self.system.put("products", number, **self.values(name)).archived = None
        self.system.now = max(before, self.system.now)

    def seen(self, row: Row) -> Row:
        found: Row = row["properties"]
        return found

    def delete(self, number: int) -> None:
        self.system.archive("products", number)

    def spoil(self) -> None:
        self.put(0, 3)
        self.system.tables["products"]["0"].id = ""

    def drift(self) -> None:
        super().drift()
        self.system.custom["products"] = {"Name": "string", "Shoe": "string"}
