"""`cdp profile show REF --fact-sheet FILE`: a page on disk, and the access written down."""

import json
from pathlib import Path

import pytest

from cdp.cli import main
from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from cdp.store.state_privacy import Restrictions
from published import ADA, NOW, copied


@pytest.fixture
def place(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied(base, tmp_path)
    monkeypatch.setenv("CDP_WORKSPACE", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["profile", "show", *arguments])
    return int(stopped.value.code or 0)


def test_a_fact_sheet_is_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "ada.html"
    assert run("email:ada@example.org", "--fact-sheet", str(file)) == 0
    assert "<h1>Ada Élise Example</h1>" in file.read_text(encoding="utf-8")
    assert "ada.html is written" in capsys.readouterr().err
    with State.open(place / ".cdp") as state:
        assert [a.action for a in AuditLog(state).of(ADA)] == ["profile.fact_sheet"]


def test_of_a_view_that_there_is(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = place / "acme.html"
    assert run("A-acme", "--fact-sheet", str(file), "--view", "marketing") == 0
    assert "View marketing" in file.read_text(encoding="utf-8")
    assert run("A-acme", "--fact-sheet", str(place / "x.html"), "--view", "shoes") == 1
    assert "unknown view 'shoes'; known: marketing, service" in capsys.readouterr().err
    assert not (place / "x.html").exists()


def test_of_whom_is_restricted_only_who_it_is_is_shown(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with State.open(place / ".cdp") as state:
        Restrictions(state).add(("crm:1",), "PR-1", NOW)
    assert run("email:ada@example.org") == 0
    told = capsys.readouterr().out
    assert "processing is restricted" in told
    assert "Ada Élise Example" in told
    assert "crm:1" in told
    for hidden in ("Berlin", "engagement", "buyers", "1980"):
        assert hidden not in told
    assert run(ADA, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["restricted"] is True
    assert document["identifiers"]
    assert document["scores"] == document["segments"] == document["consents"] == []
    assert "address" not in document
    file = place / "ada.html"
    assert run(ADA, "--fact-sheet", str(file)) == 1
    assert "restricted" in capsys.readouterr().err
    assert not file.exists()
