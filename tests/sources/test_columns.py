"""Parquet: types become JSON, and files that are none stop the run."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from cdp.errors import InputError
from source_files import read, write


def test_every_type_becomes_json(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "amount": Decimal("12.50"),
        "day": date(2026, 1, 2),
        "at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "tags": ["a", "b"],
        "nested": {"x": 1.5},
        "none": None,
        "nan": float("nan"),
    }
    pl.DataFrame([row]).write_parquet(tmp_path / "people.parquet")
    options = {"id_column": "id", "changed_at_column": "at"}
    everything = read(tmp_path, "parquet_file", options=options)
    assert everything.ids == ["7"]
    assert everything.changed == [datetime.fromisoformat("2026-01-02T03:04:05")]
    assert json.loads(everything.payloads[0]) == {
        "id": 7,
        "amount": "12.50",
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05Z",
        "tags": ["a", "b"],
        "nested": {"x": 1.5},
        "none": None,
        "nan": None,
    }


def test_more_rows_than_a_batch_holds(tmp_path: Path) -> None:
    pl.DataFrame({"id": range(25_000)}).write_parquet(tmp_path / "people.parquet")
    everything = read(tmp_path, "parquet_file", options={"id_column": "id"})
    assert everything.ids == [str(number) for number in range(25_000)]
    assert everything.rows["locator"][-1] == "people.parquet:25000"


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"PAR1 but not really", "cannot be read as Parquet"), (b"x", "cannot be read as Parquet")],
)
def test_what_is_no_parquet_stops_the_run(content: bytes, told: str, tmp_path: Path) -> None:
    write(tmp_path, {"people.parquet": content})
    with pytest.raises(InputError, match=told):
        read(tmp_path, "parquet_file")


def test_a_missing_column_is_told_with_those_that_are_there(tmp_path: Path) -> None:
    pl.DataFrame({"nr": [1]}).write_parquet(tmp_path / "people.parquet")
    with pytest.raises(InputError, match="no column id; its columns are nr"):
        read(tmp_path, "parquet_file", options={"id_column": "id"})
