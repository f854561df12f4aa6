"""What happened with somebody of whom nothing is known yet: an order before its customer.

Invariant: a row is here once, as its latest version; what is too much is left to the next run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cdp.realtime.delivered import Told

MOST_BYTES: Final = 32 << 20


class Orphans:
    """Rows by the record that they wait for."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._of: dict[str, dict[str, Told]] = {}
        self._where: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._where)

    def put(self, record_id: str, told: Told) -> None:
        """Let a row wait for its record."""
        self.drop(told.id)
        if self._bytes + told.size <= self._most:
            self._bytes += told.size
            self._of.setdefault(record_id, {})[told.id] = told
            self._where[told.id] = record_id

    def take(self, record_id: str) -> list[Told]:
        """Return the rows that waited for a record, and keep them no longer."""
        found = list(self._of.get(record_id, {}).values())
        for told in found:
            self.drop(told.id)
        return found

    def drop(self, key: str) -> None:
        """Forget a row, if it waits."""
        record_id = self._where.pop(key, None)
        if record_id is None:
            return
        told = self._of[record_id].pop(key)
        self._bytes -= told.size
        if not self._of[record_id]:
            del self._of[record_id]
