"""A profile as it was at an earlier publish: by file, over HTTP and on the command line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders import opened
from cdp.cli import main
from cdp.errors import InputError
from cdp.publish.kept import NotKeptError, NotYetError, moment
from cdp.publish.reference import parse
from cdp.publish.served import Published
from cdp.settings import Workspace
from cdp.store import generation
from live_server import running
from published import ADA, NOW, copied, publish

DAY = timedelta(days=1)


def _later(place: Workspace, times: int) -> None:
    """Publish on as many days after the first one, with the day as Ada's name."""
    with opened(place.root) as warehouse:
        for day in range(1, times + 1):
            warehouse.connection.execute(
                "update gold.profile set full_name = ? where profile_id = ?", [f"Day {day}", ADA]
            )
            publish(place, warehouse, run_id=1 + day, now=NOW + day * DAY)


def _name(place: Workspace, at: datetime) -> str:
    found = Published(place.home).at(at).document("profile", ADA)
    return str(json.loads(found or b"{}")["full_name"])


def test_each_kept_moment_shows_what_was_published_then(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    _later(place, 2)
    assert _name(place, NOW) == "Ada Élise Example"
    assert _name(place, NOW + DAY - timedelta(seconds=1)) == "Ada Élise Example"
    assert _name(place, NOW + DAY) == "Day 1"
    assert _name(place, NOW + 9 * DAY) == "Day 2"


def test_before_the_first_generation_there_was_nothing(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    with pytest.raises(NotYetError, match="generation 1, the first, is of 2026-07-01"):
        Published(place.home).at(NOW - DAY)


def test_a_removed_generation_is_gone_and_the_oldest_kept_is_named(
    tmp_path: Path, base: Path
) -> None:
    place = copied(base, tmp_path)
    _later(place, 3)
    with pytest.raises(NotKeptError, match="the oldest kept one is 2, of 2026-07-02"):
        Published(place.home).at(NOW)


def test_the_workspace_says_how_many_are_kept(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    (place.root / "cdp.yaml").write_text("name: test\ngenerations: 2\n", encoding="utf-8")
    _later(Workspace(place.root), 3)
    assert sorted(p.name for p in (place.home / "generations").iterdir()) == ["3", "4"]


def test_what_was_rolled_back_is_passed_over(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    _later(place, 2)
    generation.rollback(place.home)
    assert _name(place, NOW + 9 * DAY) == "Day 1"


def test_readers_hold_one_object_per_past_generation(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    _later(place, 2)
    published = Published(place.home)
    assert published.at(NOW) is published.at(NOW)
    assert published.at(NOW + 2 * DAY) is published.current()


def test_over_http(tmp_path: Path, base: Path) -> None:
    place = copied(base, tmp_path)
    _later(place, 3)
    path = "/v1/profiles/email:ada@example.org"
    asked = {"2026-07-02T06:00:00Z": 200, "2026-07-02T12:00:00": 200, "2026-07-03": 200}
    asked |= {"2026-07-01": 410, "never": 400}
    with running(place) as server:
        found = {at: server.get(f"{path}?as_of={at}") for at in asked}
        part = server.get(f"{path}/identifiers?as_of=2026-07-02T06:00:00Z")
    assert {at: answer.status_code for at, answer in found.items()} == asked
    assert found["2026-07-03"].json()["full_name"] == "Day 1"
    assert found["2026-07-01"].json()["code"] == "not_kept"
    assert "oldest kept one is 2" in found["2026-07-01"].json()["detail"]
    assert found["never"].json()["errors"][0]["field"] == "as_of"
    assert part.json()["profile_id"] == ADA


def test_on_the_command_line(
    tmp_path: Path, base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = copied(base, tmp_path)
    _later(place, 1)
    command = ["profile", "show", ADA, "--workspace", str(place.root), "--as-of"]
    for at, code, said in (("2026-07-01T06:00Z", 0, "Élise"), ("2026-06-01", 1, "the first")):
        with pytest.raises(SystemExit) as stopped:
            main([*command, at])
        shown = capsys.readouterr()
        assert stopped.value.code == code
        assert said in shown.out + shown.err


MOMENTS = {
    "2026-07-01": datetime(2026, 7, 1, tzinfo=UTC),
    "2026-07-01T08:00:00+02:00": datetime(2026, 7, 1, 6, tzinfo=UTC),
    "2026-07-01T06:00:00Z": datetime(2026, 7, 1, 6, tzinfo=UTC),
}


@pytest.mark.parametrize("text", MOMENTS)
def test_moments(text: str) -> None:
    assert moment(text) == MOMENTS[text]


def test_what_is_no_moment_is_said(tmp_path: Path, base: Path) -> None:
    with pytest.raises(InputError, match="ISO 8601"):
        moment("yesterday")
    reference = parse(ADA, "DE")
    assert Published(copied(base, tmp_path).home).at(NOW).find("profile", reference) == ADA
