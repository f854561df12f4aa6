"""Whom a caller means, written as people write it."""

import pytest

from cdp.canonical.clean import CLEANERS
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
