"""An instance of B2C Commerce, of which customers are read."""

from contextlib import AbstractContextManager
from pathlib import Path

from contract.peer import Row, Simulator, moment
from simulators.sfcc import ORGANIZATION, TENANT, Instance, serving


class Shoppers(Simulator):
    """The customers of a customer list, searched by their change."""

    type = "sfcc"
    breaks_after = 8

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.system = Instance(
            client=("contract", "contract"), scopes={TENANT, "sfcc.customerlists"}
        )

    def running(self) -> AbstractContextManager[object]:
        return serving(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        secret = {"env": "CONTRACT_USER"}
        options = {
            "organization": ORGANIZATION,
            "sites": ["RefArch"],
            "page_size": 6 if slowly else 20,
            "compare_days": 0 if compares else None,
        }
        return {
            "type": "sfcc",
            "url": self.system.url,
            "auth": {
                "kind": "client_credentials",
                "token_url": f"{self.system.url}/dwsso/oauth2/access_token",
                "client_id": secret,
                "client_secret": secret,
            },
            "limits": self.limits,
            "objects": ["customers"],
            "options": options,
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        self.delete(number)
        changed = moment(minute).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        row = {"customerNo": str(number), "lastModified": changed, **self.values(name)}
        self.system.customers.append(row)

    def delete(self, number: int) -> None:
        rows = self.system.customers
        self.system.customers = [row for row in rows if row["customerNo"] != str(number)]

    def spoil(self) -> None:
        self.put(0, 3)
        self.system.customers[-1]["customerNo"] = ""
