"""Masking: whatever a document holds, what identifies a person does not get through."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.model.tables import BY_NAME
from cdp.privacy.masking import (
    RULES,
    address,
    email,
    mask,
    name,
    phone,
    record_id,
)
from cdp.privacy.masking_scores import amounts
from cdp.privacy.masking_views import mask_row
from cdp.privacy.seen import seeing

CASES = [
    (email, "jane.doe@example.org", "j***@example.org"),
    (email, "no address", "***"),
    (phone, "+49 170 1234567", "***67"),
    (phone, "1234", "***"),
    (name, "Jane van Doe", "J. v. D."),
    (name, "李小龍", "李."),
    (name, "...", "***"),
    (record_id, "crm:417", "crm:417"),
    (record_id, "news:jane@example.org", "news:j***@example.org"),
    (record_id, "sms:+491701234567", "sms:***67"),
    (record_id, "jane@example.org", "j***@example.org"),
    (record_id, "m:EMAIL|jane@example.org|EMAIL|x", "m:EMAIL|j***@example.org|EMAIL|x"),
    (record_id, "m:PHONE|+491701234567|SMS", "m:PHONE|***67|SMS"),
]


@pytest.mark.parametrize(("rule", "value", "expected"), CASES)
def test_a_value_is_masked(rule: Any, value: str, expected: str) -> None:
    assert rule(value) == expected


def test_an_address_keeps_its_place_only() -> None:
    full = {"street": "Long Road", "postcode": "10115", "city": "Berlin", "country": "DE"}
    assert address(full) == {"street": None, "postcode": None, "city": "Berlin", "country": "DE"}


# Every secret contains this letter, which no word of the platform and no mask does.
SECRET = st.text("☠", min_size=6, max_size=12)
JSON = st.recursive(
    SECRET,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(SECRET, inner, max_size=2),
    max_leaves=4,
)
HIDDEN_IN = {
    "profile": ["custom", "street", "something_new"],
    "account": ["custom", "tax_id", "something_new"],
    "identifiers": ["value", "something_new"],
    "consents": ["contact_value", "proof", "something_new"],
    "history": ["reason", "something_new"],
    "relationships": ["attributes", "something_new"],
    "timeline": ["title", "something_new"],
    "detail": ["subject", "properties", "lines", "reference", "something_new"],
    "explain": ["something_new"],
    "edge": ["something_new"],
    "sources": ["something_new"],
    "scores": ["something_new"],
}


@given(st.sampled_from(sorted(HIDDEN_IN)), st.data())
def test_fields_without_a_rule_never_get_through(kind: str, data: st.DataObject) -> None:
    document = {field: data.draw(JSON) for field in HIDDEN_IN[kind]}
    if kind in {"identifiers", "consents"}:
        document |= {"kind": "national_id", "value": data.draw(SECRET)}
    masked = json.dumps(mask(kind, document), ensure_ascii=False)
    assert "☠" not in masked
    assert list(mask(kind, document)) == list(document)


WORDS = st.text(st.characters(categories=["Lu", "Ll"]), min_size=3, max_size=10)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_of_a_name_only_initials_are_left(words: list[str]) -> None:
    masked = name(" ".join(words))
    assert masked.split() == [f"{w[0]}." for w in words]


@given(WORDS, WORDS)
def test_of_an_address_only_first_letter_and_domain_are_left(local: str, host: str) -> None:
    assert email(f"{local}@{host}.example") == f"{local[0]}***@{host}.example"


@given(st.from_regex(r"\+[1-9][0-9]{6,13}", fullmatch=True))
def test_of_a_number_only_the_ending_is_left(number: str) -> None:
    assert phone(number) == f"***{number[-2:]}"


ORIGINS = [
    ("given_name", "Jane", "J."),
    ("birth_date", "1980-02-03", "1980"),
    ("company", "Acme", "Acme"),
    ("region", "EU", "EU"),
    ("email", "jane@example.org", "j***@example.org"),
    ("phone", "+491701234567", "***67"),
    ("address", '{"street": "Long Road", "city": "Ulm"}', '{"street": null, "city": "Ulm"}'),
    ("address", "no json", "***"),
    ("address", "[1]", "***"),
    ("favourite_colour", "blue", "***"),
]


@pytest.mark.parametrize(("attribute", "value", "expected"), ORIGINS)
def test_an_origin_is_masked_like_its_attribute_and_so_is_what_it_beat(
    attribute: str, value: str, expected: str
) -> None:
    row = {"attribute": attribute, "value": value, "losers": [{"value": value, "record_id": "a:1"}]}
    masked = mask("origins", [row])[0]
    assert masked["value"] == expected
    assert masked["losers"][0]["value"] == expected


def test_the_name_of_a_company_is_no_secret_and_of_a_person_is() -> None:
    rows = [
        {"other_id": "A-1", "other_name": "Acme Tools"},
        {"other_id": "P-1", "other_name": "Jane Doe"},
    ]
    assert [r["other_name"] for r in mask("relationships", rows)] == ["Acme Tools", "J. D."]


def test_nothing_stays_nothing() -> None:
    assert mask("explain", None) is None
    assert mask("profile", {"email": None}) == {"email": None}


def test_every_rule_names_a_field_that_exists() -> None:
    tables = {
        "identifiers": "gold.identifier",
        "sources": "gold.source_record",
        "origins": "gold.attribute",
        "consents": "gold.consent",
        "scores": "gold.score",
        "segments": "gold.segment_member",
        "history": "identity.history",
    }
    reckoned = {"scores": {"age_days"}, "segments": {"live", "entered_by", "as_of"}}
    for kind, table in tables.items():
        known = {c.name for c in BY_NAME[table].columns} | reckoned.get(kind, set())
        assert set(RULES[kind]) <= known, kind


WORTH: dict[str, Any] = {
    "score": "worth",
    "value": 417.0,
    "currency": "EUR",
    "decile": 9,
    "explanation": [
        {"because": "spends 42 EUR a purchase", "points": 17.0},
        {"because": "last purchase 3 days ago", "points": 400.0},
    ],
    "detail": {"horizon_days": 365, "currency": "EUR", "low": 200.0, "high": 900.0},
}
POINTS: dict[str, Any] = WORTH | {"value": 7.0, "currency": None, "detail": {"p_alive": 0.9}}


def test_of_a_score_in_money_the_rank_is_left() -> None:
    shown = mask("scores", WORTH)
    assert (shown["value"], shown["decile"]) == (None, 9)
    assert shown["explanation"] == [
        {"because": "spends *** EUR a purchase", "points": None},
        {"because": "last purchase 3 days ago", "points": None},
    ]
    assert shown["detail"] == WORTH["detail"] | {"low": None, "high": None}
    with seeing(frozenset({"financial"})):
        assert mask("scores", WORTH) == WORTH


def test_of_another_score_only_amounts_are_hidden() -> None:
    spent = {"because": "spent 1234.50 EUR, monetary 3 of 5", "points": 3.0}
    instead = {"instead": {"method": "rfm", "value": 3.0, "explanation": [spent]}}
    shown = mask("scores", POINTS | {"detail": instead})
    hidden = {"because": "spent *** EUR, monetary 3 of 5", "points": 3.0}
    assert shown["detail"] == {"instead": {"method": "rfm", "value": 3.0, "explanation": [hidden]}}
    assert shown["value"] == 7.0
    assert [one["points"] for one in shown["explanation"]] == [17.0, 400.0]
    assert mask("scores", POINTS)["detail"] == {"p_alive": 0.9}


def test_a_score_in_a_block_is_hidden_unless_it_says_that_it_is_no_money() -> None:
    rows = [{"score": "worth", "value": 417.0}, {"score": "x", "value": 7.0, "currency": None}]
    assert [mask_row(row)["value"] for row in rows] == [None, 7.0]
    assert mask_row({"value": 7.0}) == {"value": 7.0}


@given(
    st.decimals(min_value=-(10**9), max_value=10**9, places=2),
    st.from_regex(r"[A-Z]{3}", fullmatch=True),
)
def test_no_amount_gets_through_in_a_sentence(amount: Decimal, currency: str) -> None:
    for said in (f"{amount:f}", f"{amount:,}", f"{amount:.0f}"):
        sentence = f"spends {said} {currency} a purchase, 3 of 5"
        assert amounts(sentence) == f"spends *** {currency} a purchase, 3 of 5"
