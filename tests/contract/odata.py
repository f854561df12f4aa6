"""Systems that speak OData: each entity set that is walked over in a way of its own."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

from contract.peer import Row, Simulator, moment
from simulators.odata import System, date
from simulators.odata import serving as serving_2
from simulators.odata4 import Service, serving

AUTH = {"kind": "basic", "user": {"env": "CONTRACT_USER"}, "password": {"env": "CONTRACT_USER"}}


class _Version2(Simulator):
    """An entity set of a system; a row in it has a key, and a field that says when it changed."""

    of: ClassVar[str]
    key_field: ClassVar[str]
    changed: ClassVar[str]
    pages: ClassVar[tuple[int, int]] = (20, 3)
    options: ClassVar[Row] = {}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.system = System({self.of: []}, user=("contract", "contract"))

    def running(self) -> AbstractContextManager[object]:
        return serving_2(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        self.system.page = self.pages[slowly]
        return {
            "type": self.type,
            "url": f"{self.system.url}/odata",
            "auth": AUTH,
            "limits": self.limits,
            "objects": [self.of],
            "options": {"compare_days": 0 if compares else None, **self.options},
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        self.delete(number)
        self.system.sets[self.of].append(
            {self.key_field: str(number), **self.stamped(moment(minute)), **self.values(name)}
        )

    def delete(self, number: int) -> None:
        rows = self.system.sets[self.of]
        rows[:] = [row for row in rows if row[self.key_field] != str(number)]

    def spoil(self) -> None:
        row = {self.key_field: "", **self.stamped(moment(3)), **self.values("spoilt")}
        self.system.sets[self.of].append(row)

    def stamped(self, changed: datetime) -> Row:
        return {self.changed: date(changed)}


class Leads(_Version2):
    """In the order of change."""

    type = "sap_c4c"
    of, key_field, changed = "LeadCollection", "ID", "EntityLastChangedOn"


class Orders(_Version2):
    """In the order of change, with rows inside the row."""

    type = "sap_s4"
    of, key_field, changed = "A_SalesOrder", "SalesOrder", "LastChangeDateTime"


class Partners(_Version2):
    """By whole days, in the order of keys; what was never changed has its creation alone."""

    type = "sap_s4"
    of, key_field, changed = "A_BusinessPartner", "BusinessPartner", "LastChangeDate"
    pages = (20, 2)
    resumes = False

    def stamped(self, changed: datetime) -> Row:
        begun = date(moment(0))
        day = round((changed - moment(0)) / timedelta(minutes=10))
        changed_on = date(moment(day * 24 * 60)) if day else None
        return {"CreationDate": begun, "LastChangeDate": changed_on}


class Products(_Version2):
    """Without a time of change: all of them each time."""

    type = "sap_s4"
    of, key_field, changed = "A_Product", "Product", "LastChangeDateTime"
    pages = (20, 2)
    is_incremental = resumes = False


class Origins(_Version2):
    """What is deleted stays, with a mark."""

    type = "sap_marketing_cloud"
    of, key_field = "ContactOriginData", "ContactID"
    changed = "OriginDataLastChgUTCDateTime"

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        del compares  # a mark tells what is deleted
        return super().declared(slowly=slowly)

    def put(self, number: int, minute: int, name: str = "n") -> None:
        super().delete(number)
        super().put(number, minute, name)

    def delete(self, number: int) -> None:
        for row in self.system.sets[self.of]:
            if row[self.key_field] == str(number):
                row |= {"IsMarkedForDeletion": True, self.changed: date(moment(500))}


class Things(_Version2):
    """A service that the workspace describes."""

    type = "odata"
    of, key_field, changed = "Things", "ThingID", "ChangedAt"
    options: ClassVar[Row] = {
        "version": 2,
        "entity_sets": {"Things": {"key": "ThingID", "changed": "ChangedAt"}},
    }


class Version4(Simulator):
    """A service of version 4, in the order of change."""

    type = "odata"
    described: ClassVar[Row] = {"key": "OrderID", "changed": "ChangedAt"}
    pages: ClassVar[tuple[int, int]] = (20, 3)

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.system = Service()

    def running(self) -> AbstractContextManager[object]:
        return serving(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        self.system.page = self.pages[slowly]
        compared = {"compare_days": 0 if compares else None}
        return {
            "type": "odata",
            "url": f"{self.system.url}/v4",
            "limits": self.limits,
            "options": {"version": 4, "entity_sets": {"Orders": self.described}, **compared},
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        changed = f"{moment(minute):%Y-%m-%dT%H:%M:%S}Z"
        self.system.put(OrderID=str(number), ChangedAt=changed, **self.values(name))

    def delete(self, number: int) -> None:
        self.system.drop(str(number))

    def spoil(self) -> None:
        self.system.rows[""] = {"OrderID": "", "ChangedAt": "2026-01-01T00:03:00Z"}


class Tracked(Version4):
    """A service of version 4 that says itself what changed and what is gone."""

    described: ClassVar[Row] = {"key": "OrderID", "track_changes": True}
    pages = (20, 2)
    resumes = False
