"""`cdp audit`: what commands saw is listed, what was changed behind their back is found."""

import json
from pathlib import Path

import pytest

from cdp.cli import main
from cdp.store.state import State
from published import ADA, BOB, copied

Run = tuple[int, str, str]


@pytest.fixture
def place(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied(base, tmp_path)
    monkeypatch.setenv("CDP_WORKSPACE", str(tmp_path))
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *args: str) -> Run:
    with pytest.raises(SystemExit) as stopped:
        main(list(args))
    out, err = capsys.readouterr()
    return int(stopped.value.code or 0), out, err


@pytest.mark.usefixtures("place")
def test_what_commands_showed_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "profile", "show", ADA)
    run(capsys, "profile", "history", ADA)
    run(capsys, "explain", ADA)
    run(capsys, "explain", "crm:1", "crm:2")
    run(capsys, "review", "list")
    run(capsys, "sql", "select full_name from customer_360")
    _, out, _ = run(capsys, "audit", "list", "--json")
    listed = json.loads(out)
    assert all(entry["key_id"].startswith("cli:") for entry in listed)
    seen = {(entry["action"], entry["subject"]) for entry in listed}
    assert {
        *(("profile.read", ADA), ("profile.history", ADA), ("profile.explain", ADA)),
        *(("explain", ADA), ("explain", BOB), ("review.read", ADA), ("sql", "gold")),
    } <= seen
    _, told, _ = run(capsys, "audit", "list", "--subject", ADA, "--action", "profile.history")
    assert "profile.history" in told
    assert "profile.explain" not in told
    _, none, _ = run(capsys, "audit", "list", "--until", "2020-01-01", "--json")
    assert json.loads(none) == []
    _, later, _ = run(capsys, "audit", "list", "--since", "2020-01-01", "--limit", "1", "--json")
    assert [entry["action"] for entry in json.loads(later)] == ["audit.read"]


def test_a_log_that_was_changed_is_told_by_verify(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        run(capsys, "profile", "show", ADA)
    code, seal, err = run(capsys, "audit", "verify")
    assert (code, "is as it was written: 3 entries" in err) == (0, True)
    assert run(capsys, "audit", "verify", "--expect", seal.strip())[0] == 0
    other = f"2:{seal.strip().partition(':')[2]}"
    assert run(capsys, "audit", "verify", "--expect", other)[0] == 1
    assert run(capsys, "audit", "verify", "--expect", "nonsense")[0] == 2
    with State.open(place / ".cdp") as state:
        state.connection.execute("delete from audit where audit_id = 2")
    code, _, err = run(capsys, "audit", "verify")
    assert code == 1
    assert "entries 2 to 2 are missing" in err
    found = json.loads(run(capsys, "audit", "verify", "--json")[1])
    assert found["entries"] == 2
    assert found["problems"]


@pytest.mark.usefixtures("place")
def test_a_key_may_end_have_a_role_and_be_replaced_bit_by_bit(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "keys", "create", "x", "--role", "agent")
    assert (code, "there is no" in err or "unknown role" in err) == (1, True)
    (place / "access.yaml").write_text("roles: {agent: {views: [service]}}\n", encoding="utf-8")
    args = ("--role", "agent", "--expires", "90d", "--rate-limit", "5", "--json")
    made = json.loads(run(capsys, "keys", "create", "x", *args)[1])
    assert (made["roles"], made["scopes"], made["rate_limit"]) == (["agent"], [], 5)
    assert made["ended_at"] > made["created_at"]
    run(capsys, "keys", "rotate", made["key_id"], "--overlap", "1h")
    states = [k["state"] for k in json.loads(run(capsys, "keys", "list", "--json")[1])]
    assert sorted(states) == ["being replaced", "in force"]
    for wrong in (("--expires", "soon"), ("--expires", "2020-01-01"), ("--rate-limit", "0")):
        assert run(capsys, "keys", "create", "y", *wrong)[0] in {1, 2}
    assert run(capsys, "keys", "rotate", made["key_id"], "--overlap", "long")[0] == 2
