"""Exports as files: hashes that platforms expect, sheets, parts, manifests that are checked."""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from sqlglot import exp

from builders import AS_OF, Value, add, in_memory
from cdp.activation.demand import definition
from cdp.activation.export import Export, Stamp, Target, prepare, write
from cdp.activation.hashing import shaped
from cdp.activation.manifest import verify
from cdp.cli import root
from cdp.destinations import DESTINATIONS, ExportColumn, excel_file
from cdp.errors import ConfigError, InputError
from cdp.model.views import NAMES_VERSION, VIEWS
from cdp.store import Warehouse, scratch
from published import published


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("field", "form", "value", "expected"),
    [
        # the four that Meta prints beside its rules
        (
            "email",
            "meta",
            " John_Smith@gmail.com ",
            "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
        ),
        (
            "phone",
            "meta",
            "+16505551212",
            "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        ),
        (
            "given_name",
            "meta",
            "Mary",
            "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec",
        ),
        (
            "given_name",
            "meta",
            "Valéry",
            "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c",
        ),
        ("email", "google", "Jane.M.Doe@GoogleMail.com", sha("janemdoe@googlemail.com")),
        ("email", "google", "jane.doe@example.com", sha("jane.doe@example.com")),
        ("email", "plain", "Jane.Doe@gmail.com", sha("jane.doe@gmail.com")),
        ("contact", "google", "a.b@gmail.com", sha("ab@gmail.com")),
        ("phone", "google", "+442070313000", sha("+442070313000")),
        ("family_name", "google", " O'Neill ", sha("o'neill")),
        ("family_name", "meta", "O'Neill", sha("oneill")),
        ("city", "meta", "St. Gallen", sha("stgallen")),
        ("postcode", "meta", "94303-5300", sha("94303")),
        ("postcode", "meta", "WC2H 8LG", sha("wc2h8lg")),
        ("country", "meta", "DE", sha("de")),
        ("gender", "meta", "female", sha("f")),
        ("email", "meta", "", None),
        ("email", "meta", None, None),
    ],
)
def test_a_platform_finds_its_own_hash(
    field: str, form: str, value: str | None, expected: str | None
) -> None:
    column = ExportColumn.model_validate(
        {"field": field, "name": "x", "hash": "sha256", "as": form}
    )
    given = exp.cast(exp.Literal.string(value) if value is not None else exp.null(), "varchar")
    sql = shaped(given, column, "email").sql("duckdb")
    assert scratch().execute(f"select {sql}").fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"field": "postcode", "hash": "sha256", "as": "google"}, "Google wants postcode in plain"),
        ({"field": "orders", "hash": "sha256"}, "orders cannot be hashed"),
    ],
)
def test_what_is_not_to_be_hashed_is_said(column: dict[str, Any], message: str) -> None:
    wish = {"segments": ["s"], "purpose": "internal", "columns": [column]}
    with pytest.raises(ConfigError, match=message):
        definition("csv", wish)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"mode": "difference", "columns": ["email"]}, "needs profile_id or a hashed column"),
        ({"mode": "difference", "columns": [{"field": "email", "name": "op"}]}, "rename that"),
        ({"partition_by": "country"}, "no column is called 'country'"),
        ({"partition_by": "email", "columns": ["email"]}, "tells who somebody is"),
        ({"path": "ftp://x/y"}, "s3://, gs:// or az://"),
        ({"store": {"region": "eu"}}, "goes with a path: in an object store"),
        ({"encrypt": {"recipients": []}}, "at least 1 item"),
    ],
)
def test_a_wish_that_cannot_be_is_said(wish: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        definition("csv", {"segments": ["s"], "purpose": "internal", **wish})


def test_a_workbook_takes_a_new_sheet_when_one_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel_file, "SHEET_ROWS", 3)
    path = tmp_path / "x.xlsx"
    texts = ["=1+1", "http://x.example", "+49", "@SUM(A1)", "5"]
    rows = pl.DataFrame({"text": texts, "n": [1, 2**60, 3, 4, 5]})
    write_rows(path, rows)
    sheets = pl.read_excel(path, sheet_id=0, infer_schema_length=0)
    assert list(sheets) == ["Sheet", "Sheet 2", "Sheet 3"]
    assert [t for sheet in sheets.values() for t in sheet["text"]] == texts
    assert sheets["Sheet"]["n"].to_list() == ["1", str(2**60)]
    with zipfile.ZipFile(path) as book:
        parts = b"".join(book.read(name) for name in book.namelist() if "sheet" in name)
    assert b"<f>" not in parts
    assert b"hyperlink" not in parts


