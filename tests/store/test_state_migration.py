"""Decisions of v0.1.0 become decisions of today, each with its one pair."""

import sqlite3
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from cdp.store.state import State
from cdp.store.state_decisions import Decisions

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
MADE = "insert into decision values (?, ?, ?, ?, 'eva', 'called', ?, ?, ?)"


def test_decisions_of_the_first_version_are_kept(tmp_path: Path) -> None:
    first = (files("cdp.store") / "migrations" / "0001.sql").read_text(encoding="utf-8")
    connection = sqlite3.connect(tmp_path / "state.db")
    connection.executescript(first)
    connection.executemany(
        MADE,
        [
            (1, "a:1", "b:1", "cannot_link", WHEN.isoformat(), None, None),
            (5, "a:1", "c:1", "must_link", WHEN.isoformat(), WHEN.isoformat(), "tom"),
        ],
    )
    connection.execute("pragma user_version = 1")
    connection.commit()
    connection.close()
    with State.open(tmp_path) as state:
        decisions = Decisions(state)
        kept = [(d.decision_id, d.action, d.subject, d.undone_by) for d in decisions.every()]
        assert kept == [
            (1, "reject", ("a:1", "b:1"), None),
            (5, "confirm", ("a:1", "c:1"), "tom"),
        ]
        assert [(p.record_l, p.record_r, p.verdict) for p in decisions.in_force()] == [
            ("a:1", "b:1", "cannot_link")
        ]
        before = state.version("decision")
        assert decisions.add("x:1", "y:1", "must_link", actor="e", reason="r", at=WHEN) == 6
        assert state.version("decision") > before
