"""What is due, who begins it, and what is remembered of it."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from zoneinfo import ZoneInfo

import pytest

from builders import workspace
from cdp.errors import ConfigError
from cdp.schedules.declared import every
from cdp.schedules.keeper import Keeper, due
from cdp.settings import Workspace, cron
from cdp.store.lock import lock
from cdp.store.state import State
from cdp.store.state_schedules import ScheduleRun, ScheduleRuns

NIGHTLY = {"cron": "30 2 * * *", "command": "run --full"}
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
CRM: dict[str, object] = {
    "type": "csv_file",
    "path": "crm.csv",
    "options": {"object": "contact", "id_column": "id"},
}


def _place(root: Path, **files: Mapping[str, object]) -> Workspace:
    named = {f"schedules/{name}.yaml": each for name, each in files.items()}
    return workspace(root, named)


def _due(place: Workspace, since: datetime, now: datetime) -> list[tuple[str, datetime]]:
    with State.open(place.home) as state:
        found = due(place, ScheduleRuns(state), since=since, now=now)
    return [(each.name, each.due_at) for each in found]


def _begun(place: Workspace, name: str, due_at: datetime, at: datetime) -> int | None:
    with State.open(place.home) as state:
        return ScheduleRuns(state).begin(name, due_at=due_at, at=at)


def _runs(place: Workspace, name: str) -> list[ScheduleRun]:
    with State.open(place.home) as state:
        return ScheduleRuns(state).of(name, limit=9)


@pytest.mark.parametrize(
    ("zone", "after", "expected"),
    [
        ("UTC", "2026-07-01T12:00", "2026-07-02T02:30"),
        ("Europe/Berlin", "2026-07-01T12:00", "2026-07-02T00:30"),
        ("Europe/Berlin", "2026-12-01T12:00", "2026-12-02T01:30"),
        ("UTC", "2026-07-02T02:30", "2026-07-03T02:30"),
    ],
)
def test_a_cron_expression_speaks_of_a_zone(zone: str, after: str, expected: str) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (after, expected)]
    assert cron.next_due("30 2 * * *", ZoneInfo(zone), moments[0]) == moments[1]


def test_an_hour_that_the_clock_leaves_out_is_made_up_for_and_one_repeated_is_named_twice() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    spring = cron.next_due("30 2 * * *", berlin, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert spring == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    autumn = cron.next_due("30 2 * * *", berlin, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert cron.next_due("30 2 * * *", berlin, autumn) == autumn + timedelta(hours=1)


def test_it_is_due_once_and_what_was_missed_is_made_up_for_once(tmp_path: Path) -> None:
    place = _place(tmp_path, nightly=NIGHTLY)
    assert _due(place, NOON, NOON + timedelta(hours=14)) == []
    night = datetime(2026, 7, 2, 2, 30, tzinfo=UTC)
    assert _due(place, NOON, night) == [("nightly", night)]
    assert _begun(place, "nightly", night, night) is not None
    assert _begun(place, "nightly", night, night) is None
    assert _due(place, NOON, night + timedelta(minutes=1)) == []
    later = night + timedelta(days=5, hours=3)
    assert _due(place, later, later) == [("nightly", datetime(2026, 7, 7, 2, 30, tzinfo=UTC))]


def test_what_was_asked_for_goes_first_and_a_pause_does_not_stop_it(tmp_path: Path) -> None:
    place = _place(tmp_path, nightly=NIGHTLY, hourly={"cron": "0 * * * *"})
    with State.open(place.home) as state:
        runs = ScheduleRuns(state)
        runs.pause("nightly", by="ada", reason="the ERP is moved", at=NOON)
        asked = runs.ask("nightly", by="ada", at=NOON)
        assert runs.ask("nightly", by="bob", at=NOON + timedelta(minutes=1)) == asked
        runs.ask("gone", by="ada", at=NOON)
    hour = NOON + timedelta(hours=1)
    assert _due(place, NOON, hour) == [("nightly", NOON), ("hourly", hour)]
    assert _begun(place, "nightly", NOON, hour) == asked.schedule_run_id
    assert _due(place, NOON, hour) == [("hourly", hour)]
    with State.open(place.home) as state:
        assert ScheduleRuns(state).resume("nightly")
        assert not ScheduleRuns(state).resume("nightly")


def test_a_source_says_itself_when_it_is_due(tmp_path: Path) -> None:
    files: dict[str, object] = {
        "sources/crm.yaml": CRM | {"schedule": "*/15 * * * *"},
        "sources/erp.yaml": CRM,
    }
    place = workspace(tmp_path, files)
    found = every(place)
    assert list(found) == ["source-crm"]
    assert found["source-crm"].command == ("run", "--source", "crm")
    clash: dict[str, object] = {"schedules/source-crm.yaml": NIGHTLY}
    with pytest.raises(ConfigError, match="has a schedule of its own"):
        every(workspace(tmp_path, files | clash))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"cron": "daily"}, "write five fields"),
        ({"cron": "0 2 * * *", "command": "serve"}, "'serve' cannot be scheduled; these can: run"),
        ({"cron": "0 2 * * *", "command": ["run", "--workspace=/x"]}, "leave it out"),
    ],
)
def test_what_is_declared_wrongly_is_said(
    tmp_path: Path, wrong: dict[str, object], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        every(_place(tmp_path, wrong=wrong))


def test_a_keeper_begins_what_is_asked_for_in_a_process_and_says_how_it_ended(
    tmp_path: Path,
) -> None:
    place = _place(tmp_path, broken={"cron": "0 2 * * *", "command": "run --from nowhere"})
    with State.open(place.home) as state:
        ScheduleRuns(state).begin("broken", due_at=NOON - timedelta(days=1), at=NOON)
        ScheduleRuns(state).ask("broken", by="ada", at=NOON)
    keeper = Keeper(place, lambda: NOON)
    keeper.start()
    while not (found := [r for r in _runs(place, "broken") if r.outcome == "failed"]):
        Event().wait(0.05)  # leaves the processor to the process that is waited for
    keeper.stop()
    assert found[0].asked_by == "ada"
    assert "nowhere" in found[0].message
    assert _runs(place, "broken")[-1].outcome == "stopped"


def test_a_second_keeper_stands_by(tmp_path: Path) -> None:
    place = _place(tmp_path, broken={"cron": "0 2 * * *", "command": "run --from nowhere"})
    keeper = Keeper(place, lambda: NOON)
    thread = Thread(target=keeper.work)
    with lock(place.home / "schedules.lock", "keeper"):
        thread.start()
        with State.open(place.home) as state:
            asked = ScheduleRuns(state).ask("broken", by="ada", at=NOON)
        keeper.stop()
        thread.join()
    assert _runs(place, "broken") == [asked]


def test_the_command_logs_as_the_server_does(tmp_path: Path) -> None:
    place = _place(tmp_path, broken={"cron": "0 2 * * *", "command": "run --from nowhere"})
    with State.open(place.home) as state:
        ScheduleRuns(state).ask("broken", by="ada", at=NOON)
    command = [sys.executable, "-m", "cdp", "schedule", "keep", "--workspace", str(place.root)]
    logging = os.environ | {"CDP_LOG_FORMAT": "json", "CDP_LOG_LEVEL": "info"}
    with subprocess.Popen(command, env=logging, stderr=subprocess.PIPE, text=True) as keeping:
        assert keeping.stderr is not None
        lines = (line for line in keeping.stderr if line.startswith("{"))
        told = json.loads(next(lines))
        keeping.terminate()
    assert (told["message"], told["level"]) == ("schedule broken began", "info")