def test_a_text_too_long_for_a_cell_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'text' has 40,000 characters"):
        write_rows(tmp_path / "x.xlsx", pl.DataFrame({"text": ["x" * 40_000]}))


def write_rows(path: Path, rows: pl.DataFrame) -> None:
    connection = scratch()
    connection.register("rows", rows)
    wish = definition("excel", {"segments": ["s"], "purpose": "internal"})
    DESTINATIONS.get("excel_file").write(connection.sql("select * from rows"), path, wish)
    connection.close()


def people(warehouse: Warehouse) -> None:
    named: list[dict[str, Value]] = [
        {"profile_id": f"P-{n}", "profile_type": "person", "country": c}
        for n, c in enumerate(["DE", "DE", "DE", "FR", None, "A/B"])
    ]
    add(warehouse, "gold.profile", *named)
    members: list[dict[str, Value]] = [
        {"segment": "s", "profile_id": f"P-{n}", "control_of": []} for n in range(6)
    ]
    add(warehouse, "gold.segment_member", *members)


def test_parts_lie_in_folders_and_are_checked(tmp_path: Path) -> None:
    wish: dict[str, Any] = {"segments": ["s"], "purpose": "internal", "rows_per_file": 2}
    wish |= {"columns": ["profile_id", "country"], "partition_by": "country"}
    stamp = Stamp(1, 1, AS_OF, tmp_path)
    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        export = Export("x", definition("jsonl", wish), "s")
        prepared = prepare(warehouse, export, stamp, is_hashed=False)
        write(warehouse, prepared, Target(tmp_path / "out", "s-1", "id"), stamp)
    files = sorted(
        p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.jsonl")
    )
    assert files == [
        "s-1/country=A%2FB/part-00001.jsonl",
        "s-1/country=DE/part-00001.jsonl",
        "s-1/country=DE/part-00002.jsonl",
        "s-1/country=FR/part-00001.jsonl",
        "s-1/country=__HIVE_DEFAULT_PARTITION__/part-00001.jsonl",
    ]
    (verdict,) = verify(tmp_path / "out")
    assert (verdict.files, verdict.problems) == (6, ())
    (tmp_path / "out" / files[0]).unlink()
    (tmp_path / "out" / files[1]).write_text("x")
    content = (tmp_path / "out" / files[3]).read_text()
    (tmp_path / "out" / files[3]).write_text(content.replace("FR", "IT"))
    (verdict,) = verify(tmp_path / "out")
    assert verdict.problems == (
        f"{files[0]} is missing",
        f"{files[1]} has 1 bytes, 72 are said",
        f"{files[3]} has other bytes than when it was exported",
    )


def test_names_that_analysts_use_stay() -> None:
    kept = Path(__file__).with_name("names.json")
    names = {v.name.removeprefix("gold."): [c.name for c in v.columns] for v in VIEWS}
    known: dict[str, Any] = json.loads(kept.read_text("utf-8"))
    assert known["version"] == NAMES_VERSION
    for view, columns in known["views"].items():
        gone = set(columns) - set(names.get(view, ()))
        assert not gone, f"{view} lost {gone}: raise NAMES_VERSION, and say so to analysts"


def test_gold_leaves_as_parquet_whole_or_not_at_all(tmp_path: Path) -> None:
    place = published(tmp_path / "here")
    words = ["export", "gold", str(tmp_path / "out"), "--workspace", str(place.root)]
    for _ in range(2):
        done = CliRunner().invoke(root, words)
        assert done.exception is None, done.output
    (folder,) = (tmp_path / "out").iterdir()
    assert {p.stem for p in folder.glob("*.parquet")} == {v.name[5:] for v in VIEWS}
    assert pl.read_parquet(folder / "customer_360.parquet").height == 3
    said = json.loads((folder / "gold.manifest.json").read_text())
    assert (said["names_version"], said["generation"]) == (NAMES_VERSION, 1)
    checked = CliRunner().invoke(root, ["export", "verify", str(folder), "--json"])
    assert json.loads(checked.stdout)[0]["problems"] == []
    with pytest.raises(InputError, match="holds no"):
        verify(place.root)


@pytest.mark.long
def test_the_notebook_goes_from_gold_to_a_chart(tmp_path: Path) -> None:
    place = published(tmp_path / "here")
    notebook = Path(__file__).parents[2] / "docs" / "notebooks" / "gold.py"
    page = tmp_path / "gold.html"
    words = ["export", "html", str(notebook), "-o", str(page)]
    made = subprocess.run(
        [sys.executable, "-m", "marimo", *words, "--", "--workspace", str(place.root)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert "image/png" in page.read_text("utf-8")
