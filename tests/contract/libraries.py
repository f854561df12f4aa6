"""Resources of dlt."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from contract.peer import Peer, Row, moment
from dlt_shop import SHOP


class DltPeer(Peer):
    """A resource that keeps its own place: what changed before it is not looked for."""

    type = "dlt"
    sees_late = False
    resumes = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        SHOP.users, SHOP.fails_at = [], None

    def running(self) -> AbstractContextManager[object]:
        return nullcontext()

    def declared(self, *, compares: bool = False, slowly: bool = False) -> Row:
        del compares  # a column says what was deleted
        options = {"resource": "dlt_shop:users", "changed": "seen", "compare_days": None}
        return {"type": "dlt", "options": {**options, "delivery_rows": 5 if slowly else 50}}

    def put(self, number: int, minute: int, name: str = "n") -> None:
        self._drop(number)
        SHOP.users.append(self._row(number, minute, self.values(name)))
        SHOP.users.sort(key=lambda row: str(row["seen"]))

    def delete(self, number: int) -> None:
        self._drop(number)
        SHOP.users.append(self._row(number, 500, {"gone": True}))

    def spoil(self) -> None:
        SHOP.users.append({"id": None, "seen": "2026-01-01T00:03:00Z"})

    def break_off(self) -> None:
        SHOP.fails_at = 40

    def mend(self) -> None:
        SHOP.fails_at = None

    def dead(self) -> Row:
        SHOP.fails_at = 0
        return self.declared()

    def _row(self, number: int, minute: int, fields: Row) -> dict[str, Any]:
        return {"id": number, "seen": f"{moment(minute):%Y-%m-%dT%H:%M:%S}Z", **fields}

    def _drop(self, number: int) -> None:
        SHOP.users[:] = [row for row in SHOP.users if row["id"] != number]
