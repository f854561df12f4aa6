"""Fields that no mapping names can be used in segments, by their own names."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from builders import AS_OF, add, in_memory
from cdp.segments.compiler import compiled
from cdp.segments.definition import SegmentFile

PEOPLE = {
    "P-1": '{"crm": {"tier": "gold", "points": "9e2"}, "s": {"since": "2026-06-20", "vip": true}}',
    "P-2": '{"shop": {"tier": "silver", "points": 7, "odd.name": "x"}}',
    "P-3": "{}",
}
CASES: list[tuple[dict[str, Any], set[str]]] = [
    ({"attribute": "custom.tier", "is": "gold"}, {"P-1"}),
    ({"attribute": "custom.tier", "one_of": ["gold", "silver"]}, {"P-1", "P-2"}),
    ({"attribute": "custom.tier", "exists": False}, {"P-3"}),
    ({"attribute": "custom.tier", "exists": True}, {"P-1", "P-2"}),
    ({"attribute": "custom.points", "at_least": 100}, {"P-1"}),
    ({"attribute": "custom.since", "within_days": 30}, {"P-1"}),
    ({"attribute": "custom.vip", "is": True}, {"P-1"}),
    ({"attribute": "custom.odd.name", "is": "x"}, {"P-2"}),
    ({"not": {"attribute": "custom.tier", "is": "gold"}}, {"P-2", "P-3"}),
]


def test_a_custom_field_of_any_source_makes_a_segment(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        people = [
            {"profile_id": p, "profile_type": "person", "custom": c} for p, c in PEOPLE.items()
        ]
        add(warehouse, "gold.profile", *people)
        for where, expected in CASES:
            segment = SegmentFile.model_validate({"of": "person", "where": where})
            query = compiled("it", {"it": segment}, frozenset())
            found = warehouse.query(query.sql, **query.params(AS_OF))
            assert set(found["profile_id"]) == expected, where


@pytest.mark.parametrize("name", ["custom.", 'custom.a"b'])
def test_what_names_no_custom_field_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="names no custom field"):
        SegmentFile.model_validate({"of": "person", "where": {"attribute": name, "exists": True}})
