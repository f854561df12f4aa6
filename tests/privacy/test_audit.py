"""The audit trail: everything noted is written, what cannot be written is not forgotten."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cdp.privacy.audit import Auditor
from cdp.store.state import State, StateFileError
from cdp.store.state_audit import Access, AuditLog

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def access(number: int) -> Access:
    return Access(NOW, str(number), "k", "profile.read", "P-1", "", "")


def written(home: Path) -> list[str]:
    with State.open(home) as state:
        return [a.request_id for a in AuditLog(state).of("P-1")]


def test_everything_noted_is_written_once_and_in_order(tmp_path: Path) -> None:
    auditor = Auditor(tmp_path)
    for number in range(1200):
        auditor.note(access(number))
    auditor.close()
    assert written(tmp_path) == [str(n) for n in range(1200)]


def test_what_cannot_be_written_waits_until_it_can(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file where the folder should be")
    auditor = Auditor(home)
    auditor.note(access(1))
    with pytest.raises(StateFileError):
        auditor.flush()
    home.unlink()
    auditor.close()
    assert written(home) == ["1"]
