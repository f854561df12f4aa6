"""The state file: decisions are never lost or changed, several processes may write."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.errors import InputError, NotFoundError, StateError, UnknownNameError
from cdp.store.state import State, StateFileError
from cdp.store.state_acts import By
from cdp.store.state_audit import Access, AuditLog
from cdp.store.state_decisions import Decisions, Verdict

NOW = datetime(2026, 7, 1, tzinfo=UTC)
TOM = By("tom", "was wrong", NOW)


def test_a_decision_is_in_force_until_it_is_undone(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        decisions = Decisions(state)
        number = decisions.add("b:1", "a:1", "must_link", actor="eva", reason="called", at=NOW)
        assert [(d.record_l, d.record_r, d.verdict) for d in decisions.in_force()] == [
            ("a:1", "b:1", "must_link")
        ]
        decisions.undo(number, TOM)
        assert decisions.in_force() == []
        assert decisions.every()[0].undone_at == NOW
        assert decisions.every()[0].undone_by == "tom"


def test_decisions_that_contradict_each_other_are_both_kept_until_one_is_undone(
    tmp_path: Path,
) -> None:
    with State.open(tmp_path) as state:
        decisions = Decisions(state)
        decisions.add("a:1", "b:1", "must_link", actor="eva", reason="", at=NOW)
        second = decisions.add("a:1", "b:1", "cannot_link", actor="tom", reason="", at=NOW)
        assert [d.verdict for d in decisions.in_force()] == ["must_link", "cannot_link"]
        decisions.undo(second, TOM)
        assert [d.verdict for d in decisions.in_force()] == ["must_link"]


def test_what_makes_no_decision_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        decisions = Decisions(state)
        with pytest.raises(InputError, match="two records"):
            decisions.add("a:1", "a:1", "must_link", actor="", reason="", at=NOW)
        with pytest.raises(InputError, match="must_link or cannot_link"):
            decisions.add("a:1", "b:1", cast("Verdict", "maybe"), actor="", reason="", at=NOW)
        with pytest.raises(NotFoundError, match="nothing was undone"):
            decisions.undo(7, TOM)
        assert state.version("decision") == 0


def test_every_write_of_a_topic_moves_its_version_and_no_other(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        decisions = Decisions(state)
        number = decisions.add("a:1", "b:1", "must_link", actor="", reason="", at=NOW)
        decisions.undo(number, TOM)
    with State.open(tmp_path) as state:
        assert state.version("decision") == 2
        assert state.version("key") == 0
        with pytest.raises(UnknownNameError, match="audit, consent, correction, decision"):
            state.version("weather")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.booleans()), max_size=12))
def test_what_is_in_force_is_what_a_replay_says(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[int, int, bool]]
) -> None:
    expected: dict[tuple[str, str, str], list[int]] = {}
    with State.open(tmp_path_factory.mktemp("state")) as state:
        decisions = Decisions(state)
        for one, other, undo in acts:
            if one == other:
                continue
            verdict: Verdict = "must_link" if one < other else "cannot_link"
            pair = (f"r:{min(one, other)}", f"r:{max(one, other)}", verdict)
            if undo and expected.get(pair):
                decisions.undo(expected[pair].pop(), TOM)
            else:
                number = decisions.add(
                    f"r:{one}", f"r:{other}", verdict, actor="", reason="", at=NOW
                )
                expected.setdefault(pair, []).append(number)
        found = {(d.record_l, d.record_r, str(d.verdict)) for d in decisions.in_force()}
        count = len(decisions.every())
    assert found == {pair for pair, stack in expected.items() if stack}
    assert count >= len(found)


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cdp.store.state import State
from cdp.store.state_decisions import Decisions
for n in range(20):
    with State.open(Path(sys.argv[1])) as state:
        Decisions(state).add(f"{sys.argv[2]}:{n}", "z:1", "must_link", actor=sys.argv[2],
            reason="", at=datetime(2026, 7, 1, tzinfo=UTC))
"""


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name])
        for name in ("p", "q", "r")
    ]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    with State.open(tmp_path) as state:
        assert len(Decisions(state).in_force()) == 60
        assert state.version("decision") == 60


def test_accesses_come_back_by_subject(tmp_path: Path) -> None:
    one, other = (Access(NOW, "r1", "k", "profile.read", p, "service", "") for p in ("P-1", "P-2"))
    with State.open(tmp_path) as state:
        AuditLog(state).append([one, other])
        assert AuditLog(state).of("P-1") == [one]


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        state.connection.execute("pragma user_version = 99")
    with pytest.raises(StateError, match="newer cdp"), State.open(tmp_path):
        pass


def test_a_file_that_is_no_state_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(StateFileError, match=r"state\.db cannot be used"), State.open(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateFileError, match="cannot be used"), State.open(tmp_path / "file"):
        pass


def test_what_sqlite_refuses_while_open_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match="no such table"), State.open(tmp_path) as state:
        state.connection.execute("select 1 from nowhere")


def test_a_failed_write_keeps_nothing_of_it(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        with pytest.raises(sqlite3.IntegrityError), state.writing() as connection:
            connection.executemany("insert into topic values (?, 1)", [("new",), ("new",)])
        with pytest.raises(UnknownNameError):
            state.version("new")
