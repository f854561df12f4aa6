"""Documents read many at once are what they are read one by one."""

import json
from datetime import UTC, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.sources import REJECTED, ROWS
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.delivery import Part, Task
from cdp.sources.wire.lines import TextOptions, json_lines, lines, one_row
from cdp.sources.wire.shape import Shape, all_of, first_of, latest_of, never
from source_files import write

MOMENTS = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:60Z", "2026-01-02", "1/2/2026", "", None, 5]
SHAPES = [
    Shape(first_of("id"), latest_of("at", "a.b")),
    Shape(first_of("a.b", "id"), latest_of("a.b")),
    Shape(first_of("a.b"), never),
    Shape(all_of("id", "n"), latest_of("at")),
    Shape(None, never),
]
values = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.floats(allow_nan=False), st.text(max_size=5)
)
rows = st.fixed_dictionaries(
    {"id": st.sampled_from(["1", " 2 ", "", 3, None, True, 1.5])},
    optional={
        "at": st.sampled_from(MOMENTS),
        "a": st.one_of(values, st.dictionaries(st.sampled_from("bcü"), values)),
        "n": values,
        'quo"te': values,
    },
)


def one_by_one(part: Part, task: Task) -> tuple[pl.DataFrame, pl.DataFrame]:
    collector = Collector(task.shape, task.zone)
    for number, line in enumerate(lines(part, "utf-8"), start=1):
        if line.strip():
            collector.text(f"{part.label}:{number}", line.strip())
    batches = list(collector.rest())
    return (
        pl.concat([ROWS.to_frame(), *(batch.rows for batch in batches)]),
        pl.concat([REJECTED.to_frame(), *(batch.rejected for batch in batches)]),
    )


def together(part: Part, task: Task) -> tuple[pl.DataFrame, pl.DataFrame]:
    batches = list(json_lines(one_row)(part, task))
    return (
        pl.concat([ROWS.to_frame(), *(batch.rows for batch in batches)]),
        pl.concat([REJECTED.to_frame(), *(batch.rejected for batch in batches)]),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines")


def same(folder: Path, content: bytes, shape: Shape, zone: timezone | ZoneInfo = UTC) -> None:
    write(folder, {"people.jsonl": content})
    part = Part("it", folder / "people.jsonl", "people.jsonl", "", "people.jsonl")
    task = Task(shape, TextOptions.model_validate({}), zone)
    for found, expected in zip(together(part, task), one_by_one(part, task), strict=True):
        assert found.rows() == expected.rows()


@given(
    found=st.lists(rows, max_size=4), number=st.integers(0, len(SHAPES) - 1), ascii_=st.booleans()
)
def test_any_documents(folder: Path, found: list[object], number: int, ascii_: bool) -> None:
    content = "".join(json.dumps(row, ensure_ascii=ascii_) + "\n" for row in found)
    same(folder, content.encode(), SHAPES[number])


@pytest.mark.parametrize(
    "content",
    [
        b'{"id":1}\r\n{"id":2}\r\n',
        b'{"id":1}\r{"id":2}\n{"id":3}',
        b'{"id":\r1}\n',
        b'\xef\xbb\xbf{"id":1}\n',
        b'{"id":1}\n\n{"id":2}\n \n',
        b'{"id":1,"id":2}\n',
        b'{"b":{"z":1,"a":2},"id":1.50,"a":1e5}\n',
        b'{"id":"1","x":[{"z":1,"a":{"y":1,"x":2}}]}\n{"id":"2","x":3}\n',
        b'{"id":1}\nnull\n[1]\n{"id":\n',
        b"{}\n{}\n",
        b'{"id":12345678901234567890123}\n',
    ],
)
@pytest.mark.parametrize("shape", SHAPES[:3] + SHAPES[-1:])
def test_odd_documents(content: bytes, shape: Shape, folder: Path) -> None:
    same(folder, content, shape)


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=2)), ZoneInfo("Europe/Berlin"), UTC])
@pytest.mark.parametrize("moment", [*MOMENTS, "2026-01-02T03:04:05", "2026-13-02T03:04:05Z"])
def test_moments_in_any_zone(zone: timezone | ZoneInfo, moment: object, folder: Path) -> None:
    content = f"{json.dumps({'id': 1, 'at': moment})}\n".encode()
    same(folder, content, SHAPES[0], zone)


def test_bytes_that_are_not_utf_8_cost_their_own_line(tmp_path: Path) -> None:
    write(tmp_path, {"people.jsonl": b'{"id":"M\xfcller"}\n{"id":"M\xc3\xbcller"}\n'})
    part = Part("it", tmp_path / "people.jsonl", "people.jsonl", "", "people.jsonl")
    found, rejected = together(part, Task(SHAPES[0], TextOptions.model_validate({}), UTC))
    assert found["native_id"].to_list() == ["Müller"]
    assert rejected["reason"].to_list() == ["wrong_encoding"]


def test_an_encoding_with_a_mark_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, {"people.jsonl": b'{"id":1}\n'})
    part = Part("it", tmp_path / "people.jsonl", "people.jsonl", "", "people.jsonl")
    options = TextOptions.model_validate({"encoding": "utf-8-sig"})
    assert together(part, Task(SHAPES[0], options, UTC))[0]["native_id"].to_list() == ["1"]
