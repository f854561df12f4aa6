"""The commands that read: data on stdout, talk on stderr, no traceback for anybody."""

import io
import json
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders import Value, add, opened
from cdp.cli import main
from cdp.cli.options import clock
from cdp.privacy.keys import KeyRing
from cdp.settings import Workspace
from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from published import ACME, ADA, copied, publish


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    shown = capsys.readouterr()
    return int(stopped.value.code or 0), shown.out, shown.err


@pytest.fixture
def place(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CDP_WORKSPACE", str(tmp_path))
    return copied(base, tmp_path).root


@pytest.mark.usefixtures("place")
def test_sql_prints_tables_csv_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    query = "select profile_id, full_name from customer_360 where orders = 0 order by all"
    code, out, _ = run(capsys, "sql", query, "--format", "csv")
    assert (code, out.splitlines()[0:2]) == (0, ["profile_id,full_name", "P-ada,Ada Élise Example"])
    _, out, _ = run(capsys, "sql", query, "--format", "json")
    assert json.loads(out.splitlines()[2]) == {"profile_id": "P-visitor", "full_name": None}
    _, out, _ = run(capsys, "sql", query)
    assert "Bob Adamson" in out


@pytest.mark.usefixtures("place")
def test_sql_reads_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("select 1 as one; select 2 as two"))
    assert run(capsys, "sql", "--format", "csv")[1] == "two\n2\n"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("place")
def test_sql_asks_in_a_terminal_until_the_end_of_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("select\n1 as one;\nselect wrong;\n"))
    code, out, err = run(capsys, "sql", "--format", "csv")
    assert code == 0
    assert "one\n1\n" in out
    assert "error: Binder Error" in err


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    "query", ["drop view gold.orders", "create table x (a int)", "select nothing", "selec 1"]
)
def test_sql_changes_nothing_and_says_what_is_wrong(
    capsys: pytest.CaptureFixture[str], query: str
) -> None:
    code, out, err = run(capsys, "sql", query)
    assert (code, out) == (1, "")
    assert err.startswith("error: ")
    assert "Traceback" not in err


def test_a_profile_is_shown_with_its_reasons_and_the_access_is_written_down(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "profile", "show", "email:ada@example.org")
    assert code == 0
    assert "crm:1 and shop:ada@example.org: match weight 12.0" in out
    assert json.loads(run(capsys, "profile", "show", ADA, "--json")[1])["profile_id"] == ADA
    for ref in ("A-acme", "email:info@acme.example"):
        assert "Acme Tools" in run(capsys, "profile", "show", ref)[1]
    with State.open(place / ".cdp") as state:
        seen = AuditLog(state).of(ADA)
    assert [a.action for a in seen] == ["profile.read", "profile.read"]
    assert seen[0].key_id.startswith("cli:")


def test_a_profile_shows_its_roles_and_whom_it_belongs_to(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    role = {"profile_id": ACME, "role": "customer", "scope": "0001/10"}
    link: dict[str, Value] = {"profile_id": ADA, "other_id": ACME, "kind": "contact_of"}
    with opened(place) as warehouse:
        add(warehouse, "gold.role", role | {"attributes": '{"payment_terms": "Z030"}'})
        began = datetime(2024, 1, 2, tzinfo=UTC)
        add(warehouse, "gold.relationship", link | {"valid_from": began, "records": ["crm:1"]})
        publish(Workspace(place), warehouse, run_id=2)
    of_company = run(capsys, "profile", "show", ACME)[1]
    assert "customer 0001/10  (payment_terms Z030)" in of_company
    assert f"contact_of <- Ada Élise Example {ADA}  (2024-01-02 to)" in of_company
    assert f"contact_of -> Acme Tools {ACME}" in run(capsys, "profile", "show", ADA)[1]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("P-merged", "was merged into P-ada"),
        ("P-gone", "no records any more"),
        ("nonsense", "is no reference"),
        ("email:family@example.org", "belongs to 2"),
        ("email:nobody@example.org", "no profile and no account owns this email"),
    ],
)
def test_who_cannot_be_shown_is_explained(
    capsys: pytest.CaptureFixture[str], ref: str, message: str
) -> None:
    code, out, err = run(capsys, "profile", "show", ref)
    assert (code, out) == (1, "")
    assert message in err


@pytest.mark.usefixtures("place")
def test_two_records_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "explain", "crm:1", "shop:ada@example.org")
    assert "are one: P-ada" in out
    assert "+9.0  e-mail: exact" in out
    assert "are two" in run(capsys, "explain", "crm:1", "crm:2")[1]
    _, out, _ = run(capsys, "explain", ADA, "P-bob", "--json")
    assert json.loads(out)["is_one"] is False
    assert run(capsys, "explain", "crm:1", "crm:999")[0] == 1


def test_keys_are_made_listed_rotated_and_revoked(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, token, err = run(capsys, "keys", "create", "shop", "--scope", "segments:read")
    assert "not shown again" in err
    ring = KeyRing(place / ".cdp", clock)
    assert ring.verify(token.strip()) is not None
    ring.close()
    key_id = token.split("_")[1]
    new = json.loads(run(capsys, "keys", "rotate", key_id, "--json")[1])
    assert run(capsys, "keys", "revoke", new["key_id"])[0] == 0
    listed = json.loads(run(capsys, "keys", "list", "--json")[1])
    assert [k["name"] for k in listed] == ["shop", "shop"]
    assert [bool(k["ended_at"]) for k in listed] == [True, True]
    assert key_id in run(capsys, "keys", "list")[1]
    code, _, err = run(capsys, "keys", "create", "shop", "--scope", "fly")
    assert (code, "known: profiles:read" in err) == (1, True)


@pytest.mark.usefixtures("place")
def test_serving_on_a_taken_port_is_a_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = run(capsys, "serve", "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "cannot be listened on" in err


@pytest.mark.parametrize("command", [["serve"], ["sql", "select 1"], ["profile", "show", "P-1"]])
def test_nothing_published_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (tmp_path / "cdp.yaml").write_text("name: empty\n")
    code, _, err = run(capsys, *command, "--workspace", str(tmp_path))
    assert code == 1
    assert "run `cdp run` first" in err
