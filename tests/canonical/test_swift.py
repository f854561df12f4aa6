"""What SQL gives for a plain value is what the cleaner gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from cdp.canonical.clean import CLEANERS
from cdp.canonical.swift import plain
from cdp.store import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

UTC, BERLIN = "UTC month_first", "Europe/Berlin day_first"
HINTS = {"moment": [UTC, BERLIN], "day": [UTC, BERLIN], "date": [f"{BERLIN} 2026-01-01"]}
TYPES = ("text", "name", "email", "day", "date", "moment", "decimal", "integer", "json")
LETTERS = st.sampled_from("aZ09 ._'-+@,;{}:/\"\u00e9\u0301\u00a0\u200d\ufb01\u0149TZ")
VALUES = {
    "email": ["A.b@x.example", "a@b.test", "a@b", "a..b@x.de", "a@x--y.de", "a@-x.de", "a@x.c1"],
    "name": ["Anna-Lena O'Neil", "\u00c9va", "x ", "7", "Jr.,", "Doe; John"],
    "day": ["2025-02-28", "2025-02-30", "1879-01-01", "2026-06-01"],
    "date": ["2025-02-28", "2025-02-30", "1879-12-31", "1880-01-01", "2026-01-01", "2026-01-02"],
    "moment": [
        "2025-02-28T23:59:59Z",
        "2025-02-28 00:00:00",
        "2025-02-30T00:00:00Z",
        "2025-02-28T24:00:00Z",
        "2025-02-28T10:00:00+02:00",
    ],
    "decimal": ["0", "1.50", "01", "1,234", "1.234.567", "-5", "1e3", "12345678901234567890"],
    "integer": ["0", "12", "1.0", "-3"],
    "json": ["{}", '{"a": 1}', "[1]", "{", '"x"', '{"a": NaN}'],
    "text": ["a  b", " a", "a\tb", "", "a\u00adb"],
}


@pytest.fixture(scope="module")
def connection() -> Iterator[DuckDBPyConnection]:
    found = scratch()
    yield found
    found.close()


def in_sql(connection: DuckDBPyConnection, type_: str, hint: str, value: str) -> str | None:
    """Return what SQL gives; None where it leaves the value to the cleaner."""
    found = plain(exp.Literal.string(type_), exp.Literal.string(hint), exp.Literal.string(value))
    rows = connection.execute(exp.select(found).sql("duckdb")).fetchall()
    return str(rows[0][0]) if rows[0][0] is not None else None


def check(connection: DuckDBPyConnection, type_: str, value: str) -> None:
    """Compare with the cleaner under every hint."""
    for hint in HINTS.get(type_, [""]):
        found = in_sql(connection, type_, hint, value)
        assert found is None or found == CLEANERS[type_](value, hint).value


@pytest.mark.parametrize(("type_", "value"), [(t, v) for t, some in VALUES.items() for v in some])
def test_plain_values(connection: DuckDBPyConnection, type_: str, value: str) -> None:
    check(connection, type_, value)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TYPES), st.text(LETTERS, max_size=12))
@example("email", "a@b.de")
def test_any_value(connection: DuckDBPyConnection, type_: str, value: str) -> None:
    check(connection, type_, value)


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("text", "12 High Street, Apt. 3"),
        ("name", "Anna-Lena O'Neil"),
        ("email", "Anna.Lena+x@shop.example"),
        ("date", "1980-02-28"),
        ("moment", "2025-02-28T10:00:00Z"),
        ("decimal", "12.50"),
    ],
)
def test_the_usual_is_plain(connection: DuckDBPyConnection, type_: str, value: str) -> None:
    assert in_sql(connection, type_, HINTS.get(type_, [""])[0], value) is not None
