"""The chain of the audit log: nothing is changed unseen, and what is erased is gone."""

import sqlite3
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.privacy.audit import erase_details
from cdp.store.audit_chain import START, covers, numbers_in, ranges
from cdp.store.audit_check import Checked, check
from cdp.store.secret import secret_of
from cdp.store.state import State
from cdp.store.state_audit import Access, Asked, AuditLog

NOW = datetime(2026, 7, 1, tzinfo=UTC)
WHO = "jane.roe@secret.example"


def entry(number: int, subject: str = "P-1") -> Access:
    at = NOW + timedelta(seconds=number)
    return Access(at, f"r-{number}", "k", "profile.read", subject, "service", "masked")


def filled(home: Path) -> None:
    """Write entries 1 and 2 together, 3 alone, 4 and 5 together, 6 to 8 together."""
    with State.open(home) as state:
        for numbers in ((1, 2), (3,), (4, 5)):
            AuditLog(state).append([entry(n) for n in numbers])
        AuditLog(state).append([entry(n, WHO) for n in (6, 7, 8)])


def checked(home: Path, expected: tuple[int, str] | None = None) -> Checked:
    with State.open(home) as state:
        return check(state, expected)


def test_what_was_only_written_is_sound(tmp_path: Path) -> None:
    assert checked(tmp_path).problems == ()
    filled(tmp_path)
    found = checked(tmp_path)
    assert (found.entries, found.erased, found.number, found.problems) == (8, 0, 8, ())
    assert checked(tmp_path, (8, found.link)).problems == ()


TAMPERED = [
    ("update audit set subject = 'P-2' where audit_id = 3", "details of entry 3 are not"),
    ("update audit set request_id = '' where audit_id = 3", "details of entry 3 are not"),
    ("update audit set key_id = 'x' where audit_id = 3", "entry 3 was changed"),
    ("update audit set at = '2020' where audit_id = 3", "entry 3 was changed"),
    ("update audit set link = null where audit_id = 3", "entry 3 has no seal"),
    ("update audit set digest = null where audit_id = 7", "entry 7 has no seal"),
    ("update audit set key_id = 'x' where audit_id = 7", "one of the entries 6 to 8 was changed"),
    ("update audit set link = x'' where audit_id = 3", "one of the entries 3 to 5 was changed"),
    (
        "update audit set link = (select link from audit where audit_id = 8) where audit_id = 7",
        "one of the entries 6 to 7 was changed",
    ),
    ("delete from audit where audit_id = 3", "entries 3 to 3 are missing"),
    ("delete from audit where audit_id = 8", "ends with entry 7"),
    ("delete from audit", "every entry is missing"),
    (
        (
            "update audit set audit_id = case audit_id when 3 then -4 else -3 end "
            "where audit_id in (3, 4); update audit set audit_id = -audit_id where audit_id < 0"
        ),
        "one of the entries 3 to 4 was changed",
    ),
    (
        (
            "delete from audit where audit_id = 3; "
            "update audit set audit_id = audit_id - 1 where audit_id > 3"
        ),
        "one of the entries 3 to 4 was changed",
    ),
    (
        (
            "insert into audit select 9, at, request_id, key_id, action, subject, purpose, detail, "
            "salt, digest, link, erased_by from audit where audit_id = 8"
        ),
        "entry 9 was changed",
    ),
    (
        (
            "insert into audit select 9, at, request_id, key_id, action, subject, purpose, detail, "
            "salt, digest, x'', erased_by from audit where audit_id = 8; "
            "update audit_head set audit_id = 9"
        ),
        "entries 9 to 9 are behind the last link",
    ),
    (
        "delete from audit where audit_id = 8; update audit_head set audit_id = 7",
        "entries 6 to 7 are behind the last link",
    ),
    (
        (
            "update audit set request_id = '', subject = '', purpose = '', detail = '', "
            "erased_by = 8 where audit_id = 3"
        ),
        "no erasure names it",
    ),
    ("update audit set erased_by = 8 where audit_id = 3", "entry 3 holds details"),
]


@pytest.mark.parametrize(("statement", "problem"), TAMPERED)
def test_what_was_changed_is_found(tmp_path: Path, statement: str, problem: str) -> None:
    filled(tmp_path)
    with State.open(tmp_path) as state:
        state.connection.executescript(statement)
    assert any(problem in said for said in checked(tmp_path).problems)


