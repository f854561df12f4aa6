"""A glance at a page tells what reading all of it tells, on odd pages too, or nothing."""

import json
from datetime import UTC, datetime, timedelta, timezone, tzinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.sources.remote.glance import Glance, glance
from cdp.sources.remote.walk import Page
from cdp.sources.wire.delivery import Task
from cdp.sources.wire.lines import TextOptions
from cdp.sources.wire.pages import ODATA, page
from cdp.sources.wire.shape import Shape, first_of, latest_of

SHAPE = Shape(first_of("id"), latest_of("at"))
OPTIONS = TextOptions.model_validate({})
EAST = timezone(timedelta(hours=2))
VALUES = [
    r'"\/Date(1767323045000)\/"',
    '"/Date(1767323045123+0100)/"',
    '"/Date(99999999999999999)/"',
    '"2026-01-02T03:04:05"',
    '"2026-01-02T03:04:05+02:00"',
    '"yesterday"',
    '""',
    "null",
    "true",
    "1767323045000",
    "1e400",
    "123456789012345678901234567890",
    '{"at": "2026-01-02T03:04:05Z"}',
    '["2026-01-02T03:04:05Z"]',
    r'"\ud800"',
]
NAMES = ['"at"', r'"\u0061t"', '"At"', '"a.t"', r'"at\""', '"id"', '"other"', '""']
ODD_ROWS = ["null", "5", "[]", '"{}"', "{}", '{"id": }', '{"id": "1"']
PAGES = ['{"d": %s}', '{"d": {"results": %s}}', '{"d": {"__count": "9", "results": %s}}']
ODD_PAGES = [
    b"",
    b" ",
    b"[]",
    b'{"d": null}',
    b'{"d": {"results": {}}}',
    b'{"error": {"code": "x"}}',
    b'\xef\xbb\xbf{"d": [{"id": "1", "at": "2026-01-02T03:04:05Z"}]}',
    '{"d": [{"id": "1"}]}'.encode("utf-16"),
    b'{"d": [{"id": "1", "name": "\xff", "at": "2026-01-02T03:04:05Z"}]}',
    b'{"d": [{"id": "1"}, {"id": "2", "at": "2026-01-',
    b'{"d": {"id": "1", "at": "2026-01-02T03:04:05Z"}}',
    b'{"d": [' + b"[" * 3_000 + b"]" * 3_000 + b"]}",
]

FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4)


def row(fields: list[tuple[str, str]]) -> str:
    """Return a row as it is written."""
    return f"{{{', '.join(f'{name}: {value}' for name, value in fields)}}}"


ROWS = st.one_of(
    FIELDS.map(row),
    FIELDS.map(lambda fields: row([('"id"', '"7"'), *fields])),
    st.sampled_from(ODD_ROWS),
)


def whole(raw: bytes, zone: tzinfo) -> Page:
    """Return the page as it is read."""
    return Page("p", tuple(page(ODATA, "p", raw, Task(SHAPE, OPTIONS, zone))))


def is_true(seen: Glance | None, raw: bytes, zone: tzinfo) -> bool:
    """Return whether what was seen is so; of rejected rows a glance alone sees the change."""
    if seen is None:
        return True
    read = whole(raw, zone)
    if seen.rows != read.rows:
        return False
    if any(len(batch.rejected) for batch in read.batches):
        return read.latest is None or (seen.latest is not None and seen.latest >= read.latest)
    return seen.latest == read.latest


@given(
    layout=st.sampled_from(PAGES),
    rows=st.lists(ROWS, max_size=5),
    zone=st.sampled_from([UTC, EAST]),
)
def test_a_glance_tells_what_reading_tells(layout: str, rows: list[str], zone: tzinfo) -> None:
    raw = (layout % f"[{', '.join(rows)}]").encode()
    assert is_true(glance(raw, ODATA, "at", zone), raw, zone)


@pytest.mark.parametrize("raw", ODD_PAGES)
def test_an_odd_page_is_read_to_tell_or_told_rightly(raw: bytes) -> None:
    assert is_true(glance(raw, ODATA, "at", UTC), raw, UTC)


def test_a_plain_page_is_told_at_a_glance() -> None:
    rows = [
        {"id": str(n), "at": f"2026-01-02T03:04:{n:02}Z", "x": {"at": "2030"}} for n in (5, 9, 7)
    ]
    raw = json.dumps({"d": {"results": rows}}).encode()
    assert glance(raw, ODATA, "at", UTC) == Glance(3, datetime.fromisoformat("2026-01-02T03:04:09"))
    assert glance(raw, ODATA, None, UTC) == Glance(3, None)
    assert glance(raw, ODATA, "x.at", UTC) is None
    assert glance(b'{"d": []}', ODATA, "at", UTC) == Glance(0, None)
