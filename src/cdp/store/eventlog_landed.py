"""How far the event log was landed in bronze: what a run goes on from, and readers beside it.

Kept in `bronze.cursor` by segment, as `offset@run`; of a segment the furthest counts, because the
entries of all sources up to there were landed with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cdp.store.warehouse import Warehouse

LOG: Final = "log:"
_CURSORS: Final = "select position_of, position from bronze.cursor where position_of like 'log:%'"


def positions(warehouse: Warehouse) -> dict[str, tuple[int, int]]:
    """Return how far each segment of the log was landed, and by which run."""
    found: dict[str, tuple[int, int]] = {}
    for position_of, position in warehouse.query(_CURSORS).iter_rows():
        offset, _, run_id = position.partition("@")
        name = position_of.removeprefix(LOG)
        found[name] = max(found.get(name, (0, 0)), (int(offset), int(run_id)))
    return found
