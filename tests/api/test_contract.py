"""Requests that nobody thought of, made from the OpenAPI document, answered as it says."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from cdp.server import openapi
from live_server import Live

NEVER_READY = {"/v1/resolve", "/v1/identity/runs", "/v1/identity/plan"}
"""The small world was published without a model, and keeps no working file; the demo answers this
in test_resolve_route, a shop in test_identity_plan."""

schema = schemathesis.openapi.from_dict(openapi())
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
]


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
        checks=CHECKS[1:] if case.path in NEVER_READY else CHECKS,
    )
