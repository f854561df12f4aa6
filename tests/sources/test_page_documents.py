"""Rows of a page read at once are what they are read one by one, on pages whole and broken."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.sources import REJECTED, ROWS, Batch
from cdp.sources.remote.odata_delta import TrackedChange, TrackedKey, is_gone
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.delivery import Task
from cdp.sources.wire.lines import TextOptions
from cdp.sources.wire.pages import ODATA, page
from cdp.sources.wire.shape import (
    Shape,
    all_of,
    day_and_time,
    first_of,
    gid_tail,
    having,
    latest_of,
    marked,
    never,
    unpadded,
)

OPTIONS = TextOptions.model_validate({})
MOMENTS = [
    "/Date(1767323045000)/",
    "/Date(1767323045123+0100)/",
    "/Date(-62135596800001)/",
    "/Date(99999999999999999)/",
    " /Date(-5)/",
    "/Date(٣)/",
    "/Date(5)/\n",
    "/Date()/",
    "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.000+0000",
    "2026-01-02T03:04:05+00:00",
    "2026-01-02T03:04+0000",
    "2026-01-02T03:04:60+0000",
    "2026-01-02+0000",
    "2026-01-02T03:04:05.5+0200",
    "2026-01-02T03:04:05",
    "2026-01-02",
    "1/2/2026",
    "",
    None,
    5,
]
KEYS = ["1", "0007", "000", " 08 ", "gid://shop/Order/7?x=1", "", "²", 3, 1.0, 1.5, None, True, []]
MARKS = [True, False, "true", "X", "1", 1, 1.0, "", None, ["X"]]
TRACKED = TrackedChange(("at",), datetime(2026, 5, 6, tzinfo=UTC))
SHAPES = [
    Shape(first_of("id", clean=unpadded), latest_of("at", "a.b.c")),
    Shape(first_of("a.b.c", "n", "id", clean=gid_tail), latest_of("a.b.c", "at")),
    Shape(first_of("n", "id"), latest_of("at"), gone=marked("x", "y")),
    Shape(all_of("id"), never, gone=having({"x": ("X", True), "a.b": 1})),
    Shape(all_of("id", "n"), latest_of("at"), gone=marked("x")),
    Shape(all_of(), never),
    Shape(first_of(), latest_of()),
    Shape(None, day_and_time(("at", "n"))),
    Shape(TrackedKey(("id",)), TRACKED, gone=is_gone),
]
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
inner = st.dictionaries(st.sampled_from(["b", "c", "b.c", "ü"]), values)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "id": st.sampled_from(KEYS),
    "at": st.sampled_from(MOMENTS),
    "n": st.sampled_from([*KEYS, "PT1H2M"]),
    "x": st.sampled_from(MARKS),
    "y": st.sampled_from(MARKS),
    "a": st.one_of(values, inner, st.fixed_dictionaries({"b": inner})),
    "a.b": values,
    "@removed": inner,
}
rows = st.fixed_dictionaries({}, optional=FIELDS)
alike = st.sets(st.sampled_from(list(FIELDS)), min_size=1).flatmap(
    lambda names: st.lists(
        st.fixed_dictionaries({name: FIELDS[name] for name in sorted(names)}), max_size=4
    )
)
shapes = st.sampled_from(SHAPES)
Frames = tuple[pl.DataFrame, pl.DataFrame]


def frames(batches: list[Batch]) -> Frames:
    found = pl.concat([ROWS.to_frame(), *(batch.rows for batch in batches)])
    return found, pl.concat([REJECTED.to_frame(), *(batch.rejected for batch in batches)])


def at_once(raw: bytes, shape: Shape, zone: timezone | ZoneInfo = UTC) -> Frames:
    return frames(list(page(ODATA, "it", raw, Task(shape, OPTIONS, zone))))


def one_by_one(raw: bytes, shape: Shape, zone: timezone | ZoneInfo = UTC) -> Frames:
    collector = Collector(shape, zone)
    pieces = msgspec.json.decode(raw, type=dict[str, list[msgspec.Raw]])["d"]
    for index, piece in enumerate(pieces):
        collector.text(f"it#{index}", bytes(piece).decode())
    return frames(list(collector.rest()))


def same(found: Frames, expected: Frames) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.rows() == other.rows()


def written(found: list[Any], *, ascii_: bool = True) -> bytes:
    return json.dumps({"d": found}, ensure_ascii=ascii_).encode()


@given(found=st.one_of(st.lists(rows, max_size=4), alike), shape=shapes, ascii_=st.booleans())
def test_any_page(found: list[Any], shape: Shape, ascii_: bool) -> None:
    raw = written(found, ascii_=ascii_)
    same(at_once(raw, shape), one_by_one(raw, shape))


@given(found=st.lists(st.one_of(rows, values), max_size=4), shape=shapes)
def test_rows_that_are_no_objects(found: list[Any], shape: Shape) -> None:
    raw = written(found)
    same(at_once(raw, shape), one_by_one(raw, shape))


@given(found=st.lists(rows, min_size=1, max_size=4), shape=shapes, data=st.data())
def test_a_page_that_breaks_off(found: list[Any], shape: Shape, data: st.DataObject) -> None:
    starts = len('{"d": [')
    raw = written(found)
    cut = data.draw(st.integers(starts, len(raw) - 1))
    broken, rejected = at_once(raw[:cut], shape)
    whole, refused = one_by_one(raw, shape)
    assert broken.rows() == whole.head(len(broken)).rows()
    assert rejected.rows()[:-1] == refused.head(len(rejected) - 1).rows()
    assert rejected["reason"][-1] in {"truncated_json", "broken_json"}  # a number may break, too


@given(found=st.lists(rows, min_size=1, max_size=4), shape=shapes, data=st.data())
def test_bytes_that_are_not_utf_8(found: list[Any], shape: Shape, data: st.DataObject) -> None:
    bad = data.draw(st.integers(0, len(found) - 1))
    place = pl.col("locator") != f"it#{bad}"
    whole = [frame.filter(place).rows() for frame in one_by_one(written(found), shape)]
    odd = written([*found[:bad], {"id": "M?"}, *found[bad + 1 :]]).replace(b"M?", b"M\xfc")
    kept, rejected = at_once(odd, shape)
    assert [kept.rows(), rejected.filter(place).rows()] == whole
    assert rejected.filter(~place)["reason"].to_list() == ["wrong_encoding"]


@pytest.mark.parametrize(
    "raw",
    [
        b'{"d":[]}',
        b'{"d":[{}]}',
        b'{"d":[{"id":"1","id":"2"},{"id":"3"}]}',
        b'{"d": [ {"id" : "1", "n": 1.50} ,\n{"n":1e5,"id":"\xc3\xbc"}\t] }',
        b'{"d":[{"id":"1","x":{"z":1,"a":{"y":1,"x":2}}},{"x":3,"id":"1"}]}',
        b'{"d":[{"id":12345678901234567890123}]}',
        b'{"d":[{"id":"1"},{"id":"2","n":1e999}]}',
    ],
)
@pytest.mark.parametrize("shape", SHAPES)
def test_odd_pages(raw: bytes, shape: Shape) -> None:
    same(at_once(raw, shape), one_by_one(raw, shape))


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=2)), ZoneInfo("Europe/Berlin"), UTC])
@pytest.mark.parametrize("moment", MOMENTS)
def test_moments_in_any_zone(zone: timezone | ZoneInfo, moment: object) -> None:
    raw = written([{"id": "1", "at": moment}, {"id": "2", "at": moment}])
    same(at_once(raw, SHAPES[0], zone), one_by_one(raw, SHAPES[0], zone))
