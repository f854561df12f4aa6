"""Search before create over HTTP: on the demo, whose persons a run has resolved."""

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from cdp.server import openapi
from cdp.settings import Workspace
from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from conftest import FIXTURES
from live_server import Live, running

pytestmark = pytest.mark.long

schema = schemathesis.openapi.from_dict(openapi()).include(path="/v1/resolve")


@pytest.fixture(scope="module")
def desk(demo: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    target = tmp_path_factory.mktemp("desk") / "demo"
    shutil.copytree(demo.root, target)
    with running(Workspace(target, FIXTURES)) as server:
        yield server


@pytest.fixture(scope="module")
def person(desk: Live) -> dict[str, Any]:
    """A person of the demo with a name and an e-mail."""
    items = desk.get("/v1/profiles?q=a&limit=200", "admin").json()["items"]
    return next(i for i in items if i["email"] and i["family_name"] and i["birth_date"])


def _ask(desk: Live, body: object, key: str = "full") -> Any:
    return desk.post("/v1/resolve", body, key)


def _record(person: dict[str, Any]) -> dict[str, Any]:
    return {"lastname": person["family_name"].upper(), "e-mail": [person["email"], "x@y.example"]}


def test_a_known_person_is_found_with_reasons(desk: Live, person: dict[str, Any]) -> None:
    answer = _ask(desk, {"record": _record(person)})
    assert answer.status_code == 200
    found = answer.json()
    best = found["candidates"][0]
    assert found["verdict"] == "match"
    assert not found["create_advised"]
    assert found["read_as"] == {"lastname": "family_name", "e-mail": "emails"}
    assert best["id"] == person["profile_id"]
    assert best["profile"]["email"] == person["email"]
    assert (
        abs(sum(w["weight"] for w in best["nearest"]["weights"]) - best["nearest"]["match_weight"])
        < 1e-6
    )
    assert best["reasons"][-1].startswith("weighed against it")


def test_a_stranger_is_to_be_created(desk: Live) -> None:
    record = {"given_name": "Zebulon", "family_name": "Quartermaine", "email": "zq@no.example"}
    found = _ask(desk, {"record": record}).json()
    assert (found["verdict"], found["create_advised"]) == ("none", True)


def test_personal_data_is_masked_without_its_scope(desk: Live, person: dict[str, Any]) -> None:
    found = _ask(desk, {"record": _record(person)}, "masked").json()
    best = found["candidates"][0]
    assert best["id"] == person["profile_id"]
    assert person["email"] not in json.dumps(found)
    assert best["profile"]["birth_date"] == person["birth_date"][:4]


def test_profiles_may_be_left_out_and_candidates_limited(
    desk: Live, person: dict[str, Any]
) -> None:
    body = {"record": _record(person), "include_profile": False, "limit": 1}
    found = _ask(desk, body).json()
    assert [c["profile"] for c in found["candidates"]] == [None]


def test_every_profile_shown_is_in_the_audit_trail(
    demo_copy: Workspace, person: dict[str, Any]
) -> None:
    with running(demo_copy) as server:
        _ask(server, {"record": _record(person)}, "masked")
    with State.open(demo_copy.home) as state:
        accesses = AuditLog(state).of(person["profile_id"])
    assert [(a.action, a.detail) for a in accesses] == [("profile.resolve", "masked")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"record": {}}, "record"),
        ({"record": {"email": {"a": 1}}}, "record.email"),
        ({"record": {"email": ["a"] * 30}}, "record.email"),
        ({"record": {"email": "x" * 2000}}, "record.email"),
        ({"record": {"": "x"}}, "record."),
        ({"record": {"email": None}}, "record"),
        ({"record": {"email": "a@b.c"}, "limit": 0}, "limit"),
        ({"record": {"email": "a@b.c"}, "minimum_probability": 2}, "minimum_probability"),
        ({"record": {"email": "a@b.c"}, "colour": "red"}, "body"),
        ([], "body"),
        (b"{", "body"),
    ],
)
def test_a_problem_names_the_field(desk: Live, body: object, field: str) -> None:
    answer = _ask(desk, body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_asked_is_answered(desk: Live, case: schemathesis.Case[Any]) -> None:
    case.call_and_validate(
        base_url=desk.url,
        headers={"authorization": f"Bearer {desk.tokens['full']}"},
        checks=[not_a_server_error, status_code_conformance, response_schema_conformance],
    )


def test_the_scope_is_needed(desk: Live) -> None:
    assert _ask(desk, {"record": {"email": "a@b.c"}}, "agent").status_code == 403


def test_a_generation_without_lookups_says_what_to_do(live: Live) -> None:
    answer = live.post("/v1/resolve", {"record": {"email": "a@b.c"}})
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
