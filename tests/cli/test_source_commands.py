"""`cdp source` as a user types it, from the first file to what it brought."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cdp import cli, pipeline
from cdp.cli.options import clock
from cdp.errors import CdpError
from cdp.settings import Settings, Workspace
from cdp.store.state import State
from cdp.store.state_audit import AuditLog

if TYPE_CHECKING:
    from pathlib import Path

LEADS = [
    {
        "ObjectID": "A",
        "ID": "1",
        "Name": "Fair",
        "UserStatusCode": "01",
        "CreationDateTime": "/Date(1741000000000)/",
        "ContactLastName": "Quint",
    }
]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a new workspace that stands in the current folder."""
    monkeypatch.chdir(tmp_path)
    assert cdp("init", "shop").exit_code == 0
    monkeypatch.chdir(tmp_path / "shop")
    (tmp_path / "shop" / "data" / "crm").mkdir()
    page = json.dumps({"d": {"results": LEADS}})
    (tmp_path / "shop" / "data" / "crm" / "LeadCollection.json").write_text(page, "utf-8")
    return tmp_path / "shop"


def cdp(*args: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli.root, ["source", *args] if args[0] != "init" else args, typed)


def test_a_source_from_its_declaration_to_its_removal(shop: Path) -> None:
    due = ("--schedule", "30 2 * * mon-fri")
    added = cdp("add", "crm", "--type", "sap_c4c", "--path", "crm", "--region", "EU", *due)
    assert added.stderr.splitlines() == [
        "wrote sources/crm.yaml",
        "its records are read by the mapping of the type sap_c4c",
        "  to see it: cdp source mapping crm",
        "next: cdp source test crm",
    ]
    assert (shop / "sources" / "crm.yaml").read_text("utf-8") == (
        "type: sap_c4c\npath: crm\nregion: EU\nschedule: 30 2 * * mon-fri\n"
    )
    assert "ContactCollection:" in cdp("mapping", "crm").stdout
    own = (shop / "mappings" / "customers.yaml").read_text("utf-8")
    assert cdp("mapping", "customers").stdout == own
    listed = json.loads(cdp("list", "--json").stdout)
    assert [(row["source"], row["mapping"], row["rows"]) for row in listed] == [
        ("crm", "of the type sap_c4c", 0),
        ("customers", "mappings/customers.yaml", 0),
    ]
    assert "brought  nothing yet" in cdp("list").stdout
    tested = cdp("test", "crm")
    assert (tested.exit_code, "1 of 1 objects can be read" in tested.stdout) == (0, True)
    assert json.loads(cdp("test", "crm", "--json").stdout)["objects"][0]["records"] == 1
    removed = cdp("remove", "crm", typed="n\n")
    assert (removed.exit_code, (shop / "sources" / "crm.yaml").exists()) == (1, True)
    assert cdp("remove", "crm", "--yes").stderr == "removed sources/crm.yaml\n"
    assert not (shop / "sources" / "crm.yaml").exists()


def test_a_preview_is_masked_unless_it_is_audited(shop: Path) -> None:
    cdp("add", "crm", "--type", "sap_c4c", "--path", "crm")
    shown = cdp("preview", "crm", "--rows", "1")
    assert shown.exit_code == 0
    assert re.search(r"^ ContactLastName: \*\*\* ", shown.stdout, re.MULTILINE)
    assert "lead crm:1" in shown.stdout
    assert "Quint" not in shown.stdout
    assert not (shop / ".cdp").exists()
    (one,) = json.loads(cdp("preview", "crm", "--unmask", "--json").stdout)
    assert one["record"]["ContactLastName"] == "Quint"
    with State.open(shop / ".cdp") as state:
        assert [a.action for a in AuditLog(state).of("crm")] == ["source.preview"]


