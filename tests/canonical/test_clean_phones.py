"""Plain phone numbers by whole columns come out as the library has them."""

import random

import polars as pl
import pytest

from cdp.canonical.clean import CLEANERS
from cdp.canonical.clean.phones import plain_phones

COUNTRIES = (
    "DE",
    "GB",
    "US",
    "FR",
    "IT",
    "CH",
    "AT",
    "NL",
    "AR",
    "MX",
    "BR",
    "RU",
    "AU",
    "Germany",
    "",
)
CODES = ("1", "7", "39", "41", "44", "49", "52", "54", "55", "61", "378", "800", "881", "999")
MARKS = ("", " ", "-", "/", ".", " (", ") ")


def numbers(seed: int, count: int) -> list[str]:
    """Return numbers of every length, in many notations."""
    rng = random.Random(seed)  # noqa: S311 - test data
    found = []
    for _ in range(count):
        digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 13)))
        digits = rng.choice(["", "0", "00", "1", "8", "(0)", "15"]) + digits
        start = rng.choice(
            ["", "", "+", "+" + rng.choice(CODES), "(", "+" + rng.choice(CODES) + " "]
        )
        at = rng.randint(0, len(digits))
        found.append(start + digits[:at] + rng.choice(MARKS) + digits[at:])
    return found


@pytest.mark.parametrize("country", COUNTRIES)
def test_plain_numbers_are_those_of_the_library(country: str) -> None:
    texts = numbers(len(country) + sum(map(ord, country)), 1500)
    found = plain_phones(pl.Series(texts), country)
    for text, value in zip(texts, found, strict=True):
        if value is not None:
            assert value == CLEANERS["phone"](text, country).value, text


@pytest.mark.parametrize(
    ("text", "country", "value"),
    [
        ("0171 1234567", "DE", "+491711234567"),
        ("07700 900123", "GB", "+447700900123"),
        ("+44 7700900123", "DE", "+447700900123"),
        ("+49 (0)171 1234567", "DE", None),
        ("+49 0171 1234567", "DE", None),
        ("0049 171 1234567", "DE", None),
        ("call 0171", "DE", None),
        ("12", "DE", None),
        ("0171 1234567", "Atlantis", None),
    ],
)
def test_what_is_plain(text: str, country: str, value: str | None) -> None:
    assert plain_phones(pl.Series([text]), country).to_list() == [value]
