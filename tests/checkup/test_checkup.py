"""What `cdp doctor` says of a workspace that is well, and of one that is not."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from cdp.checkup.finding import Place, look
from cdp.cli import main
from cdp.privacy import keys, requests
from cdp.privacy.requests import Asked
from cdp.settings import Settings, Workspace
from cdp.store.lock import writer_lock
from cdp.store.state import State
from cdp.store.state_audit import Access, AuditLog
from cdp.store.state_schedules import ScheduleRuns
from published import ADA, NOW, copied, published


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = published(tmp_path_factory.mktemp("well") / "base")
    keys.create(place.home, "shop", ["profiles:read"], at=NOW)
    with State.open(place.home) as state:
        log = AuditLog(state)
        log.append([Access(NOW, "r1", "k1", "read", "P-1", "service", "")])
    return place.root


@pytest.fixture
def place(base: Path, tmp_path: Path) -> Workspace:
    return copied(base, tmp_path / "place")


def _levels(place: Workspace, settings: Settings | None = None) -> dict[str, str]:
    found = look(Place(place, settings or Settings(), NOW))
    worst = {"well": 0, "look": 1, "broken": 2}
    levels: dict[str, str] = {}
    for each in sorted(found, key=lambda each: worst[each.level]):
        levels[each.topic] = each.level
    return levels


def _says(place: Workspace, topic: str) -> str:
    return "\n".join(f.said for f in look(Place(place, Settings(), NOW)) if f.topic == topic)


def test_a_workspace_that_is_well(place: Workspace) -> None:
    levels = _levels(place)
    assert set(levels) >= {"audit log", "rules", "keys", "disk", "memory", "generation"}
    assert {topic for topic, level in levels.items() if level == "broken"} <= {"rules"}


def _cut_the_generation(place: Workspace) -> None:
    next((place.home / "generations").rglob("*.mdb")).write_bytes(b"x")


def _damage_the_manifest(place: Workspace) -> None:
    (place.home / "manifest.json").write_text("{")


def _break_a_file(place: Workspace) -> None:
    (place.root / "cdp.yaml").write_text("name: test\nsurprise: 1\n")


def _change_the_audit_log(place: Workspace) -> None:
    with State.open(place.home) as state, state.writing() as connection:
        connection.execute("drop trigger if exists audit_updated")
        for (trigger,) in connection.execute(
            "select name from sqlite_master where type = 'trigger' and tbl_name = 'audit'"
        ).fetchall():
            connection.execute(f"drop trigger {trigger}")
        connection.execute("update audit set action = 'nothing'")


def _overwrite_the_state(place: Workspace) -> None:
    for path in place.home.glob("state.db-*"):
        path.unlink()
    content = bytearray((place.home / "state.db").read_bytes())
    content[4096 : 3 * 4096] = os.urandom(2 * 4096)
    (place.home / "state.db").write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "topic"),
    [
        (_cut_the_generation, "generation"),
        (_damage_the_manifest, "generation"),
        (_break_a_file, "rules"),
        (_change_the_audit_log, "audit log"),
        (_overwrite_the_state, "state file"),
    ],
)
def test_what_is_broken_is_found(
    place: Workspace, harm: Callable[[Workspace], None], topic: str
) -> None:
    harm(place)
    assert _levels(Workspace(place.root))[topic] == "broken"


def test_what_somebody_should_look_at_is_told(place: Workspace) -> None:
    (place.home / "privacy.key").write_bytes(b"x" * 32)
    (place.home / "privacy.key").chmod(0o644)
    (place.root / ".cdp.restoring").mkdir()
    (place.root / "schedules").mkdir()
    (place.root / "schedules" / "nightly.yaml").write_text("cron: 0 2 * * *\n")
    (place.root / "schedules" / "hourly.yaml").write_text("cron: 0 * * * *\n")
    with State.open(place.home) as state:
        runs, before = ScheduleRuns(state), NOW - timedelta(days=3)
        number = runs.begin("hourly", due_at=before, at=before)
        assert number is not None
        runs.end(number, at=before, outcome="succeeded")
        for key in keys.every(place.home):
            keys.revoke(place.home, key.key_id, at=NOW)
    levels = _levels(place, Settings(memory_limit="900TB"))
    looked = {topic for topic, level in levels.items() if level == "look"}
    assert looked >= {"secrets", "restore", "schedule", "keys", "memory"}
    assert "never ran" in _says(place, "schedule")
    assert "overdue" in _says(place, "schedule")
    with writer_lock(place.home):
        assert "another run" in _says(place, "working file")


@pytest.mark.parametrize(
    ("minutes", "level"), [(1, "well"), (60, "look"), (31 * 24 * 60, "broken")]
)
def test_a_request_of_privacy_that_nobody_carries_out_is_told(
    place: Workspace, minutes: int, level: str
) -> None:
    wish = Asked("erase", f"id:{ADA}", ADA, "a letter", "front desk", "cli:test")
    request = requests.take(place.home, wish, at=NOW - timedelta(minutes=minutes))
    assert _levels(place)["privacy"] == level
    assert (request.request_id in _says(place, "privacy")) is (level != "well")


@pytest.mark.parametrize(
    ("keys_of", "broken"),
    [
        (([], []), True),
        ((["site"], []), False),
        ((["site", "app"], ["app"]), True),
        ((["site"], ["app"]), False),
    ],
)
def test_events_that_two_sources_would_take_are_told(
    place: Workspace, keys_of: tuple[list[str], list[str]], broken: bool
) -> None:
    (place.root / "sources").mkdir(exist_ok=True)
    for name, taken in zip(("app", "web"), keys_of, strict=True):
        said = f"type: events\noptions: {{keys: {taken}}}\n"
        (place.root / "sources" / f"{name}.yaml").write_text(said)
    assert (_levels(place).get("events") == "broken") is broken


def test_the_command_ends_with_1_where_something_is_broken(
    place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    _damage_the_manifest(place)
    with pytest.raises(SystemExit) as stopped:
        main(["doctor", "--workspace", str(place.root)])
    assert stopped.value.code == 1
    assert "broken  generation" in capsys.readouterr().out
