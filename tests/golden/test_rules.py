"""The contract of every survivorship rule, and what `survivorship.yaml` may say."""

from pathlib import Path

import pytest
import yaml
from sqlglot import exp

from cdp.errors import ConfigError
from cdp.golden.merit import candidate_statement, define, rule_names
from cdp.golden.rule import OF_VALUE, RULES
from cdp.golden.survivorship import SURVIVORSHIP, SurvivorshipFile
from cdp.settings import Workspace
from cdp.store import Statement, Warehouse
from golden_rows import add, empty, person, refine

COLUMNS = {
    "profile_id",
    "entity_type",
    "attribute",
    "value",
    "record_id",
    "source",
    "trust_tier",
    "seen_at",
    "verified",
    "position",
}


def _words(name: str) -> list[str]:
    return ["crm", "erp"] if RULES.get(name).takes_words else []


@pytest.mark.parametrize("name", RULES.names())
def test_rule_reads_only_a_candidate_and_says_what_it_does(name: str) -> None:
    rule = RULES.get(name)
    merit = rule.merit(_words(name))
    assert rule.name == name
    assert len(rule.description.split()) > 3
    read = {column.name for column in merit.find_all(exp.Column)}
    assert read <= COLUMNS or read <= set(OF_VALUE)


@pytest.fixture(scope="module")
def candidates(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    with empty() as warehouse:
        address = {"street": "Main Street", "city": "Ghent"}
        values = {"given_name": ["Ann", "A."], "address": address, "email": "ann@x.example"}
        person(warehouse, "crm:1", "P-1", values, status="active")
        person(warehouse, "web:1", "P-1", {"given_name": "Ann"}, trust_tier="rumour")
        add(
            warehouse,
            "silver.attribute",
            [{"record_id": "web:1", "attribute": "title", "value": ""}],
        )
        refine(warehouse, tmp_path_factory.mktemp("rules"))
    return warehouse


@pytest.mark.parametrize("name", RULES.names())
def test_merit_is_a_number_for_every_candidate(name: str, candidates: Warehouse) -> None:
    words = _words(name)
    rules = SurvivorshipFile(default=[{name: words} if words else name], attributes={})
    candidates.make(candidate_statement(rules))
    candidates.put("step.rule_name", rule_names(rules))
    costs = candidates.query("select costs from temp.candidate")["costs"].to_list()
    assert len(costs) > 1
    assert all(len(found) == 1 and isinstance(found[0], float) for found in costs)
    define(candidates, rules)
    golden = candidates.select(Statement.load("cdp.golden", "attribute"))
    told = candidates.query("select distinct profile_id, attribute from temp.candidate")
    assert golden.height == told.height


WRONG = {
    "unknown rule": ({"default": ["newest"]}, "unknown survivorship rule 'newest'; known: agreed"),
    "list missing": ({"default": ["source_priority"]}, "rule source_priority needs a list"),
    "list too much": ({"default": [{"recency": ["crm"]}]}, "rule recency takes no list"),
    "two rules in one": ({"default": [{"recency": [], "frequency": []}]}, "at most 1 item"),
    "no rule": ({"default": []}, "at least 1 item"),
    "unknown attribute": ({"attributes": {"surname": ["recency"]}}, "unknown attribute 'surname'"),
    "unknown field": ({"defaults": ["recency"]}, "defaults: Extra inputs"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_is_explained(case: str, tmp_path: Path) -> None:
    content, message = WRONG[case]
    (tmp_path / "survivorship.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        Workspace(tmp_path).one(SURVIVORSHIP)


def test_a_workspace_needs_no_file(tmp_path: Path) -> None:
    rules = Workspace(tmp_path).one(SURVIVORSHIP)
    assert [rule.name for rule, _ in rules.uses("given_name")] == rules.default
    assert rules.sources() == set()
