"""Every scoring method keeps the registry's promise."""

import json
from pathlib import Path
from typing import Any

import pytest

from buckets import differences
from builders import Value, add, carry_out, in_memory, parsed, workspace
from cdp.scores.definition import ScoreFile
from cdp.scores.method import METHODS
from cdp.scores.stage import STAGE
from cdp.store import Statement
from cdp.store.statement import statements

# One example of each method: a new method adds a line here.
EXAMPLES: dict[str, dict[str, object]] = {
    "rfm": {"monetary": 0.5},
    "rules": {
        "rules": [
            {"because": "buys", "feature": "orders", "at_least": 2, "points": 5},
            {"because": "bought", "event": "order_placed", "points": 3},
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
        carry_out(STAGE, warehouse, workspace(tmp_path, files()))
        rows = warehouse.query("select * from gold.score").to_dicts()
    assert len({(row["profile_id"], row["score"]) for row in rows}) == len(rows)
    assert {row["method"] for row in rows} == set(EXAMPLES)
    for row in rows:
        points = [float(str(reason["points"])) for reason in parsed(row["explanation"])]
        assert sum(points) == pytest.approx(row["value"])
        assert points == sorted(points, reverse=True)
        assert row["band"] == "low"


@pytest.mark.parametrize(
    "statement", [s for s in statements("cdp.scores") if s.key != "global"], ids=lambda s: s.name
)
def test_statement_is_safe_to_partition(tmp_path: Path, statement: Statement) -> None:
    events: list[dict[str, Value]] = [
        {"order_id": str(n), "profile_id": f"P-{n}", "account_id": f"A-{n}"} for n in range(40)
    ]
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.feature", *crowd())
        add(warehouse, "gold.order", *events)
        place = workspace(tmp_path, files())
        carry_out(STAGE, warehouse, place)
        bound: dict[str, Any] = {"as_of": "2026-07-01"} if "as_of" in statement.params else {}
        assert warehouse.query(statement.sql, **bound).height > 0
        assert differences(warehouse, statement, **bound) == []
