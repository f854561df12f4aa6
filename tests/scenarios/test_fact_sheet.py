"""The fact sheet: one page, complete in itself, escaped, with its tiers and its gaps."""

import re
from typing import Any

import pytest

from cdp.errors import UnknownNameError
from cdp.scenarios.fact_sheet import render, sheet_of, view_for
from cdp.scenarios.written import label, line, written

ABOUT: dict[str, Any] = {
    "name": "sales",
    "purpose": "sales",
    "cut": "lenient",
    "generation": 7,
    "published_at": "2026-07-01T06:00:00Z",
    "fresh_until": None,
    "stale": False,
    "trust": {"email": "fact"},
}
DOCUMENT: dict[str, Any] = {
    "profile_id": "P-1",
    "full_name": '<script>alert("x")</script>',
    "email": "ada@example.org",
    "address": {"street": "Long Road", "house_number": "7", "city": "Berlin", "country": "DE"},
    "facts": {"orders": 3, "revenue": 4400.0, "currency": "EUR", "open_carts": 1},
    "scores": [{"score": "rfm", "value": 9.0, "band": "loyal"}],
    "segments": [{"segment": "late_payers"}],
    "consents": [
        {"channel": "email", "purpose": "marketing", "state": "granted", "best": True},
        {"channel": "sms", "purpose": "marketing", "state": "denied", "best": False},
    ],
    "timeline": [
        {"at": "2026-06-01T10:30:00Z", "kind": "order", "title": "#7", "source": "shop", "id": "1"}
    ],
    "blocks": {
        "orders": {
            "title": "Orders",
            "trust": "fact",
            "limit": 20,
            "rows": [
                {"order_id": f"shop:{n}", "amount": 1151.7, "currency": "EUR", "reference": None}
                for n in range(12)
            ],
        },
        "tickets": {"title": "Tickets", "trust": "fact", "limit": 5, "rows": []},
        "live": {
            "title": "Live orders",
            "trust": "fact",
            "limit": 5,
            "rows": [],
            "gap": {"status": "unavailable", "reason": "the source does not answer"},
        },
    },
    "possible": [
        {"other_id": "P-2", "certainty": "possible", "probability": 0.42, "name": "Adda E."}
    ],
    "view": ABOUT,
}


def test_a_page_is_complete_in_itself_and_escaped() -> None:
    page = render(DOCUMENT, is_masked=False)
    assert page.startswith("<!doctype html>")
    assert '<html lang="en">' in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(?:src|href)\s*=|url\(|@import|https?://", page)


def test_headings_tables_and_tiers_are_marked_up() -> None:
    page = render(DOCUMENT, is_masked=False)
    assert page.count("<h1>") == 1
    assert re.search(r"<caption>Orders <span class=\"tier fact\">fact</span>", page)
    assert '<th scope="col" class="number">Amount</th>' in page
    assert '<th scope="row" data-label="Order">shop:0</th>' in page
    assert "the first 8 of 12" in page


def test_what_is_on_the_page() -> None:
    sheet = sheet_of(DOCUMENT, is_masked=False)
    cards = {card.title: dict(card.lines) for card in sheet.cards}
    assert cards["Master data"] == {
        "E-mail": "ada@example.org",
        "Address": "Long Road 7, Berlin, DE",
    }
    assert cards["Orders and revenue"] == {"Orders": "3", "Revenue": "4,400.00 EUR"}
    assert cards["Scores and segments"] == {"RFM": "9 · loyal", "Segments": "late payers"}
    assert cards["Permissions for marketing"] == {"email": "granted"}
    assert [table.title for table in sheet.tables] == ["Orders", "Latest events"]
    assert sheet.empty == ["Tickets"]
    assert sheet.gaps == ["Live orders: the source does not answer"]
    assert sheet.notes == ["Perhaps the same, not confirmed: Adda E. P-2 (42%)."]


def test_a_stale_or_masked_page_says_so() -> None:
    stale = DOCUMENT | {"view": ABOUT | {"stale": True}}
    notes = sheet_of(stale, is_masked=True).notes
    assert notes[0] == "Stale: this was published at 2026-07-01 06:00."
    assert notes[1] == "Personal data is masked on this page."


def test_a_page_without_anything_is_still_a_page() -> None:
    bare = {"account_id": "A-1", "account_type": "organisation", "name": None, "view": ABOUT}
    sheet = sheet_of(bare, is_masked=False)
    assert (sheet.name, sheet.kind, sheet.id) == ("Without a name", "Organisation", "A-1")
    assert "Without a name" in render(bare, is_masked=False)


def test_a_workspace_without_views_has_a_fact_sheet_all_the_same() -> None:
    assert view_for({}, None).name == "fact_sheet"
    with pytest.raises(UnknownNameError, match="unknown view 'x'"):
        view_for({}, "x")


LINES: list[tuple[Any, str]] = [
    (None, ""),
    (True, "yes"),
    (3, "3"),
    (1234.5, "1,234.50"),
    ("2026-06-01T00:00:00Z", "2026-06-01"),
    ("2026-06-01T10:30:00Z", "2026-06-01 10:30"),
    ("contact_of", "contact of"),
    ("a_b@example.org", "a_b@example.org"),
    (["a", None, "b"], "a, b"),
    ({"job_title": "Buyer", "main": True}, "job title Buyer, main yes"),
    ({"id": "A-1", "name": "Acme", "address": {"city": "Ulm"}}, "Acme, Ulm"),
    ({"id": "A-1", "name": None, "address": None}, "A-1"),
]


@pytest.mark.parametrize(("value", "text"), LINES)
def test_a_value_is_one_line(value: object, text: str) -> None:
    assert line(value) == text


def test_what_a_row_says_twice_is_said_once() -> None:
    row = {"other_id": "A-1", "other": {"id": "A-1", "name": "Acme"}, "trust_tier": "observed"}
    assert written(row) == {"other": "Acme"}
    assert label("ordered_at") == "Ordered"
