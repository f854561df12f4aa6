"""The OpenAPI 3.1 document, written from the same endpoints that the routes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cdp
from cdp.api.endpoints import ENDPOINTS
from cdp.api.errors import KINDS, MEDIA_TYPE
from cdp.api.schemas import SCHEMAS, ref
from cdp.privacy.keys import SCOPES

if TYPE_CHECKING:
    from cdp.api.endpoint import Endpoint

_TITLES = {kind.status: kind.title for kind in KINDS.values()} | {
    400: "The request is not valid",
    409: "It is not clear who is meant, or something in force says otherwise",
}
_HEADERS = {
    "308": {"Location": {"schema": {"type": "string"}, "description": "the surviving id"}},
    "429": {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}},
}


def document() -> dict[str, Any]:
    """Return the description of every endpoint."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    scopes = "\n".join(f"- `{scope}`: {text}" for scope, text in SCOPES.items())
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cdp",
            "version": cdp.__version__,
            "summary": "Golden profiles of people and organisations.",
            "description": f"Scopes of a key:\n\n{scopes}\n- `view:NAME`: one scenario only",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(endpoint),
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": list(endpoint.parameters),
        "responses": _responses(endpoint),
    }
    if endpoint.body is not None:
        content = {"application/json": {"schema": endpoint.body}}
        operation["requestBody"] = {"required": True, "content": content}
    if endpoint.public:
        operation["security"] = []
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.answer is None:
        content: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}
    else:
        content = {"application/json": {"schema": endpoint.answer}}
    if endpoint.example is not None:
        content["application/json"]["example"] = endpoint.example
    content |= {kind: {"schema": {"type": "string"}} for kind in endpoint.pictures}
    responses: dict[str, Any] = {"200": {"description": "The answer", "content": content}}
    if endpoint.creates:
        responses["201"] = {"description": "It is kept", "content": content}
    if endpoint.begins:
        responses["202"] = {"description": "It is begun; see Location", "content": content}
    if endpoint.answer is not None:
        responses["304"] = {"description": "The caller has it already (If-None-Match)"}
    statuses = endpoint.problems if endpoint.public else (*endpoint.problems, 401, 403, 429)
    for status in sorted(statuses):
        responses[str(status)] = {
            "description": _TITLES[status],
            "content": {MEDIA_TYPE: {"schema": ref("Problem")}},
            **({"headers": _HEADERS[str(status)]} if str(status) in _HEADERS else {}),
        }
    return responses


def _name(endpoint: Endpoint) -> str:
    words = endpoint.path.replace("{", "").replace("}", "").replace(":", "/").split("/")
    return "_".join([endpoint.method.lower(), *(w for w in words if w and w != "v1")])
