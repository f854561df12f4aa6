"""The endpoints that take what is sent in: the public event spec, imports, webhooks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cdp.api import collect
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import ONCE
from cdp.api.schemas import Schema, array, obj, parameter
from cdp.collect import rows, spec

_TEXT: Schema = {"type": "string"}
_KEY: Schema = {"type": ["string", "number", "null"], "maxLength": spec.LONGEST_ID}
_MOMENT: Schema = {
    "type": ["string", "number", "null"],
    "maxLength": spec.LONGEST_ID,
    "description": "ISO 8601, or seconds or milliseconds since 1970",
}
_ANY: Schema = {"type": ["object", "null"]}
_KEPT = obj(
    {
        "success": {"type": "boolean"},
        "accepted": {"type": "integer", "description": "how many were taken"},
        "refused": array(
            obj(
                {
                    "index": {"type": "integer", "description": "place in the request, from 0"},
                    "code": _TEXT,
                    "message": _TEXT,
                },
                "index",
                "code",
                "message",
            )
        )
        | {"description": "what was not taken; it is kept with its reason"},
    },
    "success",
    "accepted",
    "refused",
)
_EXAMPLE = {"success": True, "accepted": 1, "refused": []}
_COMMON: dict[str, Schema] = {
    "messageId": _KEY | {"description": "an event with the same one is counted once"},
    "userId": _KEY,
    "anonymousId": _KEY,
    "timestamp": _MOMENT,
    "sentAt": _MOMENT | {"description": "by the clock of the sender: mends its skew"},
    "context": _ANY,
    "integrations": _ANY,
    "writeKey": {"type": ["string", "null"], "description": "the key, without an Authorization"},
}
_TRAITS, _PROPERTIES = {"traits": _ANY}, {"properties": _ANY}
_OWN: dict[str, tuple[dict[str, Schema], str, dict[str, Any]]] = {
    "identify": (
        _TRAITS,
        "Say who a user is",
        {"userId": "u-1", "traits": {"email": "ada@example.org", "firstName": "Ada"}},
    ),
    "track": (
        _PROPERTIES | {"event": {"type": ["string", "null"]}},
        "Say what a user did",
        {"userId": "u-1", "event": "Product Viewed", "properties": {"sku": "P-103"}},
    ),
    "page": (
        _PROPERTIES | {"name": _KEY, "category": _KEY},
        "Say which page was viewed",
        {"anonymousId": "a-1", "name": "Home", "properties": {"url": "https://shop.example/"}},
    ),
    "screen": (
        _PROPERTIES | {"name": _KEY, "category": _KEY},
        "Say which screen of an app was viewed",
        {"userId": "u-1", "name": "Basket"},
    ),
    "group": (
        _TRAITS | {"groupId": _KEY},
        "Say to which organisation a user belongs",
        {"userId": "u-1", "groupId": "g-1", "traits": {"name": "Example Ltd"}},
    ),
    "alias": (
        {"previousId": _KEY},
        "Say that two ids are one user",
        {"previousId": "a-1", "userId": "u-1"},
    ),
}
_PROBLEMS = (400, 413, 415, 503)
_SOURCE = parameter("source", "path", _TEXT, "name of the instance")
_OBJECT = parameter(
    "object", "query", _TEXT, "what the rows are; needed where the instance takes several"
)


def _event(kind: str) -> Endpoint:
    own, summary, example = _OWN[kind]
    return Endpoint(
        "POST",
        f"/v1/{kind}",
        collect.event(kind),
        summary,
        _KEPT,
        scope="events:write",
        body={"type": "object", "properties": _COMMON | own, "examples": [example]},
        problems=_PROBLEMS,
        tag="collect",
        example=_EXAMPLE,
        largest=spec.LARGEST_BATCH,
        body_key=spec.body_key,
    )


_BATCH = Endpoint(
    "POST",
    "/v1/batch",
    collect.batch,
    "Send events",
    _KEPT,
    scope="events:write",
    body={
        "type": "object",
        "properties": {
            "batch": array({"type": "object"})
            | {"maxItems": spec.MOST_EVENTS, "description": "events, each with its type"},
            "sentAt": _COMMON["sentAt"],
            "context": _ANY | {"description": "holds for every event that does not say otherwise"},
            "writeKey": _COMMON["writeKey"],
        },
        "required": ["batch"],
        "examples": [{"batch": [{"type": "track"} | _OWN["track"][2]]}],
    },
    problems=_PROBLEMS,
    tag="collect",
    example=_EXAMPLE,
    largest=spec.LARGEST_BATCH,
    body_key=spec.body_key,
)
_IMPORT = Endpoint(
    "POST",
    "/v1/import/{source}",
    collect.import_rows,
    "Send rows of an instance",
    _KEPT,
    (_SOURCE, _OBJECT, ONCE),
    scope="events:write",
    body={
        "anyOf": [
            array({"type": "object"}) | {"maxItems": rows.MOST_ROWS},
            obj({"rows": array({"type": "object"}) | {"maxItems": rows.MOST_ROWS}}, "rows"),
        ],
        "examples": [{"rows": [{"id": "1", "email": "ada@example.org"}]}],
    },
    problems=(400, 404, 413, 415, 422, 503),
    tag="collect",
    example=_EXAMPLE,
    largest=rows.LARGEST_IMPORT,
)
_WEBHOOK = Endpoint(
    "POST",
    "/v1/webhooks/{source}",
    collect.webhook,
    "Take a signed message of a system",
    _KEPT,
    (_SOURCE,),
    scope=None,
    body={"description": "what the system sends", "examples": [{"id": 1}]},
    problems=(400, 401, 404, 413, 415, 503),
    tag="collect",
    example=_EXAMPLE,
)
COLLECT: tuple[Endpoint, ...] = (
    _BATCH,
    *(_event(kind) for kind in spec.TYPES),
    _IMPORT,
    _WEBHOOK,
)
PAGES: tuple[str, ...] = tuple(
    f"{path}{end}"
    for path in ("/v1/batch", *(f"/v1/{kind}" for kind in spec.TYPES))
    for end in ("", "/")
)
"""Paths that pages of other origins may send events to, where cdp.yaml names the origins."""
ALSO: tuple[Endpoint, ...] = tuple(
    replace(endpoint, path=f"{endpoint.path}/") for endpoint in COLLECT
)
"""The same paths as some SDKs write them, with a slash at the end."""
