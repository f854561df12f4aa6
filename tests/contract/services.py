"""APIs of other vendors: any that answers in JSON, and Salesforce by query and in bulk."""

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from contract.peer import Row, Simulator, moment
from simulators.rest import Api
from simulators.rest import serving as serving_api
from simulators.salesforce import serving
from simulators.salesforce_org import Org, wire


class RestPeer(Simulator):
    """An API that can be asked for what changed, in the order of change."""

    type = "rest_api"
    pages: ClassVar[tuple[int, int]] = (20, 2)
    resource: ClassVar[Row] = {
        "path": "rows",
        "data_selector": "data.items",
        "primary_key": "id",
        "cursor_field": "updated_at",
        "row_order": "asc",
        "params": {"sort": "updated_at", "updated_since": "{since.iso}"},
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.system = Api(token="contract")  # noqa: S106 - of an API that is none

    def running(self) -> AbstractContextManager[object]:
        return serving_api(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        self.system.page = self.pages[slowly]
        paginator = {"type": "json_link", "next_url_path": "paging.next"}
        options = {"paginator": paginator, "resources": {"rows": self.resource}}
        return {
            "type": "rest_api",
            "url": f"{self.system.url}/v1",
            "auth": {"kind": "bearer", "token": {"env": "CONTRACT_USER"}},
            "limits": self.limits,
            "options": {**options, "compare_days": 0 if compares else None},
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        self.delete(number)
        changed = moment(minute).isoformat()
        self.system.rows.append({"id": number, "updated_at": changed, **self.values(name)})

    def delete(self, number: int) -> None:
        self.system.rows[:] = [row for row in self.system.rows if row["id"] != number]

    def spoil(self) -> None:
        self.system.rows.append({"id": None, "updated_at": moment(3).isoformat()})


class WholeRestPeer(RestPeer):
    """An API that gives all its rows each time."""

    resource: ClassVar[Row] = {
        "path": "rows",
        "data_selector": "data.items",
        "primary_key": "id",
    }
    is_incremental = resumes = False


class QueryPeer(Simulator):
    """An org of Salesforce, asked by queries."""

    type = "salesforce"
    pages: ClassVar[tuple[int, int]] = (20, 2)
    method: ClassVar[str] = "query"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.system = Org(client=("contract", "contract"))
        self.system.has("Contact", "003", **dict.fromkeys(self.fields, "string"))

    def running(self) -> AbstractContextManager[object]:
        return serving(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        del compares  # it tells what was deleted itself
        auth = {
            "kind": "client_credentials",
            "token_url": f"{self.system.url}/services/oauth2/token",
            "client_id": {"env": "CONTRACT_USER"},
            "client_secret": {"env": "CONTRACT_USER"},
        }
        size = self.pages[slowly]
        steps = {"page_size": size, "bulk_rows": 5 * size, "poll_seconds": 0.001}
        return {
            "type": "salesforce",
            "url": self.system.url,
            "auth": auth,
            "limits": self.limits,
            "objects": ["Contact"],
            "options": {"method": self.method, "compare_days": None, **steps},
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        self.system.now = moment(minute) - timedelta(seconds=1)
        if self.key(number) in self.system.tables["Contact"].rows:
            told = self.values(name) | {"IsDeleted": False}
            self.system.change("Contact", self.key(number), **told)
        else:
            self.system.add("Contact", Id=self.key(number), **self.values(name))

    def delete(self, number: int) -> None:
        self.system.now = moment(500)
        self.system.delete("Contact", self.key(number))

    def spoil(self) -> None:
        row = {"Id": "", "IsDeleted": False, "SystemModstamp": wire(moment(3))}
        self.system.tables["Contact"].rows[""] = row

    def drift(self) -> None:
        super().drift()
        types = self.system.tables["Contact"].types
        types["Shoe"] = types.pop("City")

    def key(self, number: int) -> str:
        return f"003{number:012d}AAA"


class BulkPeer(QueryPeer):
    """An org of Salesforce, read by bulk jobs."""

    method = "bulk"
    breaks_after = 7
