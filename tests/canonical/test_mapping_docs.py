"""The examples of docs/mapping.md, run as they stand there."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdp.canonical.functions import FUNCTIONS

if TYPE_CHECKING:
    from canonical_room import Room

PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"
_BLOCK = re.compile(r"^```(yaml|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def examples() -> list[Any]:
    """Return mapping, record and outcome of each example, named by its section."""
    text = PAGE.read_text(encoding="utf-8")
    blocks = list(_BLOCK.finditer(text))
    assert [b[1] for b in blocks] == ["yaml", "json", "json"] * (len(blocks) // 3)
    found = []
    for mapping, record, outcome in zip(blocks[::3], blocks[1::3], blocks[2::3], strict=True):
        section = _SECTION.findall(text[: mapping.start()])[-1]
        found.append(pytest.param(mapping[2], json.loads(record[2]), outcome[2], id=section))
    return found


@pytest.mark.parametrize(("mapping", "record", "outcome"), examples())
def test_an_example_comes_out_as_written(
    room: Room, mapping: str, record: dict[str, Any], outcome: str
) -> None:
    room.maps("crm", mapping)
    name = next(iter(room.mappings["crm"].objects))
    room.land("crm", name, "1", record)
    room.rebuild()
    for table, rows in json.loads(outcome).items():
        columns = ", ".join(rows[0])
        found = room.warehouse.query(f'select {columns} from silver."{table}" order by all')  # noqa: S608 - ours
        texts = [
            {
                key: value if isinstance(value, int | None) else str(value)
                for key, value in row.items()
            }
            for row in found.to_dicts()
        ]
        assert texts == rows


def test_every_function_is_listed_with_its_example() -> None:
    rows = re.findall(
        r"^\| `(\w+)\(.*?\| `([^`]+)` \| `([^`]+)` \|$",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert rows == [(f.name, *f.example) for f in FUNCTIONS.values()]