def test_an_end_that_was_cut_off_with_its_note_is_found_by_what_was_kept_elsewhere(
    tmp_path: Path,
) -> None:
    filled(tmp_path)
    noted = checked(tmp_path)
    with State.open(tmp_path) as state:
        rows = state.connection.execute("select link from audit where audit_id = 5").fetchall()
        state.connection.execute("delete from audit where audit_id > 5")
        state.connection.execute("update audit_head set audit_id = 5, link = ?", rows[0])
    assert checked(tmp_path).problems == ()
    assert "noted elsewhere" in checked(tmp_path, (noted.number, noted.link)).problems[0]


def test_without_the_secret_nobody_can_write_entries(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "audit.key").write_bytes(b"another secret, 32 bytes long...")
    assert len(checked(tmp_path).problems) > 0


def test_erased_details_are_gone_from_the_bytes_and_the_log_still_verifies(tmp_path: Path) -> None:
    filled(tmp_path)
    assert erase_details(tmp_path, [WHO, "nobody"], at=NOW, actor="officer") == 3
    with State.open(tmp_path) as state:
        assert AuditLog(state).of(WHO) == []
        [erasure] = AuditLog(state).latest(Asked(action="audit.erase"), 9)
        assert (erasure.access.key_id, erasure.access.detail) == ("officer", "6-8")
        gone = AuditLog(state).latest(Asked(until=erasure.access.at + timedelta(days=1)), 4)[1]
        assert (gone.audit_id, gone.erased_by) == (8, erasure.audit_id)
        assert gone.access[3:] == ("profile.read", "", "", "")
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert WHO.encode() not in kept
    found = checked(tmp_path)
    assert (found.entries, found.erased, found.problems) == (9, 3, ())
    assert erase_details(tmp_path, [WHO, ""], at=NOW, actor="officer") == 0


def test_what_was_kept_before_there_was_a_chain_is_sealed_with_the_first_entry(
    tmp_path: Path,
) -> None:
    with State.open(tmp_path) as state:
        state.connection.execute(
            "insert into audit (at, request_id, key_id, action, subject, purpose, detail) "
            "values ('2026-01-01T00:00:00+00:00', 'r', 'k', 'profile.read', 'P-0', '', '')"
        )
        AuditLog(state).append([entry(1)])
    assert (checked(tmp_path).entries, checked(tmp_path).problems) == (2, ())
    with State.open(tmp_path) as state, pytest.raises(sqlite3.IntegrityError):
        state.connection.execute("insert into audit (audit_id, at) values (1, '')")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sets(st.integers(1, 60)))
def test_ranges_hold_the_numbers_and_no_others(numbers: set[int]) -> None:
    said = list(numbers_in(ranges(sorted(numbers))))
    assert {n for n in range(70) if covers(said, n)} == numbers


def test_entries_are_found_by_what_is_asked(tmp_path: Path) -> None:
    filled(tmp_path)
    with State.open(tmp_path) as state:
        log = AuditLog(state)

        def numbers(asked: Asked, before: int | None = None) -> list[int]:
            return [found.audit_id for found in log.latest(asked, 3, before)]

        assert numbers(Asked()) == [8, 7, 6]
        assert numbers(Asked(), 6) == [5, 4, 3]
        assert numbers(Asked(subject=WHO), 7) == [6]
        assert numbers(Asked(key_id="k", action="profile.read", request_id="r-2")) == [2]
        second = timedelta(seconds=1)
        assert numbers(Asked(since=NOW + 2 * second, until=NOW + 4 * second)) == [3, 2]
        assert numbers(Asked(key_id="other")) == []


def test_what_earlier_versions_linked_one_by_one_still_verifies(tmp_path: Path) -> None:
    with State.open(tmp_path) as state:
        AuditLog(state).append([entry(1)])
        connection, before = state.connection, START
        key = secret_of(tmp_path, "audit")
        for number in (1, 2, 3):
            at, request_id, salt = (
                f"2026-07-0{number}T00:00:00.000000+00:00",
                f"r-{number}",
                b"s" * 16,
            )
            told = salt + f'["{request_id}","P-1","",""]'.encode()
            sealed = blake2b(told, key=key, digest_size=16, person=b"cdp audit detail").digest()
            stays = before + sealed + f'[{number},"{at}","k","profile.read"]'.encode()
            before = blake2b(stays, key=key, digest_size=16, person=b"cdp audit link").digest()
            row = (number, at, request_id, "k", "profile.read", "P-1", "", "", salt, sealed, before)
            connection.execute(
                "insert or replace into audit values (?,?,?,?,?,?,?,?,?,?,?,null)", row
            )
        connection.execute("update audit_head set audit_id = 3, link = ?", (before,))
        AuditLog(state).append([entry(4), entry(5)])
    assert (checked(tmp_path).entries, checked(tmp_path).problems) == (5, ())
