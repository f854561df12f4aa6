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
    "listed last": (
        [{"listed_last": ["unknown", "n/a"]}],
        "given_name",
        [("a", {"value": "n/a"}), ("b", {"value": "Zoe"}), ("c", {"value": "unknown"})],
        "Zoe",
        "listed_last",
        ["unknown", "n/a"],
    ),
    "oldest": (
        ["oldest"],
        "given_name",
        [("crm", {"value": "Ann", "seen_at": day(2)}), ("erp", {"value": "Bea"})],
        "Bea",
        "oldest",
        ["Ann"],
    ),
    "consensus of sources, not of records": (
        ["consensus"],
        "given_name",
        [
            ("a", {"value": ["Zoe", "Zoë"]}),
            ("b", {"value": "Ann"}),
            ("c", {"value": "Ann"}),
        ],
        "Ann",
        "consensus",
        ["Zoe", "Zoë"],
    ),
    "agreed first": (
        ["agreed_first", "recency"],
        "given_name",
        [
            ("a", {"value": "Zoe", "seen_at": day(9)}),
            ("b", {"value": "Ann"}),
            ("c", {"value": "Ann"}),
        ],
        "Ann",
        "agreed_first",
        ["Zoe"],
    ),
    "highest": (
        ["highest"],
        "birth_date",
        [("a", {"value": "1980-01-02"}), ("b", {"value": "1979-12-31"}), ("c", {"value": "x"})],
        "1980-01-02",
        "highest",
        ["1979-12-31", "x"],
    ),
    "lowest": (
        ["lowest"],
        "birth_date",
        [("a", {"value": "1980-01-02"}), ("b", {"value": "1979-12-31"}), ("c", {"value": "x"})],
        "1979-12-31",
        "lowest",
        ["1980-01-02", "x"],
    ),
    "well spelled": (
        ["well_spelled"],
        "family_name",
        [("a", {"value": "DE VRIES"}), ("b", {"value": "de Vries"}), ("c", {"value": "maes"})],
        "de Vries",
        "well_spelled",
        ["DE VRIES", "maes"],
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


def test_given_and_family_name_come_of_one_name(tmp_path: Path) -> None:
    swapped = {"given_name": "Maes", "family_name": "Ann"}
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"given_name": "Ann", "family_name": "Maes"})
        person(warehouse, "erp:1", "P-1", {"given_name": "Anna", "family_name": "Maes"})
        person(warehouse, "web:1", "P-1", swapped, seen_at=day(9))
        person(warehouse, "web:2", "P-1", {"family_name": "Ann"}, seen_at=day(9))
        refine(warehouse, tmp_path, survivorship={"default": ["frequency", "trust_tier"]})
        found = rows(warehouse, "gold.profile", "full_name", "given_name", "family_name")
        rule = dict(rows(warehouse, "gold.attribute", "attribute", "rule"))
    assert found == [("Ann Maes", "Ann", "Maes")]
    assert rule["given_name"] == rule["family_name"] == "whole_name"


def test_each_loser_says_why_it_lost(tmp_path: Path) -> None:
    with empty() as warehouse:
        person(warehouse, "crm:1", "P-1", {"title": "Dr"}, seen_at=day(5))
        person(warehouse, "erp:1", "P-1", {"title": "Ms"}, seen_at=day(4))
        person(warehouse, "web:1", "P-1", {"title": "Mx"}, trust_tier="observed", seen_at=day(9))
        refine(warehouse, tmp_path, survivorship={"default": ["trust_tier", "recency"]})
        (found,) = warehouse.query("select losers from gold.attribute").to_dicts()
    lost = {loser["value"]: loser["rule"] for loser in json.loads(found["losers"])}
    assert lost == {"Ms": "recency", "Mx": "trust_tier"}


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
