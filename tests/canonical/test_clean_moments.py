from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.canonical.clean.moments import clean_birth_date, clean_day, clean_moment

UTC_HINT = "UTC month_first"


@pytest.mark.parametrize(
    ("text", "hint", "expected"),
    [
        ("/Date(1741000000000)/", UTC_HINT, "2025-03-03 11:06:40"),
        ("/Date(1741000000123)/", UTC_HINT, "2025-03-03 11:06:40.123000"),
        ("/Date(1741000000000+0000)/", UTC_HINT, "2025-03-03 11:06:40"),
        ("/Date(1741000000000+0060)/", UTC_HINT, "2025-03-03 11:06:40"),
        ("/Date(-86400000)/", UTC_HINT, "1969-12-31 00:00:00"),
        ("1741000000000", UTC_HINT, "2025-03-03 11:06:40"),
        ("2025-03-03T11:06:40Z", UTC_HINT, "2025-03-03 11:06:40"),
        ("2025-03-03T11:06:40.209+01:00", UTC_HINT, "2025-03-03 10:06:40.209000"),
        ("2025-03-03T11:06:40.000+0000", UTC_HINT, "2025-03-03 11:06:40"),
        ("2025-03-03 11:06:40", "Europe/Berlin month_first", "2025-03-03 10:06:40"),
        ("2025-07-03 11:06:40", "Europe/Berlin month_first", "2025-07-03 09:06:40"),
        ("2025-03-03", UTC_HINT, "2025-03-03 00:00:00"),
        ("20250303", UTC_HINT, "2025-03-03 00:00:00"),
        ("20250303110640", UTC_HINT, "2025-03-03 11:06:40"),
        ("3/4/2025 11:07:02 AM", "UTC-06:00 month_first", "2025-03-04 17:07:02"),
        ("3/4/2025 12:07:02 AM", "UTC-06:00 month_first", "2025-03-04 06:07:02"),
        ("3/4/2025 12:00:00 PM", "UTC month_first", "2025-03-04 12:00:00"),
        ("3/4/2025", "UTC day_first", "2025-04-03 00:00:00"),
        ("3.4.2025", UTC_HINT, "2025-04-03 00:00:00"),
        ("03.04.2025 17:30", UTC_HINT, "2025-04-03 17:30:00"),
        ("/Date(1740960000000)/ PT11H06M40S", UTC_HINT, "2025-03-03 11:06:40"),
        ("/Date(1740960000000)/ PT5M", UTC_HINT, "2025-03-03 00:05:00"),
        ("31.02.2025", UTC_HINT, None),
        ("2025-02-30T09:09:09Z", UTC_HINT, None),
        ("13/45/2025 6:00:00 AM", UTC_HINT, None),
        ("3/4/2025 13:00:00 PM", UTC_HINT, None),
        ("3/4/2025 at noon", UTC_HINT, None),
        ("the day before yesterday", UTC_HINT, None),
        ("yesterday PT5M", UTC_HINT, None),
        ("/Date(99999999999999999)/", UTC_HINT, None),
        ("9999-12-31T23:59:59-05:00", UTC_HINT, None),
        ("", UTC_HINT, None),
    ],
)
def test_moment(text: str, hint: str, expected: str | None) -> None:
    outcome = clean_moment(text, hint)
    assert outcome.value == expected
    assert (outcome.reason in {"invalid_date", "implausible_date"}) == (expected is None)


@pytest.mark.parametrize(
    ("text", "expected", "reason"),
    [
        ("/Date(481939200000)/", "1985-04-10", None),
        ("1985-04-10", "1985-04-10", None),
        ("10.04.1985", "1985-04-10", None),
        ("19850410", "1985-04-10", None),
        ("1985-04-10Z", "1985-04-10", None),
        ("1900-01-01", "1900-01-01", None),
        ("0001-01-01", None, "implausible_date"),
        ("9999-12-31", None, "implausible_date"),
        ("31.02.1976", None, "invalid_date"),
    ],
)
def test_birth_date(text: str, expected: str | None, reason: str | None) -> None:
    assert clean_birth_date(text)[:2] == (expected, reason)


def test_nobody_is_born_after_the_data_arrived() -> None:
    hint = "UTC month_first 2026-07-01"
    assert clean_birth_date("2026-07-01", hint).value == "2026-07-01"
    assert clean_birth_date("2026-07-02", hint).reason == "implausible_date"


def test_a_day_is_not_moved_to_another_zone() -> None:
    assert clean_day("2025-03-03T23:30:00-05:00").value == "2025-03-03"


@given(
    st.datetimes(
        min_value=datetime.fromisoformat("1900-01-01"),
        max_value=datetime.fromisoformat("2100-01-01"),
    )
)
def test_odata_and_iso_say_the_same_and_cleaning_twice_changes_nothing(moment: datetime) -> None:
    whole = moment.replace(microsecond=0, tzinfo=UTC)
    millis = int((whole - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    odata = clean_moment(f"/Date({millis})/")
    assert odata == clean_moment(whole.isoformat())
    assert odata.value is not None
    assert clean_moment(odata.value) == odata
    day = clean_day(whole.isoformat())
    assert day.value is not None
    assert clean_day(day.value) == day
