"""The OpenAPI 3.1 document, written from the same endpoints that the routes are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cdp
from cdp.api.endpoints import ENDPOINTS
from cdp.api.errors import KINDS, MEDIA_TYPE
from cdp.api.errors import document as problem
from cdp.api.examples import KNOWN, example
from cdp.api.openapi_parts import (
    BODY,
    HEADERS,
    IF_NONE_MATCH,
    LIMITS,
    PURPOSE,
    REQUEST_ID,
    SECURITY,
    TAGS,
    headers,
    security,
)
from cdp.api.parameters import ONCE
from cdp.api.schemas import SCHEMAS, ref
from cdp.privacy.keys import SCOPES

if TYPE_CHECKING:
    from cdp.api.endpoint import Endpoint

_TITLES = {kind.status: kind.title for kind in KINDS.values()} | {
    308: "The id was merged into another one, which Location names",
    400: "The request is not valid",
    401: "A key in force is needed",
    403: "The key may not do this, or not see this one",
    409: "It is not clear who is meant, or something in force says otherwise",
    410: "It was there, and is no more: without records, erased, or no longer kept",
    422: "The Idempotency-Key came with another request before",
}
_OF_PROBLEM = {
    308: ("Location",),
    401: ("WWW-Authenticate",),
    429: ("Retry-After", *LIMITS),
    503: ("Retry-After",),
}
_ABOUT = """Golden profiles of people and organisations, over the published generation.

Errors are `application/problem+json` (RFC 9457) with a stable `code`. Lists come in pages: hand
`next_cursor` back as `cursor`. Every GET has an ETag; HEAD is answered where GET is. Bodies and
answers may be packed with gzip. Other fields may be added to answers in later versions.

Scopes of a key:
"""


def document() -> dict[str, Any]:
    """Return the description of every endpoint."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    scopes = "\n".join(f"- `{scope}`: {text}" for scope, text in SCOPES.items())
    used = dict.fromkeys(endpoint.tag for endpoint in ENDPOINTS)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "cdp",
            "version": cdp.__version__,
            "summary": "Golden profiles of people and organisations.",
            "description": f"{_ABOUT}\n{scopes}\n- `view:NAME`: one scenario only",
        },
        "servers": [{"url": "/", "description": "where this document was read"}],
        "tags": [{"name": tag, "description": TAGS[tag]} for tag in used],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "headers": HEADERS,
            "responses": {f"Problem{status}": _problem(status) for status in sorted(_TITLES)},
            "securitySchemes": SECURITY,
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(endpoint),
        "summary": endpoint.summary,
        "tags": [endpoint.tag],
        "parameters": [_shown(one) for one in _parameters(endpoint)],
        "responses": _responses(endpoint),
    }
    if endpoint.body is not None:
        content: dict[str, Any] = {"schema": endpoint.body}
        if "examples" not in endpoint.body:
            content["example"] = example(endpoint.body)
        operation["requestBody"] = {
            "required": True,
            "description": BODY.format(largest=endpoint.largest),
            "content": {"application/json": content},
        }
    scope, by_body = endpoint.scope, endpoint.body_key is not None
    operation["security"] = security(scope, by_body=by_body) if scope is not None else []
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    more = [IF_NONE_MATCH] if endpoint.method == "GET" else []
    if endpoint.is_repeatable:
        more.append(ONCE)
    if endpoint.takes_purpose:
        more.append(PURPOSE)
    return [*endpoint.parameters, *more, REQUEST_ID]


def _shown(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter of a path with an example; others are understood without."""
    schema, name = parameter["schema"], parameter["name"]
    if parameter["in"] != "path" or "examples" in schema or name not in KNOWN:
        return parameter
    return {**parameter, "example": KNOWN[name]}


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    content, limits = _content(endpoint), () if endpoint.scope is None else LIMITS
    always = ("X-Request-Id", *limits)
    tags = ("ETag",) if endpoint.method == "GET" else ()
    responses: dict[str, Any] = {
        "200": {
            "description": "The answer",
            "headers": headers(*always, *tags),
            "content": content,
        }
    }
    if endpoint.creates:
        responses["201"] = _new("It is kept", content, always)
    if endpoint.begins:
        responses["202"] = _new("It is begun; see Location", content, always)
    if endpoint.method == "GET":
        responses["304"] = {
            "description": "The caller has it already (If-None-Match)",
            "headers": headers(*always, *tags),
        }
    for status in sorted(_problems(endpoint)):
        responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return responses


def _new(description: str, content: dict[str, Any], always: tuple[str, ...]) -> dict[str, Any]:
    told = headers(*always, "Location")
    return {"description": description, "headers": told, "content": content}


def _content(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.answer is None:
        kinds = () if endpoint.pictures else ("text/plain",)
        content: dict[str, Any] = {kind: {"schema": {"type": "string"}} for kind in kinds}
    else:
        shown = endpoint.example if endpoint.example is not None else example(endpoint.answer)
        content = {"application/json": {"schema": endpoint.answer, "example": shown}}
    return content | {kind: {"schema": {"type": "string"}} for kind in endpoint.pictures}


def _problem(status: int) -> dict[str, Any]:
    """Return what is answered with this status, with an example of each code that it may have."""
    kinds = {kind.code: kind for kind in KINDS.values() if kind.status == status}
    examples = {
        code: {"summary": kind.title, "value": problem(kind, kind.title, KNOWN["request_id"])}
        for code, kind in kinds.items()
    }
    return {
        "description": _TITLES[status],
        "headers": headers("X-Request-Id", *_OF_PROBLEM.get(status, ())),
        "content": {MEDIA_TYPE: {"schema": ref("Problem"), "examples": examples}},
    }


def _problems(endpoint: Endpoint) -> set[int]:
    """Return the statuses of the problems that an endpoint may answer with."""
    of_keys = () if endpoint.scope is None else (401, 403, 429)
    of_purposes = (400,) if endpoint.takes_purpose else ()
    of_bodies = () if endpoint.body is None else (400, 413, 415, 503)
    of_repeating = (400, 409, 422, 503) if endpoint.is_repeatable else ()
    return {*endpoint.problems, *of_keys, *of_purposes, *of_bodies, *of_repeating}


def _name(endpoint: Endpoint) -> str:
    words = endpoint.path.replace("{", "").replace("}", "").replace(":", "/").split("/")
    return "_".join([endpoint.method.lower(), *(w for w in words if w and w != "v1")])
