"""Ids that were told to somebody before a run issued them: whom they stand for.

Invariant: an id that was told once always leads to whom it was told of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.store.state import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store.state import State


class Provisionals:
    """The provisional ids in the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def keep(self, profile_id: str, record_id: str, *, at: datetime) -> None:
        """Keep of which source record an id was told; the first record counts."""
        if self.record_of(profile_id) is not None:
            return
        with self._state.writing() as connection:
            connection.execute(
                "insert or ignore into provisional values (?, ?, ?)",
                (profile_id, record_id, stamp(at)),
            )

    def record_of(self, profile_id: str) -> str | None:
        """Return the source record that an id was told of, None when it was never told."""
        rows = self._state.connection.execute(
            "select record_id from provisional where profile_id = ?", (profile_id,)
        ).fetchall()
        return str(rows[0][0]) if rows else None
