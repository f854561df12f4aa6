"""Values as drivers and libraries hand them over: as keys, as moments, as JSON."""

import json
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from ipaddress import ip_address
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cdp.sources import REJECTED, ROWS
from cdp.sources.remote.values import Layout, batch, keys, moments


class Price(Decimal):
    """A library's own decimal."""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (7, "7"),
        (2**70, str(2**70)),
        (7.0, "7"),
        (7.5, None),
        (" a ", "a"),
        ("", None),
        (None, None),
        (True, None),
        ([1], None),
        (Decimal("7.00"), "7"),
        (Decimal("7.50"), "7.50"),
        (Decimal("NaN"), "NaN"),
        (UUID(int=10), "00000000-0000-0000-0000-00000000000a"),
        (date(2026, 1, 2), "2026-01-02"),
        (b"\x00\xff", "00ff"),
        (b"", None),
    ],
)
def test_a_key_is_text(value: object, text: str | None) -> None:
    assert keys([{"k": value}], Layout(("k",))).to_list() == [text]
    nested = keys([{"a": {"k": value}, "b": None}], Layout(("a.k", "b"))).to_list()
    assert nested == [f"{text}|" if text is not None else None]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("12345678901234567890.10"), "12345678901234567890.10"),
        (Price("1.50"), "1.50"),
        (float("nan"), None),
        (float("inf"), None),
        (datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T03:00:00+02:00"),
        (datetime(2026, 1, 2, 3, 4, 5, 600), "2026-01-02T03:04:05.000600"),  # noqa: DTZ001
        (date(2026, 1, 2), "2026-01-02"),
        (time(3, 4), "03:04:00"),
        (b"\x00\xff", "AP8="),
        (memoryview(b"\x00\xff"), "AP8="),
        (ip_address("10.0.0.1"), "10.0.0.1"),
        (msgspec.Raw(b'{"n": 1}'), {"n": 1}),
        ([Decimal(1), None], ["1", None]),
        ({"a": {"b": UUID(int=0)}}, {"a": {"b": "00000000-0000-0000-0000-000000000000"}}),
        (2**63, 2**63),
    ],
)
def test_a_value_is_written_as_json_has_it(value: object, written: object) -> None:
    found = batch([{"id": 1, "v": value}], Layout(("id",)), UTC, "it", 1)
    assert json.loads(found.rows["payload"].item()) == {"id": 1, "v": written}


BERLIN = ZoneInfo("Europe/Berlin")
AHEAD = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("value", "zone", "expected"),
    [
        ("2026-01-02T03:00:00.5Z", BERLIN, "2026-01-02T03:00:00.500000"),
        ("2026-01-02T03:00:00", UTC, "2026-01-02T03:00:00"),
        ("2026-01-02T03:00:00", AHEAD, "2026-01-02T01:00:00"),
        ("2026-01-02 03:00:00", BERLIN, "2026-01-02T02:00:00"),
        ("2026-07-02 03:00:00", BERLIN, "2026-07-02T01:00:00"),
        ("2026-01-02 03:00:00+05:30", UTC, "2026-01-01T21:30:00"),
        ("2026-01-02", AHEAD, "2026-01-01T22:00:00"),
        (date(2026, 1, 2), AHEAD, "2026-01-01T22:00:00"),
        (datetime(2026, 1, 2, tzinfo=AHEAD), UTC, "2026-01-01T22:00:00"),
        (1_767_225_600, UTC, "2026-01-01T00:00:00"),
        ("infinity", UTC, None),
        (None, UTC, None),
    ],
)
def test_a_moment_is_read_in_its_zone(value: object, zone: tzinfo, expected: str | None) -> None:
    # Beside a value of another kind they are read one by one, and the same comes out.
    for others in ([], ["2026-01-01T00:00:00Z", value], [5]):
        (found, *_) = moments([value, *others], zone).to_list()
        assert (found.isoformat() if found is not None else None) == expected


def test_rows_come_out_in_their_places_or_are_rejected() -> None:
    rows: list[Any] = [{"id": 1}, 7, {"id": None}, {"id": 2, "gone": "2026"}, {"id": "\udcff"}]
    found = batch(rows, Layout(("id",), deleted="gone"), UTC, "it", 11)
    assert (found.rows.schema, found.rejected.schema) == (ROWS, REJECTED)
    assert found.rows.select("native_id", "locator", "is_deleted").rows() == [
        ("1", "it:11", None),
        ("2", "it:14", True),
    ]
    assert sorted(found.rejected.select("locator", "reason").rows()) == [
        ("it:12", "not_an_object"),
        ("it:13", "missing_id"),
        ("it:15", "not_json"),
    ]


def test_equal_content_is_equal_whatever_the_order_of_its_fields() -> None:
    found = batch([{"a": 1, "b": 2}, {"b": 2, "a": 1}], Layout(()), UTC, "it", 1)
    assert found.rows["content_hash"].n_unique() == found.rows["native_id"].n_unique() == 1
