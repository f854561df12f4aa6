"""Membership over runs: who stays keeps the moment of entry, the history tells each change once."""

from datetime import timedelta
from pathlib import Path

import pytest

from builders import AS_OF, add, carry_out, in_memory, workspace
from cdp.errors import ConfigError
from cdp.segments.stage import STAGE
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)
GERMANS = {"segments/germans.yaml": {"where": {"attribute": "country", "is": "DE"}}}


def live_in(warehouse: Warehouse, **countries: str) -> None:
    warehouse.connection.execute("delete from gold.profile")
    for number, country in countries.items():
        person = {"profile_id": f"P-{number}", "profile_type": "person", "country": country}
        add(warehouse, "gold.profile", dict(person))


def members(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.query(
        "select segment, profile_id, entered_run, entered_at from gold.segment_member "
        "order by segment, profile_id"
    ).rows()


def history(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.query(
        "select run_id, segment, profile_id, event from gold.segment_history "
        "order by run_id, segment, profile_id"
    ).rows()


def test_entering_staying_and_leaving(tmp_path: Path) -> None:
    place = workspace(tmp_path, GERMANS)
    later = AS_OF + timedelta(days=1)
    with in_memory(tmp_path) as warehouse:
        live_in(warehouse, a="DE", b="DE", c="FR")
        first = carry_out(STAGE, warehouse, place)
        live_in(warehouse, a="DE", c="DE", d="FR")
        second = carry_out(STAGE, warehouse, place, run_id=2, as_of=later)
        again = carry_out(STAGE, warehouse, place, run_id=3, as_of=later)
        assert members(warehouse) == [
            ("germans", "P-a", 1, NOW),
            ("germans", "P-c", 2, NOW + timedelta(days=1)),
        ]
        assert history(warehouse) == [
            (1, "germans", "P-a", "entered"),
            (1, "germans", "P-b", "entered"),
            (2, "germans", "P-b", "left"),
            (2, "germans", "P-c", "entered"),
        ]
    assert first.counts == {"segments": 1, "members": 2, "changes": 2}
    assert second.notes == ("germans: 2 members, 1 entered, 1 left",)
    assert again.notes == ("germans: 2 members, 0 entered, 0 left",)


def test_members_leave_a_segment_that_is_no_longer_declared(tmp_path: Path) -> None:
    place = workspace(tmp_path, GERMANS)
    with in_memory(tmp_path) as warehouse:
        live_in(warehouse, a="DE")
        carry_out(STAGE, warehouse, place)
        (tmp_path / "segments" / "germans.yaml").unlink()
        report = carry_out(STAGE, warehouse, place, run_id=2)
        assert members(warehouse) == []
        assert history(warehouse)[-1] == (2, "germans", "P-a", "left")
    assert report.notes == ("germans: 0 members, 0 entered, 1 left",)


def test_a_wrong_name_changes_nothing(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        live_in(warehouse, a="DE")
        carry_out(STAGE, warehouse, workspace(tmp_path, GERMANS))
        wrong = workspace(tmp_path, {"segments/other.yaml": {"where": {"segment": "german"}}})
        message = (
            r"segments/other\.yaml: line 2, where: unknown segment 'german'; did you mean 'germ"
        )
        with pytest.raises(ConfigError, match=message):
            carry_out(STAGE, warehouse, wrong, run_id=2)
        assert len(members(warehouse)) == 1
