"""A shop on SAP Commerce, of which customers are read as an integration object."""

from contextlib import AbstractContextManager
from pathlib import Path

from contract.peer import Row, Simulator, moment
from simulators.odata import System, date
from simulators.odata import serving as serving_bulk

AUTH = {"kind": "basic", "user": {"env": "CONTRACT_USER"}, "password": {"env": "CONTRACT_USER"}}


class Integrated(Simulator):
    """Customers in bulk, in the order of change."""

    type = "sap_commerce"
    breaks_after = 8

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.system = System({"Customers": []}, user=("contract", "contract"))

    def running(self) -> AbstractContextManager[object]:
        return serving_bulk(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        options = {"page_size": 6 if slowly else 20, "compare_days": 0 if compares else None}
        return {
            "type": self.type,
            "url": self.system.url,
            "auth": AUTH,
            "limits": self.limits,
            "objects": ["customers"],
            "options": options,
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        self.delete(number)
        stamp = {"modifiedtime": date(moment(minute))}
        self.system.sets["Customers"].append({"uid": str(number), **stamp, **self.values(name)})

    def delete(self, number: int) -> None:
        rows = self.system.sets["Customers"]
        rows[:] = [row for row in rows if row["uid"] != str(number)]

    def spoil(self) -> None:
        self.put(0, 3)
        self.system.sets["Customers"][-1]["uid"] = ""
