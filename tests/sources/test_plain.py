"""Files read by whole columns give what reading them row by row gives."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cdp.sources.wire import plain
from source_files import Everything, read, write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CELL = st.text(st.sampled_from("aZ09 ,;\"\n\r\t\u00e9\u00a0'#|\\/-.:+T"), max_size=6)
MOMENT = st.sampled_from(
    [
        "2025-01-02",
        "2025-01-02T03:04",
        "2025-01-02T03:04:05",
        "2025-01-02 03:04:05.123",
        "2025-01-02T03:04:05Z",
        "2025-01-02T03:04:05+02:00",
        "2025-02-30",
        "20250102",
        "3/4/2025 5:06:07 PM",
        "/Date(1735786800000)/",
        " 2025-01-02 ",
        "soon",
        "",
    ]
)
ROWS = st.lists(st.tuples(CELL, MOMENT, CELL), max_size=5)
OPTIONS = {"id_column": "id", "changed_at_column": "at"}
FIRST = ("1", "2025-01-02", "x")


def quoted(value: str) -> str:
    """Return the value as RFC 4180 has it."""
    if any(c in value for c in ',"\n\r'):
        return '"' + value.replace('"', '""') + '"'
    return value


def table(rows: Sequence[tuple[str, ...]], end: str = "\n") -> str:
    """Return a delimited file."""
    return end.join(",".join(quoted(c) for c in row) for row in [("id", "at", "note"), *rows]) + end


def both_ways(folder: Path, **declared: Any) -> list[Everything]:
    """Return what is read by whole columns, where that can be, and row by row."""
    found = []
    with pytest.MonkeyPatch.context() as patch:
        for size in (0, 1 << 40):
            patch.setattr(plain, "LARGE", size)
            found.append(read(folder, "csv_file", **declared))
    return found


def assert_same(one: Everything, other: Everything) -> None:
    """Compare rows and pieces, each in their order."""
    assert one.rows.rows() == other.rows.rows()
    assert one.rejected.rows() == other.rejected.rows()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plain")


@settings(max_examples=30, deadline=None)
@given(
    ROWS, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["UTC", "UTC-06:00", "Europe/Berlin"])
)
@example([FIRST, ("2", "", 'a "b" c'), ("3", "soon", "a\nb"), FIRST], "\n", "UTC")
def test_a_table_is_the_same_read_either_way(
    folder: Path, rows: list[tuple[str, ...]], end: str, zone: str
) -> None:
    write(folder, {"people.csv": table(rows, end)})
    assert_same(*both_ways(folder, options=OPTIONS, time_zone=zone))


@pytest.mark.parametrize(
    "options",
    [{}, {"id_column": ["id", "note"]}, {"id_column": "note"}, {"changed_at_column": "at"}],
)
def test_keys_of_every_kind(folder: Path, options: dict[str, Any]) -> None:
    rows = [FIRST, ("", "2025-01-02", ""), ("2", "", " y "), ("\u00a0", "soon", "\u00a0 z")]
    write(folder, {"people.csv": table(rows)})
    assert_same(*both_ways(folder, options=options))


@pytest.mark.parametrize(
    "text",
    [
        "id,at,note\n1,2,3\n4,5\n",
        "id,at,note\n1,2,3,4\n",
        'id,at,note\n1,2,"3\n',
        'id,at,note\n1,2,"3"x\n',
        'id,at,note\n1, "2",3\n',
        'id,at,note\n1,"2" ,3\n',
        "id,at,note\n\n1,2,3\n",
        "\nid,at,note\n1,2,3\n",
        "id,at,note\n1,2,3\r\n4,5,6\n",
        "id,at,note\n1,2,3\r4,5,6\n",
        "id,at,note\n1,2,\0\n",
        "id,at,note\n1,2,\x1f\n",
        "id,at,note",
        "id,at,id\n1,2,3\n",
        "id,at,ID\n1,2,3\n",
        "id\n1\n\n2\n",
        "\ufeffid,at,note\n1,2,3",
        'id,at,note\n1,2,"a\r\nb"\n2,2,c\n',
        "id,at,note\n1,2,3\n   \n",
        "id;at;note\n1;2;3,4\n",
    ],
)
def test_what_is_not_plain_is_read_row_by_row(folder: Path, text: str) -> None:
    write(folder, {"people.csv": text})
    assert_same(*both_ways(folder, options={"id_column": "id"}))


def test_bytes_that_are_no_utf_8_cost_their_line_alone(folder: Path) -> None:
    write(folder, {"people.csv": b"id,at,note\n1,2,\xff\n2,2,x\n"})
    fast, slow = both_ways(folder, options={"id_column": "id"})
    assert_same(fast, slow)
    assert fast.refused == [("people.csv:2", "wrong_encoding")]


DOCUMENT = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["1", " 2\u00a0", 3, 4.0, None, True, ""]),
        "at": MOMENT | st.integers(0, 9),
    },
    optional={"b": st.sampled_from([{"z": 1, "a": [1.0, None]}, "\u00e9", 1e16])},
)


@settings(max_examples=40, deadline=None)
@given(st.lists(DOCUMENT, max_size=4), st.sampled_from(["UTC", "UTC-06:00", "Europe/Berlin"]))
def test_documents_are_the_same_together_and_one_by_one(
    folder: Path, rows: list[dict[str, Any]], zone: str
) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write(folder, {"people.csv": "", "a.jsonl": text, "b.jsonl": text + "\n"})
    declared: dict[str, Any] = {"options": OPTIONS, "time_zone": zone}
    # An empty line leaves its batch to be read line by line.
    one, other = (read(folder / name, "jsonl_file", **declared) for name in ("a.jsonl", "b.jsonl"))
    columns = ["native_id", "changed_at", "content_hash", "payload"]
    assert one.rows.select(columns).rows() == other.rows.select(columns).rows()
    assert one.rejected.drop("locator").rows() == other.rejected.drop("locator").rows()


@pytest.mark.parametrize("bad", ["{", "[]", '{"a": "\udcff"}', '{"batch": [{"messageId": 2}]}'])
def test_one_bad_line_costs_itself_alone(folder: Path, bad: str) -> None:
    text = '{"messageId": 1}\n' + bad + "\n"
    write(folder, {"events.jsonl": text.encode("utf-8", "surrogateescape")})
    found = read(folder / "events.jsonl", "segment_events")
    assert found.ids[0] == "1"
    assert len(found.ids) + len(found.refused) == 2


@pytest.mark.parametrize("zone", ["UTC", "UTC+02:00", "Europe/Berlin"])
def test_a_plain_parquet_file_is_the_same_read_either_way(folder: Path, zone: str) -> None:
    plain_one = pl.DataFrame(
        {
            "id": [1, None, 3],
            "at": ["2025-01-02", "3/4/2025", None],
            "ms": [1735786800000, 5, None],
            "yes": [True, None, False],
            "price": [1.0, float("nan"), 0.1],
            "sum": [Decimal("1.50"), None, Decimal("2.00")],
            "day": [date(2025, 1, 2), None, None],
            "seen": [datetime(2025, 1, 2, 3, 4, 5), datetime(2025, 1, 2, 0, 0, 0, 5), None],  # noqa: DTZ001 - as files have it
            "sure": [datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC), None, None],
            "b": ['"\u00e9', None, " "],
        },
        schema_overrides={"id": pl.Int64},
    )
    plain_one.write_parquet(folder / "plain.parquet")
    plain_one.with_columns(pl.lit([1]).alias("list")).write_parquet(folder / "other.parquet")
    for clock in ("at", "ms", "seen", "sure", "day"):
        options = {"id_column": "id", "changed_at_column": clock}
        one, other = (
            read(folder / f"{name}.parquet", "parquet_file", options=options, time_zone=zone)
            for name in ("plain", "other")
        )
        assert one.ids == other.ids
        assert one.changed == other.changed
        assert [p.replace("}", ',"list":[1]}') for p in one.payloads] == other.payloads
        assert [w.replace("plain", "other") for w, _ in one.refused] == [
            w for w, _ in other.refused
        ]
