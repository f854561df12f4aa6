from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cdp.canonical.clean.contacts import clean_domain, clean_email, clean_phone, clean_url


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ada.Lovelace@Example.ORG", "ada.lovelace@example.org"),
        ("  ada@example.org;", "ada@example.org"),
        ("mailto:ada@example.org", "ada@example.org"),
        ("Ada Lovelace <ada@example.org>", "ada@example.org"),
        ("käthe@müller.example", "käthe@müller.example"),
        ("test@shop.test", "test@shop.test"),
        ("n/a", None),
        ("ada(at)example.org", None),
        ("ada@localhost", None),
        ("ada@example", None),
        ("ada@@example.org", None),
        ("ada@example..org", None),
        ("", None),
        ("<>", None),
    ],
)
def test_email(text: str, expected: str | None) -> None:
    outcome = clean_email(text)
    assert outcome.value == expected
    assert (outcome.reason == "invalid_email") == (expected is None)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("+49 1512 3456789", "DE", "+4915123456789"),
        ("+49 1512 3456789", "FR", "+4915123456789"),
        ("0049 1512 3456789", "DE", "+4915123456789"),
        ("01512/3456789", "DE", "+4915123456789"),
        ("+49 (0)1512 3456789", "DE", "+4915123456789"),
        ("(01512) 3456789", "Germany", "+4915123456789"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("612345678", "FR", "+33612345678"),
        ("020 7946 0958", "UK", "+442079460958"),
        ("(212) 555-0123", "US", "+12125550123"),
        ("+1 212 555 0123 ext. 9", "US", "+12125550123"),
        ("+49 1512 3456789", "", "+4915123456789"),
        ("0000000000", "DE", "+49000000000"),
        ("+49 0151 23456789", "", "+4915123456789"),
        ("+49 00151 23456789", "", "+4915123456789"),
        ("+39 06 1234567", "DE", "+39061234567"),
        ("01512 3456789", "", None),
        ("Tel.: 01512 3456789", "DE", "+4915123456789"),
        ("n/a", "DE", None),
        ("01512 3456789 or 01512 3456780", "DE", None),
        ("49176 (old?)", "DE", None),
        ("+33", "FR", None),
        ("", "DE", None),
    ],
)
def test_phone(text: str, country: str, expected: str | None) -> None:
    outcome = clean_phone(text, country)
    assert outcome.value == expected
    assert (outcome.reason == "invalid_phone") == (expected is None)


@pytest.mark.parametrize(
    ("text", "url", "domain"),
    [
        ("www.Brumeval.example", "https://www.brumeval.example", "brumeval.example"),
        ("HTTP://Brumeval.example/a?b=C", "http://brumeval.example/a?b=C", "brumeval.example"),
        ("brumeval.example:8080/", "https://brumeval.example:8080", "brumeval.example"),
        ("müller.example", "https://xn--mller-kva.example", "xn--mller-kva.example"),
        ("ftp://brumeval.example", None, None),
        ("n/a", None, None),
        ("http://[", None, None),
        ("a.example/with blank", None, None),
        ("", None, None),
    ],
)
def test_url_and_domain(text: str, url: str | None, domain: str | None) -> None:
    assert clean_url(text).value == url
    assert clean_domain(text).value == domain


def test_the_domain_of_an_address_is_a_domain_too() -> None:
    assert clean_domain("ada@Brumeval.example").value == "brumeval.example"


@pytest.mark.parametrize("cleaner", [clean_email, clean_url, clean_domain])
@given(text=st.one_of(st.emails(), st.text(max_size=40), st.from_regex(r"[a-z]+\.[a-z]{2,3}/\w*")))
def test_cleaning_twice_changes_nothing(cleaner: object, text: str) -> None:
    assert callable(cleaner)
    once = cleaner(text, "")
    if once.value is not None:
        assert cleaner(once.value, "").value == once.value


@example(text="000000", country="DE")
@example(text="00006000", country="DE")
@example(text="+490 0841 3957", country="IT")
@example(text="+49 0000000", country="FR")
@given(
    text=st.from_regex(r"\+?[0-9 /()-]{3,18}", fullmatch=True),
    country=st.sampled_from(["DE", "FR", "US", "IT", "GB", ""]),
)
def test_cleaning_a_number_twice_changes_nothing(text: str, country: str) -> None:
    once = clean_phone(text, country)
    if once.value is not None:
        assert clean_phone(once.value, country).value == once.value
