"""Keys and moments out of rows, whatever is in them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdp.sources import zone
from cdp.sources.wire.shape import as_key, gid_tail, latest_of, moment, unpadded, value_at


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("A-1", "A-1"),
        ("  7 ", "7"),
        (7, "7"),
        (7.0, "7"),
        (7.5, None),
        ("", None),
        ("  ", None),
        (None, None),
        (True, None),
        ({"id": 1}, None),
    ],
)
def test_keys(value: object, key: str | None) -> None:
    assert as_key(value) == key


@pytest.mark.parametrize(
    ("value", "key"),
    [("0000402417", "402417"), ("402417", "402417"), ("00A1", "00A1"), ("0000", None), (7, "7")],
)
def test_padding_zeros_are_no_part_of_a_number(value: object, key: str | None) -> None:
    assert unpadded(value) == key


@pytest.mark.parametrize(
    ("value", "key"),
    [("gid://shopify/Order/8", "8"), (8, "8"), ("gid://shopify/Cart/a?key=1", "a"), ("x/", None)],
)
def test_global_ids(value: object, key: str | None) -> None:
    assert gid_tail(value) == key


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-02T03:04:05Z", at("2026-01-02T03:04:05")),
        ("2026-01-02T03:04:05.678+02:00", at("2026-01-02T01:04:05.678")),
        ("2026-01-02 03:04:05", at("2026-01-02T02:04:05")),
        ("2026-01-02", at("2026-01-01T23:00:00")),
        ("/Date(0)/", at("1970-01-01")),
        ("/Date(-1000)/", at("1969-12-31T23:59:59")),
        ("/Date(1741000000000+0060)/", at("2025-03-03T11:06:40")),
        ("3/3/2025 11:06:40 AM", at("2025-03-03T10:06:40")),
        ("3/3/2025 12:00:00 AM", at("2025-03-02T23:00:00")),
        ("12/31/2025", at("2025-12-30T23:00:00")),
        ("3/3/2025 17:06", at("2025-03-03T16:06:00")),
        (1741000000, at("2025-03-03T11:06:40")),
        (1741000000123, at("2025-03-03T11:06:40.123")),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), at("2026-01-02T03:00:00")),
        (datetime.fromisoformat("2026-01-02T03:00:00"), at("2026-01-02T02:00:00")),
        ("31/12/2025", None),
        ("3/3/2025 25:00:00", None),
        ("2026-02-30", None),
        ("soon", None),
        ("", None),
        (None, None),
        (True, None),
        (float("nan"), None),
        (1e30, None),
        ("/Date(99999999999999999999)/", None),
        ("0001-01-01T00:00:00+14:00", None),
    ],
)
def test_moments(value: object, expected: datetime | None) -> None:
    assert moment(value, timezone(timedelta(hours=1))) == expected


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers())
)


@settings(deadline=None)
@given(ANYTHING)
def test_nothing_makes_a_reader_fail(value: object) -> None:
    row = {"a": value}
    changed = latest_of("a", "b")(row, UTC)
    assert changed is None or changed.tzinfo is None
    assert as_key(value) is None or as_key(value) == str(as_key(value)).strip()


@settings(deadline=None)
@given(st.datetimes(min_value=at("1900-01-01"), timezones=st.just(UTC)))
def test_a_moment_survives_being_written(value: datetime) -> None:
    plain = value.replace(tzinfo=None)
    assert moment(value.isoformat(), UTC) == plain
    millis = (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    cut = plain.replace(microsecond=plain.microsecond // 1000 * 1000)
    assert moment(f"/Date({millis})/", UTC) == cut


def test_dotted_paths() -> None:
    row = {"a.b": 1, "c": {"d": {"e": 2}}, "f": 3}
    assert [value_at(row, path) for path in ("a.b", "c.d.e", "c.x", "f.g")] == [1, 2, None, None]


@pytest.mark.parametrize(
    ("name", "hours"), [("UTC", 0), ("UTC+02:00", 2), ("UTC-06:30", -6.5), ("Europe/Berlin", 1)]
)
def test_zones(name: str, hours: float) -> None:
    winter = datetime(2026, 1, 1, tzinfo=zone(name))
    assert winter.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["Mars/Base", "UTC+25:00", "UTC+1", "", "../etc/passwd"])
def test_unknown_zones(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        zone(name)
