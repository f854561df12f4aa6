"""Where a load of a database begins, what is settled by now, and how a place is written down."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from builders import AS_OF
from cdp.sources.remote.sql.options import SqlOptions
from cdp.sources.remote.sql.place import Overlap, Place, read_place
from sql_shop import BEGUN, WHOLE


def overlap(zone: Any = UTC, **options: Any) -> Overlap:
    given = SqlOptions.model_validate({"objects": {"users": WHOLE}, **options})
    return Overlap(given, zone, AS_OF)


@pytest.mark.parametrize(
    ("value", "begin"),
    [
        ("2026-01-01 00:05:00", "2025-12-31 23:55:00"),
        ("2026-01-01T00:05:00.500Z", "2025-12-31T23:55:00.500000Z"),
        ("2026-01-01 00:05:00.25+02", "2025-12-31 23:55:00.250000+02"),
        ("2026-01-01", "2025-12-31"),
        (date(2026, 1, 1), date(2025, 12, 31)),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, 23, 50, tzinfo=UTC)),
        (5_000, 4_000),
        ("v00017", "v00017"),
        ("2026-99-99", "2026-99-99"),
        (date.min, date.min),
        # What lies in the future counts as now.
        ("2099-01-01T00:00:00Z", "2026-06-30T23:50:00Z"),
    ],
)
def test_a_load_begins_a_little_before_the_last_change(value: object, begin: object) -> None:
    assert overlap().before(value) == Place((begin,), is_after=False)


def test_clocks_that_are_put_back_are_given_an_hour_more() -> None:
    berlin = overlap(ZoneInfo("Europe/Berlin"))
    assert berlin.before("2026-01-01 03:00:00").values == ("2026-01-01 01:50:00",)
    assert berlin.before("2026-01-01 03:00:00+01").values == ("2026-01-01 02:50:00+01",)


def test_only_what_is_past_is_settled() -> None:
    assert overlap().is_settled("2026-06-30 23:49:00")
    assert not overlap().is_settled("2026-06-30 23:50:00")
    assert not overlap().is_settled(5)
    assert not overlap().is_settled("v00017")


def test_a_place_is_read_as_it_was_written() -> None:
    place = Place(("x", 2**60, 1.5, date(2026, 1, 1), BEGUN, b"\xff", None), is_after=True)
    order = ("seen", "id")
    assert read_place(place.written(order), order) == place
    assert read_place(None, order) is read_place("{}", order) is None
    assert read_place(place.written(order), ("id",)) is None
