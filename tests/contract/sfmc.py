"""A business unit of Marketing Cloud, of which a data extension is read."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import ClassVar

from contract.peer import Row, Simulator, moment
from simulators.sfmc import Account, Extension, serving


class DatedRows(Simulator):
    """A data extension that says when its rows changed."""

    type = "sfmc"
    breaks_after = 8
    changed: ClassVar[str | None] = "Changed"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.rows = Extension(("Id",))
        self.system = Account({"People": self.rows}, client=("contract", "contract"))

    def running(self) -> AbstractContextManager[object]:
        return serving(self.system)

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        secret = {"env": "CONTRACT_USER"}
        options = {
            "data_extensions": {"People": {"changed": self.changed}},
            "overlap_minutes": 10,
            "page_size": 6 if slowly else 20,
            "compare_days": 0 if compares else None,
        }
        return {
            "type": "sfmc",
            "url": self.system.url,
            "auth": {
                "kind": "client_credentials",
                "token_url": f"{self.system.url}/v2/token",
                "client_id": secret,
                "client_secret": secret,
            },
            "limits": self.limits,
            "objects": ["People"],
            "options": options,
        }

    def put(self, number: int, minute: int, name: str = "n") -> None:
        self.delete(number)
        self.rows.rows.append({"Id": str(number), "Changed": moment(minute), **self.values(name)})

    def delete(self, number: int) -> None:
        self.rows.rows = [row for row in self.rows.rows if row["Id"] != str(number)]

    def spoil(self) -> None:
        self.put(0, 3)
        self.rows.rows[-1]["Id"] = ""

    def seen(self, row: Row) -> Row:
        return {name.capitalize(): value for name, value in row.items()}


class WholeRows(DatedRows):
    """A data extension that does not say when its rows changed."""

    is_incremental = False
    resumes = False
    changed = None
