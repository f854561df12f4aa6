"""Rules, quarantine, corrections and drift as people meet them: real files, commands, a server."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cdp.cli import main
from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from corner_shop import CornerShop, customer
from judged_shop import BAD, Run, records, refused, rows


@pytest.fixture
def run(judging: Run) -> Run:
    return judging


@pytest.fixture
def shop(judged_shop: CornerShop) -> CornerShop:
    return judged_shop


@pytest.fixture
def cdp(shop: CornerShop, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def call(*arguments: str) -> Any:
        as_json = "--json" in arguments
        with pytest.raises(SystemExit) as stopped:
            main(["quality", *arguments, "--workspace", str(shop.root)])
        shown = capsys.readouterr()
        code = int(stopped.value.code or 0)
        return code, json.loads(shown.out) if as_json and not code else shown.out, shown.err

    return call


def test_the_report_says_what_rules_found_and_how_the_run_balances(cdp: Callable[..., Any]) -> None:
    code, out, _ = cdp()
    assert code == 0
    assert "3 of 5 rules are kept by every record" in out
    assert "email:format  quarantine         2 of 12   16.7%  new" in out
    assert max(map(len, out.splitlines())) <= 80
    _, found, _ = cdp("--json")
    assert {r["rule"]: r["failed"] for r in found["rules"]} == {
        "born:range": 0,
        "email:format": 2,
        "fresh": 0,
        "rows": 0,
        "zip:pattern": 1,
    }
    [crm] = found["balance"]
    assert (crm["read"], crm["accepted"], crm["duplicate"]) == (13, 10, 1)
    assert (crm["quarantined"], crm["reasons"]) == (2, "email:format 2")
    assert found["stale"] == []


def test_a_record_waits_until_its_next_version_is_good(
    shop: CornerShop, run: Run, cdp: Callable[..., Any]
) -> None:
    assert records(shop).isdisjoint({"crm:3", "crm:5"})
    _, out, _ = cdp("list", "--unmask")
    assert "email:format: email is no e-mail address (got 'nobody at home')" in out
    shop.customers("crm", [BAD | {"email": "home@mail.example"}])
    result = run(shop)
    assert "crm:3" in records(shop)
    assert {row["record_id"] for row in cdp("list", "--json")[1]} == {"crm:5"}
    _, found, _ = cdp("--json")
    [rule] = [r for r in found["rules"] if r["rule"] == "email:format"]
    assert (rule["failed"], rule["failed_before"], rule["examples"]) == (1, 2, ["***5"])
    deltas = rows(shop, f"select stage from ops.stage_delta where run_id = {result.run_id}")  # noqa: S608
    assert {("quality",), ("canonical",), ("quarantine",)} <= set(deltas)


def test_a_repair_lays_a_correction_over_the_record_until_the_source_moves(
    shop: CornerShop, run: Run, cdp: Callable[..., Any]
) -> None:
    code, out, _ = cdp("repair", "crm:3", "--set", "email=home@mail.example", "--why", "phoned")
    assert (code, "correction 1 is kept (crm:3 email=home@mail.example)" in out) == (0, True)
    # Another field moves meanwhile, and the correction holds.
    shop.customers("crm", [BAD | {"first": "Zoe"}])
    run(shop)
    email = "select value from silver.identifier where record_id = 'crm:3' and kind = 'email'"
    assert rows(shop, email) == [("home@mail.example",)]
    payload = "select payload ->> 'email' from bronze.record where record_id = 'crm:3'"
    assert rows(shop, payload) == [("nobody at home",)] * 2
    # The field itself moves, and the source's word counts again.
    shop.customers("crm", [BAD | {"email": "new@mail.example"}])
    run(shop)
    assert rows(shop, email) == [("new@mail.example",)]
    _, out, _ = cdp("undo", "1", "--why", "not needed")
    assert "correction 1 is undone" in out
    code, _, err = cdp("undo", "1", "--why", "again")
    assert (code, "correction 1 is not in force any more" in err) == (1, True)
    _, out, _ = cdp("log", "--unmask")
    assert "phoned" in out
    assert "undone" in out
    with State.open(shop.workspace.home) as state:
        accesses = [(a.action, a.detail) for a in AuditLog(state).of("crm:3")]
    assert accesses == [("quality.repair", "phoned"), ("correction.read", "")]


def test_records_are_dropped_let_through_and_taken_back(
    shop: CornerShop, run: Run, cdp: Callable[..., Any]
) -> None:
    cdp("repair", "crm:3", "--drop", "--why", "a test record")
    _, done, _ = cdp("replay", "--reason", "email:format", "--why", "it is so", "--json")
    assert ([a["record_id"] for a in done["allowed"]], done["corrected"]) == (["crm:5"], 1)
    run(shop)
    assert "crm:5" in records(shop)
    [row] = cdp("list", "--json")[1]
    assert (row["record_id"], row["reason"], row["corrections"]) == ("crm:3", "dropped", [1])
    _, undone, _ = cdp("undo", "1-2", "--why", "all back", "--json")
    assert [u["undone_reason"] for u in undone] == ["all back"] * 2
    result = run(shop, "quality")
    assert refused(result) == 2


REFUSED = [
    (("repair", "crm:99", "--drop", "--why", "x"), "nothing waits in quarantine as 'crm:99'"),
    (("repair", "crm:3", "--why", "x"), "give either --set FIELD=VALUE"),
    (("repair", "crm:3", "--set", "email", "--why", "x"), "write FIELD=VALUE"),
    (("repair", "crm:3", "--set", "a[0]=x", "--why", "x"), "'a[0]' cannot be set"),
    (("repair", "crm:3", "--set", "a..b=x", "--why", "x"), "is no path"),
    (("repair", "crm:3", "--drop", "--why", " "), "needs its reason"),
    (("replay", "--why", "x"), "say which"),
    (("undo", "one", "--why", "x"), "'one' is no number"),
    (("undo", "77", "--why", "x"), "there is no correction 77; `cdp quality log` lists all"),
    (
        ("repair", "crm:3", "--set", "Emial=x", "--why", "x"),
        "no record of crm: customer has a field 'Emial'; nearest: email; --new-field sets it",
    ),
    (
        ("repair", "crm:3", "--set", "Nope=1", "--why", "x"),
        "there are: born, city, email, first, id, last, news, phone and 2 more",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=lambda v: str(v)[:30])
def test_what_cannot_be_done_is_said_and_changes_nothing(
    cdp: Callable[..., Any], arguments: tuple[str, ...], message: str
) -> None:
    code, _, err = cdp(*arguments)
    assert (code, message in err) == (1, True), err
    assert cdp("log")[1] == "nothing was corrected\n"


def test_fields_that_come_and_go_are_told_with_when(
    shop: CornerShop, run: Run, cdp: Callable[..., Any]
) -> None:
    path = shop.root / "data" / "crm" / "customer-0002.csv"
    lines = ["id,first,last,tier", *(f"{n},Nora,Quint,gold" for n in range(20, 40))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    result = run(shop, "quality")
    report = next(s.report for s in result.stages if s.stage == "quality")
    assert report is not None
    assert "crm: customer.tier appeared (text)" in report.notes
    _, found, _ = cdp("--json")
    drift = {d["field"]: d for d in found["drift"]}
    assert drift["tier"]["kind"] == "appeared"
    assert drift["email"]["kind"] == "vanished"
    assert (drift["email"]["last_run"], drift["tier"]["first_run"]) == (1, 2)
    assert "email vanished" in cdp()[1]


def test_what_rules_found_is_told_in_whole_sentences(shop: CornerShop, run: Run) -> None:
    rules = {"fields": {"zip": {"pattern": "[0-9]{5}"}}, "rows": {"rise": 1}}
    text = json.dumps({"objects": {"customer": rules}})
    (shop.root / "quality" / "crm.yaml").write_text(text, encoding="utf-8")
    shop.customers("crm", [customer(n, 1) for n in range(40, 50)])
    report = run(shop, "quality").stages[-1].report
    assert report is not None
    assert "crm: customer zip:pattern (warn): 1 of 22 records does not keep it" in report.notes
    assert "crm: customer rows (warn): the object does not keep it" in report.notes


@pytest.mark.long
def test_what_vanished_is_told_once_and_stands_in_the_status(
    shop: CornerShop, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shop.root / "data" / "crm"
    told = []
    for number, keys in ((2, [20]), (3, [21]), (4, [22]), (5, range(30, 40)), (6, [])):
        lines = ["id,first,last", *(f"{key},Nora,Quint" for key in keys)]
        (folder / f"customer-{number:04}.csv").write_text("\n".join(lines) + "\n", "utf-8")
        report = run(shop, "quality").stages[-1].report
        told.append([note for note in report.notes if "vanished" in note] if report else [])
    assert [sum("customer.email vanished" in note for note in notes) for notes in told] == [
        *(0, 0, 1, 0, 0)
    ]
    with pytest.raises(SystemExit):
        main(["status", "--json", "--workspace", str(shop.root)])
    drift = json.loads(capsys.readouterr().out)["drift"]
    found = {row["field"]: row["run"] for row in drift if row["kind"] == "vanished"}
    assert found["email"] == 4


def test_the_list_is_masked_unless_it_is_audited(shop: CornerShop, cdp: Callable[..., Any]) -> None:
    _, out, _ = cdp("list", "--show")
    assert "email:format: email is no e-mail address (got '***')" in out
    assert '"city": "' not in out
    assert f'city: "{BAD["city"]}"' in out
    hidden = [BAD[name] for name in ("email", "last", "street", "born")]
    assert [value for value in hidden if value in out] == []
    rows_ = {row["record_id"]: row for row in cdp("list", "--json")[1]}
    assert (rows_["crm:3"]["original"], rows_["crm:3"]["payload"]["last"]) == ("***", "***")
    with State.open(shop.workspace.home) as state:
        assert AuditLog(state).of("crm:3") == []
    assert BAD["last"] in cdp("list", "--show", "--unmask")[1]
    (shop.root / "sources" / "crm.yaml").rename(shop.root / "crm.yaml")
    assert not {BAD["city"], BAD["last"]} & {*cdp("list", "--show")[1].split('"')}
    with State.open(shop.workspace.home) as state:
        [access] = AuditLog(state).of("crm:3")
    assert (access.action, access.key_id[:4]) == ("quarantine.read", "cli:")


def test_the_log_is_masked_unless_it_is_audited(shop: CornerShop, cdp: Callable[..., Any]) -> None:
    new = ("--set", "email=home@mail.example", "--set", "city=Rouen", "--set", "last=Marenko")
    cdp("repair", "crm:3", *new, "--why", "Nora phoned")
    told = "crm:3 email=h***@mail.example, city=Rouen, last=***"
    _, out, _ = cdp("log")
    assert told in out
    assert [text for text in ("home@", "Marenko", "Nora") if text in out] == []
    [kept] = cdp("log", "--json")[1]
    assert (kept["changes"]["last"], kept["reason"], kept["undone_reason"]) == ("***", "***", None)
    _, out, _ = cdp("undo", "1", "--why", "Lea phoned")
    assert told in out
    assert "Lea" not in cdp("log")[1]
    with State.open(shop.workspace.home) as state:
        assert [a.action for a in AuditLog(state).of("crm:3")] == ["quality.repair"]
    [kept] = cdp("log", "--unmask", "--json")[1]
    assert (kept["changes"]["last"], kept["reason"]) == ("Marenko", "Nora phoned")
    with State.open(shop.workspace.home) as state:
        accesses = [a.action for a in AuditLog(state).of("crm:3")]
    assert accesses == ["quality.repair", "correction.read"]


def test_a_piece_that_is_no_record_is_hidden_whole(
    shop: CornerShop, run: Run, cdp: Callable[..., Any]
) -> None:
    path = shop.root / "data" / "crm" / "customer-0002.csv"
    path.write_text("id,first\n50,Nora,nora@mail.example,+49301\n", encoding="utf-8")
    run(shop)
    _, out, _ = cdp("list", "--source", "crm", "--reason", "wrong_field_count")
    assert "(got '***')" in out
    assert "nora" not in out.lower()
    assert "Nora" in cdp("list", "--reason", "wrong_field_count", "--unmask")[1]
    with State.open(shop.workspace.home) as state:
        assert [a.action for a in AuditLog(state).of("crm")] == ["quarantine.read"]


def test_a_field_that_no_record_has_is_set_when_that_is_said(
    shop: CornerShop, run: Run, cdp: Callable[..., Any]
) -> None:
    wish = ("repair", "crm:3", "--set", "Nope=1", "--why", "so it is")
    assert cdp(*wish, "--new-field")[0] == 0
    shop.customers("crm", [])
    run(shop)
    assert records(shop).isdisjoint({"crm:3"})


def test_rules_for_what_is_not_there_are_refused(shop: CornerShop, cdp: Callable[..., Any]) -> None:
    text = "objects: {customer: {fields: {email: {format: emial}}}}"
    (shop.root / "quality" / "crm.yaml").write_text(text, encoding="utf-8")
    code, _, err = cdp()
    assert (code, "unknown format 'emial'; known: bic, country" in err) == (1, True)
    text = "objects: {customer: {fields: {email: {required: true}}}}"
    (shop.root / "quality" / "cmr.yaml").write_text(text, encoding="utf-8")
    (shop.root / "quality" / "crm.yaml").unlink()
    code, _, err = cdp()
    assert (code, "there is no sources/cmr.yaml" in err) == (1, True)
