"""Which value wins, by which rule, and what it beat: a table of cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from golden_rows import Row, add, day, empty, person, refine, rows

Told = list[tuple[str, dict[str, Any]]]

CASES: dict[str, tuple[list[Any], str, Told, str, str, list[str]]] = {
    "only value": (["recency"], "given_name", [("crm", {"value": "Ann"})], "Ann", "only_value", []),
    "equal values are one": (
        ["recency"],
        "given_name",
        [("crm", {"value": "Ann"}), ("erp", {"value": "Ann"})],
        "Ann",
        "only_value",
        [],
    ),
    "recency": (
        ["recency"],
        "given_name",
        [("crm", {"value": "Ann", "seen_at": day(2)}), ("erp", {"value": "Bea"})],
        "Ann",
        "recency",
        ["Bea"],
    ),
    "frequency": (
        ["frequency"],
        "given_name",
        [("a", {"value": "Zoe"}), ("b", {"value": "Zoe"}), ("c", {"value": "Ann"})],
        "Zoe",
        "frequency",
        ["Ann"],
    ),
    "trust tier": (
        ["trust_tier", "recency"],
        "given_name",
        [
            ("web", {"value": "Ann", "trust_tier": "observed", "seen_at": day(9)}),
            ("erp", {"value": "Zoe", "trust_tier": "master_data"}),
            ("crm", {"value": "Mia", "trust_tier": "declared"}),
        ],
        "Zoe",
        "trust_tier",
        ["Mia", "Ann"],
    ),
    "source priority, unnamed sources last": (
        [{"source_priority": ["erp", "crm"]}],
        "given_name",
        [("web", {"value": "Ann"}), ("crm", {"value": "Mia"}), ("erp", {"value": "Zoe"})],
        "Zoe",
        "source_priority",
        ["Mia", "Ann"],
    ),
    "longest name": (
        ["completeness"],
        "given_name",
        [("crm", {"value": "M."}), ("erp", {"value": "Maria"})],
        "Maria",
        "completeness",
        ["M."],
    ),
    "verified first": (
        ["verified_first", "recency"],
        "given_name",
        [("crm", {"value": "Ann", "verified": True}), ("erp", {"value": "B", "seen_at": day(9)})],
        "Ann",
        "verified_first",
        ["B"],
    ),
    "fallback decides where the first rule is silent": (
        ["verified_first", "trust_tier", "recency"],
        "given_name",
        [("crm", {"value": "Ann"}), ("erp", {"value": "Bea", "seen_at": day(3)})],
        "Bea",
        "recency",
        ["Ann"],
    ),
    "tie-break by value": (
        ["recency", "trust_tier"],
        "given_name",
        [("crm", {"value": "Bea"}), ("erp", {"value": "Ann"})],
        "Ann",
        "tie_break",
        ["Bea"],
    ),
    "preferred first": (
        ["preferred_first"],
        "email",
        [("crm", {"value": ["z@x.example", "a@x.example"]})],
        "z@x.example",
        "preferred_first",
        ["a@x.example"],
    ),
    "listed first": (
        [{"listed_first": ["blocked", "active"]}],
        "status",
        [("crm", {"status": "active"}), ("erp", {"status": "blocked"})],
        "blocked",
        "listed_first",
        ["active"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_golden_value(case: str, tmp_path: Path) -> None:
    rules, attribute, told, value, rule, losers = CASES[case]
    with empty() as warehouse:
        for source, what in told:
            values = {attribute: what["value"]} if "value" in what else {}
            more = {key: given for key, given in what.items() if key != "value"}
            person(warehouse, f"{source}:1", "P-1", values, **more)
        refine(warehouse, tmp_path, survivorship={"attributes": {attribute: rules}})
        found = _golden(warehouse.query("select * from gold.attribute").to_dicts(), attribute)
    assert (found["value"], found["rule"]) == (value, rule)
    assert [loser["value"] for loser in json.loads(found["losers"])] == losers


def _golden(found: list[Row], attribute: str) -> Row:
    (row,) = [row for row in found if row["attribute"] == attribute]
    return row


def test_fullest_address_wins_and_is_never_mixed(tmp_path: Path) -> None:
    full = {"street": "Main Street", "house_number": "5", "postcode": "1000", "city": "Ghent"}
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"address": {"city": "Antwerp", "country": "BE"}})
        person(warehouse, "erp:1", "P-1", {"address": full})
        refine(warehouse, tmp_path, survivorship={"attributes": {"address": ["completeness"]}})
        parts = ("street", "house_number", "postcode", "city", "country")
        found = rows(warehouse, "gold.profile", *parts)
    assert found == [("Main Street", "5", "1000", "Ghent", None)]


def test_origin_is_the_best_record_of_the_winning_value(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"given_name": "Ann"}, seen_at=day(1))
        person(
            warehouse,
            "erp:7",
            "P-1",
            {"given_name": "Ann"},
            seen_at=day(5),
            trust_tier="master_data",
        )
        refine(warehouse, tmp_path, survivorship={"default": ["recency"]})
        origin = ("attribute", "record_id", "source", "trust_tier", "seen_at", "losers")
        found = rows(warehouse, "gold.attribute", *origin)
    assert found == [("given_name", "erp:7", "erp", "master_data", day(5), "[]")]


def test_a_blocked_value_never_wins(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"email": "test@test.example"}, seen_at=day(9))
        person(warehouse, "erp:1", "P-1", {"email": "ann@x.example", "phone": "+3210"})
        blocked = [("email", "test@test.example"), ("phone", "+3210")]
        add(warehouse, "identity.blocked_value", [{"kind": k, "value": v} for k, v in blocked])
        refine(warehouse, tmp_path)
        found = rows(warehouse, "gold.profile", "email", "phone")
        held = rows(warehouse, "gold.identifier", "value", "blocked")
    assert found == [("ann@x.example", None)]
    assert held == [("+3210", True), ("ann@x.example", False), ("test@test.example", True)]
