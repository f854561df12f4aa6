from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.canonical.clean import CLEANERS

CASES = [
    ("decimal", "61.50", "61.50"),
    ("decimal", "1,234.50", "1234.50"),
    ("decimal", "1.234,50", "1234.50"),
    ("decimal", "12,5", "12.5"),
    ("decimal", "1,234", "1234"),
    ("decimal", "1.234.567", "1234567"),
    ("decimal", "12000.000000", "12000.000000"),
    ("decimal", "1 234,50", "1234.50"),
    ("decimal", "5.00-", "-5.00"),
    ("decimal", "1e3", "1000"),
    ("decimal", "twenty", None),
    ("decimal", "NaN", None),
    ("decimal", "1e99", None),
    ("integer", "3", "3"),
    ("integer", "3.0", "3"),
    ("integer", "3.5", None),
    ("integer", "three", None),
    ("boolean", "X", "true"),
    ("boolean", "N", "false"),
    ("boolean", "perhaps", None),
    ("currency", "eur", "EUR"),
    ("currency", "€", "EUR"),
    ("currency", "XYZ", None),
    ("country", "DE", "DE"),
    ("country", "deu", "DE"),
    ("country", "Germany", "DE"),
    ("country", "Deutschland", "DE"),
    ("country", "Allemagne", "DE"),
    ("country", "UK", "GB"),
    ("country", "U.S.A.", None),
    ("country", "USA", "US"),
    ("country", "Atlantis", None),
    ("language", "FR", "fr"),
    ("language", "fr_FR", "fr"),
    ("language", "de-AT", "de"),
    ("language", "German", "de"),
    ("language", "Klingon", None),
    ("gender", "F", "female"),
    ("gender", "Male", "male"),
    ("gender", "diverse", "other"),
    ("gender", "7", None),
    ("name", "  Ada   Maria ", "Ada Maria"),
    ("name", "O'Brien,", "O'Brien"),
    ("name", "Zoe\u0308", "Zo\u00eb"),
    ("name", "???", None),
    ("name", "x" * 201, None),
    ("text", " a\tb\u200b c ", "a b c"),
    ("text", "\u200b", None),
    ("tax_id", "gb 002-7287.94", "GB002728794"),
    ("tax_id", "--", None),
    ("json", '{"a": 1}', '{"a": 1}'),
    ("json", "[1]", None),
    ("json", "{", None),
    ("raw", " as it is ", " as it is "),
    ("post", "1 Main Road", "1 Main Road"),
]


@pytest.mark.parametrize(("kind", "text", "expected"), CASES)
def test_cleaner(kind: str, text: str, expected: str | None) -> None:
    assert CLEANERS[kind](text, "").value == expected


@pytest.mark.parametrize(("kind", "text", "expected"), CASES)
def test_cleaning_a_clean_value_changes_nothing(kind: str, text: str, expected: str | None) -> None:
    del text
    if expected is not None:
        assert CLEANERS[kind](expected, "").value == expected


@pytest.mark.parametrize("kind", sorted(CLEANERS))
@given(text=st.text(max_size=30))
def test_no_text_stops_a_cleaner_and_what_is_left_out_has_a_reason(kind: str, text: str) -> None:
    hint = "UTC month_first" if kind in {"date", "day", "moment"} else "DE"
    outcome = CLEANERS[kind](text, hint)
    if outcome.value is None:
        assert outcome.reason or kind in {"text", "post", "code"}
    else:
        assert CLEANERS[kind](outcome.value, hint).value == outcome.value


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_decimal_keeps_its_amount(amount: Decimal) -> None:
    assert Decimal(CLEANERS["decimal"](f"{amount:,}", "").value or "x") == amount
