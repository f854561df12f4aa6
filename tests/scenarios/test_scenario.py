"""Scenarios: what YAML may say, and the slice that comes of it."""

import json
from pathlib import Path

import pytest

from builders import workspace
from cdp.errors import ConfigError, UnknownNameError
from cdp.publish.layout import SUB_DOCUMENTS
from cdp.publish.served import Published
from cdp.scenarios import scenario as scenarios
from cdp.scenarios.scenario import Scenario, View, chosen, load, slice_of
from cdp.settings import Workspace
from published import ACME, ADA

PLAIN: dict[str, object] = {"description": "x", "purpose": "x"}


def made(**more: object) -> Scenario:
    return Scenario.model_validate(PLAIN | more)


def test_a_scenario_shows_its_fields_and_parts_and_always_the_id() -> None:
    scenario = made(fields=["email", "name"], include=["consents"])
    document = {"profile_id": "P-1", "email": "a", "phone": "b"}
    parts = {"consents": [1], "origins": [2]}
    assert slice_of(scenario, document, parts) == {
        "profile_id": "P-1",
        "email": "a",
        "consents": [1],
    }


def test_a_scenario_without_fields_shows_all_of_them() -> None:
    scenario = made()
    assert slice_of(scenario, {"profile_id": "P-1", "email": "a"}, {}) == {
        "profile_id": "P-1",
        "email": "a",
    }


WRONG: list[tuple[dict[str, object], str]] = [
    ({"fields": ["shoe_size"]}, "shoe_size is unknown; known: .*email"),
    ({"include": ["shoes"]}, "include"),
    ({"scope": "fly"}, "use profiles:read or view:NAME"),
    ({"colour": "red"}, "colour"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG)
def test_what_does_not_validate_is_named(
    tmp_path: Path, wrong: dict[str, object], message: str
) -> None:
    place = workspace(tmp_path, {"scenarios/bad.yaml": PLAIN | wrong})
    with pytest.raises(ConfigError, match=message):
        load(place)


def test_an_unknown_scenario_names_the_known() -> None:
    with pytest.raises(UnknownNameError, match="unknown view 'b'; known: a"):
        chosen({"a": View("a", made(), {})}, "b")


def test_the_fields_and_parts_that_can_be_named_are_those_of_the_documents(base: Path) -> None:
    generation = Published(Workspace(base).home).current()
    fields = set(json.loads(generation.document("profile", ADA) or b""))
    fields |= set(json.loads(generation.document("account", ACME) or b""))
    assert fields == scenarios.FIELDS
    assert set(scenarios.SUB_DOCUMENTS) == set(SUB_DOCUMENTS)


def test_the_scenarios_of_the_demo_validate() -> None:
    demo = Workspace(Path(__file__).parents[2] / "pipelines" / "demo")
    assert sorted(load(demo)) == ["commerce", "erp", "marketing", "sales", "service"]
