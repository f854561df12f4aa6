"""Every scoring method keeps the registry's promise."""

import json
from pathlib import Path
from typing import Any

import pytest

from buckets import differences
from builders import Value, add, carry_out, in_memory, parsed, workspace
from cdp.scores.bought import bought
from cdp.scores.definition import ScoreFile
from cdp.scores.method import METHODS
from cdp.scores.stage import STAGE
from cdp.scores.trained.question import QUESTIONS
from cdp.store import Statement, Warehouse
from cdp.store.statement import statements

# One example of each method: a new method adds a line here.
EXAMPLES: dict[str, dict[str, object]] = {
    "active_contacts": {"window_days": 365},
    "churn": {},
    "contract_churn": {"ends": "cancelled"},
    "engagement": {"compare_within": "country", "least_peers": 5},
    "external": {"source": "crm", "field": "lead score", "times": 10},
    "lifetime_value": {"margin_percent": 30},
    "next_purchase": {"retrain": "0 3 * * mon"},
    "purchase_propensity": {"horizon_days": 28, "retrain": 14},
    "rfm": {"monetary": 0.5},
    "rules": {
        "rules": [
            {"because": "buys", "feature": "orders", "at_least": 2, "points": 5},
            {"because": "bought", "event": "order_placed", "points": 3},
            {"because": "near", "attribute": "country", "among": ["de"], "points": 1},
        ]
    },
}
EVERYBODY = ["person", "organisation", "visitor"]


def files() -> dict[str, object]:
    return {
        f"scores/{name}.yaml": {"method": name, "of": EVERYBODY, "bands": {"low": 0}} | example
        for name, example in EXAMPLES.items()
    }


def crowd() -> list[dict[str, Value]]:
    return [
        {
            "profile_id": f"P-{n}",
            "entity_type": EVERYBODY[n % 3],
            "orders": n % 5,
            "revenue": n * 1.5,
            "recency_days": n % 7,
            "currency": "EUR",
        }
        for n in range(60)
    ]


def surroundings(warehouse: Warehouse) -> None:
    """Add who the crowd is and what it does, so that each method has something to count."""
    custom = '{"crm":{"lead score":"4.5"}}'
    orders: list[dict[str, Value]] = [
        {"order_id": str(n), "profile_id": f"P-{n}", "account_id": f"P-{n + 1}"}
        for n in range(0, 60, 3)
    ]
    for number in range(60):
        who, kind = f"P-{number}", EVERYBODY[number % 3]
        if kind == "organisation":
            add(warehouse, "gold.account", {"account_id": who, "country": "DE", "custom": custom})
        else:
            add(
                warehouse,
                "gold.profile",
                {"profile_id": who, "profile_type": kind, "country": "DE", "custom": custom},
            )
    add(warehouse, "gold.order", *orders)
    for number in range(0, 60, 3):
        add(
            warehouse,
            "gold.relationship",
            {
                "profile_id": f"P-{number}",
                "other_id": f"P-{number + 1}",
                "kind": "contact_of",
                "other_type": "organisation",
            },
        )


def test_every_method_has_an_example() -> None:
    assert sorted(EXAMPLES) == METHODS.names()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_definition_is_read_by_its_method_and_has_a_version(name: str) -> None:
    definition = ScoreFile.model_validate({"method": name} | EXAMPLES[name]).root
    assert type(definition) is METHODS.get(name).definition
    assert len(definition.version()) == 12
    assert json.loads(json.dumps(METHODS.get(name).definition.model_json_schema()))["properties"]


def test_scores_are_explained_banded_and_one_for_each_profile(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", *crowd())
        surroundings(warehouse)
        carry_out(STAGE, warehouse, workspace(tmp_path, files()))
        rows = warehouse.query("select * from gold.score").to_dicts()
    assert len({(row["profile_id"], row["score"]) for row in rows}) == len(rows)
    assert {row["method"] for row in rows} == set(EXAMPLES)
    refused = [row for row in rows if row["status"] != "published"]
    assert {row["method"] for row in refused} == {*QUESTIONS, "contract_churn"}
    assert all(row["value"] is None and row["band"] is None for row in refused)
    for row in rows:
        if row in refused:
            continue
        points = [float(str(reason["points"])) for reason in parsed(row["explanation"])]
        assert sum(points) == pytest.approx(row["value"])
        assert points == sorted(points, reverse=True)
        assert row["band"] == "low"


@pytest.mark.parametrize(
    "statement", [s for s in statements("cdp.scores") if s.key != "global"], ids=lambda s: s.name
)
def test_statement_is_safe_to_partition(tmp_path: Path, statement: Statement) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", *crowd())
        surroundings(warehouse)
        place = workspace(tmp_path, files())
        carry_out(STAGE, warehouse, place)
        bound: dict[str, Any] = {"as_of": "2026-07-01"} if "as_of" in statement.params else {}
        with bought(warehouse):
            assert warehouse.query(statement.sql, **bound).height > 0
            assert differences(warehouse, statement, **bound) == []
