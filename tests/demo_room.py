"""A room whose sources are mapped as the demo maps them, and what silver says of a record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdp.canonical.chosen import chosen
from cdp.settings import Workspace

if TYPE_CHECKING:
    from canonical_room import Room

DEMO = Path(__file__).parents[1] / "pipelines" / "demo"


@pytest.fixture
def demo_room(room: Room) -> Room:
    """Return an empty room with the demo's mappings."""
    room.mappings |= {name: found.mapping for name, found in chosen(Workspace(DEMO)).items()}
    return room


def at(text: str) -> datetime:
    """Return a moment as silver has it."""
    return datetime.fromisoformat(text)


def attributes(room: Room, record_id: str) -> dict[str, str]:
    """Return the first value of each attribute of a record, addresses left out."""
    rows = room.all(
        "select attribute, value from silver.attribute "  # noqa: S608 - a constant
        f"where record_id = '{record_id}' and attribute <> 'address' and position = 0"
    )
    return dict(rows)


def identifiers(room: Room, record_id: str) -> set[tuple[str, str]]:
    """Return kind and value of all identifiers of a record."""
    rows = room.all(
        f"select kind, value from silver.identifier where record_id = '{record_id}'"  # noqa: S608
    )
    return {(kind, value) for kind, value in rows}
