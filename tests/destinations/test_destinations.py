"""Every destination type writes the rows it is given, in order, and nothing a spreadsheet runs."""

import csv
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from cdp.destinations import DESTINATIONS, DestinationDefinition
from cdp.store import scratch

BASE: dict[str, object] = {"segments": ["s"], "purpose": "marketing", "channel": "email"}
ROWS = pl.DataFrame(
    {
        "id": ["P-2", "P-1", "P-3"],
        "name": ["Zoë, “the\n2nd”", None, ""],
        "revenue": [Decimal("12.50"), Decimal("-3.00"), None],
        "born": [date(1980, 1, 2), None, None],
        "seen": [datetime(2026, 7, 1, 12), None, None],  # noqa: DTZ001 - UTC without a zone
        "orders": [3, 0, None],
    }
)


def write(path: Path, rows: pl.DataFrame, **declared: object) -> DestinationDefinition:
    destination = DESTINATIONS.get(str(declared["type"]))
    definition: DestinationDefinition = destination.definition.model_validate(BASE | declared)
    connection = scratch()
    connection.register("rows", rows)
    destination.write(connection.sql("select * from rows"), path, definition)
    connection.close()
    return definition


def read(path: Path, name: str) -> pl.DataFrame:
    if name == "parquet_file":
        return pl.read_parquet(path)
    if name == "excel_file":
        return pl.read_excel(path, schema_overrides=ROWS.schema)
    if name == "jsonl_file":
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        found = pl.DataFrame(lines, ROWS.schema | {"born": pl.String, "seen": pl.String})
        seen = pl.col("seen").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ")
        return found.with_columns(pl.col("born").str.to_date(), seen)
    return pl.read_csv(path, schema=ROWS.schema)


@pytest.mark.parametrize("name", DESTINATIONS.names())
def test_what_is_written_can_be_read_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"out{DESTINATIONS.get(name).suffix}"
    write(path, ROWS, type=name)
    assert read(path, name).rows() == ROWS.rows()


@pytest.mark.parametrize("name", DESTINATIONS.names())
def test_the_same_rows_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    for file in ("a", "b"):
        write(tmp_path / file, ROWS, type=name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("name", DESTINATIONS.names())
def test_no_rows_are_a_file_with_columns(tmp_path: Path, name: str) -> None:
    write(tmp_path / "out", ROWS.clear(), type=name)
    assert read(tmp_path / "out", name).columns == ROWS.columns


@pytest.mark.parametrize("name", DESTINATIONS.names())
def test_a_type_is_registered_under_its_own_name(name: str) -> None:
    destination = DESTINATIONS.get(name)
    assert destination.name == name
    assert destination.suffix.startswith(".")
    assert destination.definition.model_json_schema()["properties"]["purpose"]["description"]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("  =1+1", "'  =1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd", "'-2+3+cmd"),
        ("-1\n=2", "'-1\n=2"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("+49 (30) 1234-5", "+49 (30) 1234-5"),
        ("-3.5", "-3.5"),
        ("a=b", "a=b"),
        ("a+b@example.com", "a+b@example.com"),
        ("O'Neill", "O'Neill"),
        ("", ""),
    ],
)
def test_a_csv_runs_nothing_in_a_spreadsheet(tmp_path: Path, text: str, written: str) -> None:
    path = tmp_path / "out.csv"
    write(path, pl.DataFrame({"text": [text]}), type="csv_file")
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["text"], [written]]


def test_texts_can_be_left_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    rows = pl.DataFrame({"a": ["=1"], "b": ["x;y"]})
    write(path, rows, type="csv_file", spreadsheet_safe=False, delimiter=";")
    assert path.read_text() == 'a;b\n=1;"x;y"\n'
