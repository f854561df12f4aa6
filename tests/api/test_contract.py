"""Requests that nobody thought of, made from the OpenAPI document, answered as it says."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.definitions import OPENAPI_31

from api_contract import checks_of
from cdp.server import openapi
from live_server import Live

schema = schemathesis.openapi.from_dict(openapi())
schema.config.phases.coverage.enabled = False  # the edges of every value: test_contract_of_all_keys


@pytest.mark.parametrize("key", ["full", "masked"])
@schema.parametrize()
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_asked_the_answer_is_as_described(
    live: Live, key: str, case: schemathesis.Case[Any]
) -> None:
    case.call_and_validate(
        base_url=live.url,
        headers={"authorization": f"Bearer {live.tokens[key]}"},
        checks=checks_of(case.path),
    )


def test_the_document_is_openapi_and_its_examples_are_right() -> None:
    document = openapi()
    assert not list(jsonschema_rs.validator_for(OPENAPI_31).iter_errors(document))
    components = {"components": document["components"]}
    for where, schema_, shown in _examples(document):
        wrong = jsonschema_rs.validator_for(schema_ | components).iter_errors(shown)
        assert not [f"{where}: {each.message}" for each in wrong]


def test_every_route_is_described_in_full() -> None:
    document = openapi()
    described = {tag["name"] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = operation["responses"]["200"]["headers"]
            assert "X-Request-Id" in told, path
            assert set(operation["tags"]) <= described
            assert ("ETag" in told and "304" in operation["responses"]) == (method == "get"), path
            assert ("RateLimit-Limit" in told) == bool(operation["security"]), path
            created = [operation["responses"].get(status) for status in ("201", "202")]
            assert all("Location" in one["headers"] for one in created if one), path
            assert path.count("{") == sum(p["in"] == "path" for p in operation["parameters"]), path


def _examples(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            contents = [response.get("content", {}) for response in operation["responses"].values()]
            contents.append(operation.get("requestBody", {}).get("content", {}))
            for content in contents:
                one = content.get("application/json", {})
                shown = [one["example"]] if "example" in one else []
                for each in [*shown, *one.get("schema", {}).get("examples", [])]:
                    yield f"{method} {path}", one["schema"], each
    for name, response in document["components"]["responses"].items():
        one = response["content"]["application/problem+json"]
        for example in one["examples"].values():
            yield name, one["schema"], example["value"]