def test_credentials_and_options_are_written_as_they_were_given(shop: Path) -> None:
    added = cdp(
        *("add", "erp", "--type", "sap_s4", "--url", "https://s4.example/odata"),
        *("--auth-kind", "client_credentials", "--auth", "token_url=https://s4.example/token"),
        *("--auth", "client_id=env:S4_CLIENT", "--auth", "client_secret=file:/run/secrets/s4"),
        *("--object", "A_Product", "--option", "page_size=500", "--trust-tier", "master_data"),
        "--copy-mapping",
    )
    assert "not set here: S4_CLIENT; export before reading" in added.stderr
    assert "wrote mappings/erp.yaml, to be changed" in added.stderr
    text = (shop / "sources" / "erp.yaml").read_text("utf-8")
    assert "client_secret:\n    file: /run/secrets/s4\n" in text
    assert "options:\n  page_size: 500\n" in text
    bearer = cdp("add", "b", "--type", "sap_s4", "--url", "https://b.example", "--token-env", "T")
    assert (bearer.exit_code, bearer.stderr.count("not set here: T")) == (0, 1)
    assert "kind: bearer" in (shop / "sources" / "b.yaml").read_text("utf-8")


def test_a_source_whose_records_nobody_described(shop: Path) -> None:
    added = cdp("add", "till", "--type", "csv_file", "--path", "till.csv")
    assert "look at them with `cdp source preview till`" in added.stderr
    result = cdp("mapping", "till")
    assert "nothing says what the records of till are" in str(result.exception)
    tested = cdp("test", "till")
    assert (tested.exit_code, "cannot be read: source till" in tested.stdout) == (1, True)
    assert cdp("preview", "till").exit_code == 1
    assert "none: nothing says what its records are" in cdp("list").stdout
    (shop / "data" / "till.csv").write_text("id,name\n1,Nora\n", "utf-8")
    shown = cdp("preview", "till")
    assert (shown.exit_code, "write mappings/till.yaml" in shown.stdout) == (0, True)
    assert "--unmask shows them" in shown.stdout
    assert "Nora" in cdp("preview", "till", "--unmask").stdout


def test_a_mapping_that_reads_what_is_not_there_is_an_error(shop: Path) -> None:
    path = shop / "mappings" / "customers.yaml"
    path.write_text(path.read_text("utf-8").replace("first_name", "frist_name"), "utf-8")
    for command in ("test", "preview"):
        done = cdp(command, "customers")
        said = " ".join(done.stdout.split())
        assert done.exit_code == 1
        assert "error: customer: the mapping reads frist_name, which none of the" in said
        assert "did you mean first_name?" in said


def test_what_a_run_could_not_read_is_listed_and_what_it_brought_is_kept(shop: Path) -> None:
    url = ("--url", "http://127.0.0.1:9/x")
    cdp("add", "crm", "--type", "sap_c4c", *url, "--object", "LeadCollection")
    text = (shop / "sources" / "crm.yaml").read_text("utf-8")
    (shop / "sources" / "crm.yaml").write_text(text + "limits: {attempts: 1}\n", "utf-8")
    request = pipeline.Request(to_stage="canonical")
    pipeline.run(Workspace(shop), Settings(), clock, request)
    listed = cdp("list").stdout
    assert "crm  sap_c4c  FAILED" in listed
    assert "did not answer" in listed
    assert re.search(r"brought  5 versions of records, last 20", listed)
    removed = cdp("remove", "customers", typed="y\n")
    assert "customers brought 5 versions of records. What came stays" in removed.stderr
    assert not (shop / "sources" / "customers.yaml").exists()


def test_types_are_listed() -> None:
    assert "csv_file" in json.loads(cdp("types", "--json").stdout)
    assert re.search(r"^sap_c4c +SAP Cloud for Customer", cdp("types").stdout, re.MULTILINE)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("test", "crm"), "there is no source 'crm'; there are: customers"),
        (("add", "customers", "--type", "csv_file", "--path", "x"), "is there already"),
        (("add", "x", "--type", "csv_file", "--path", "x", "--option", "a"), "write name=value"),
        (
            ("add", "x", "--type", "sap_c4c", "--url", "https://x.y", "--auth", "a"),
            "field=env:NAME",
        ),
    ],
)
def test_a_mistake_is_one_clear_message(args: tuple[str, ...], says: str) -> None:
    done = cdp(*args)
    assert done.exit_code != 0
    assert says in (str(done.exception) if isinstance(done.exception, CdpError) else done.stderr)
