"""Whom a caller means, written as people write it."""

import pytest

from cdp.canonical.clean import CLEANERS
from cdp.errors import InputError
from cdp.publish.kept import moment
from cdp.publish.reference import Reference, parse


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("P-0010063b7b0e485bc0fa", "", "P-0010063b7b0e485bc0fa"),
        ("email: Ada@Example.org ", "email", "ada@example.org"),
        ("phone:030 901820", "phone", "+4930901820"),
        ("user:u-1", "user_id", "u-1"),
        ("anonymous:a-1", "anonymous_id", "a-1"),
        ("source:crm:77", "source", "crm:77"),
        ("loyalty:l-9 00", "loyalty_id", "L900"),
        ("tax_id:de 123.456.789", "tax_id", "DE123456789"),
        ("national_id:12-34", "national_id", "1234"),
        ("loyalty:--", "loyalty_id", "--"),
    ],
)
def test_a_reference_is_read_as_identifiers_are(text: str, kind: str, value: str) -> None:
    assert parse(text, "DE") == Reference(kind, value)


@pytest.mark.parametrize("kind", ["loyalty_id", "tax_id", "national_id"])
@pytest.mark.parametrize("written", ["L-9 00", "de\u00a0123", "A\u0308 7", "\u00e9 5", "o\u200b1"])
def test_a_key_is_looked_up_as_it_is_kept(kind: str, written: str) -> None:
    assert parse(f"{kind}:{written}", "DE").value == CLEANERS[kind](written, "").value


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_beyond_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="first year"):
        moment(text)
