"""What every operation of the OpenAPI document shares: headers, security, tags, parameters."""

from __future__ import annotations

from typing import Any, Final

from cdp.api.schemas import parameter

Part = dict[str, Any]

TAGS: Final = {
    "profiles": "Golden profiles of persons and visitors: by id, by any identifier, by search.",
    "accounts": "Golden records of organisations, in the same shape as profiles.",
    "identity": "Who is who: search before create, questions to stewards, decisions, plans.",
    "collect": "What is sent in: events of the public event spec, rows, signed webhooks.",
    "scenarios": "Slices for one use: callers, fact sheets, blocks that are asked for live.",
    "segments": "Target groups and their members.",
    "sources": "Instances that records come from, and what they brought.",
    "quarantine": "Records that could not be read, and what repairs them.",
    "privacy": "Requests about one's own data, permissions with their proof, keys, the audit log.",
    "scores": "What is computed of profiles: by which model, how that did and how it ages.",
    "operations": "Whether the server lives, what runs there were, what is done by the clock.",
}


def _header(schema: Part, description: str) -> Part:
    return {"schema": schema, "description": description}


_WHOLE: Final[Part] = {"type": "integer", "minimum": 0}
HEADERS: Final[dict[str, Part]] = {
    "RateLimit-Limit": _header(_WHOLE, "requests a second that the key may make of one worker"),
    "RateLimit-Remaining": _header(_WHOLE, "requests that are left of them now"),
    "RateLimit-Reset": _header(_WHOLE, "seconds until all of them are there again"),
    "Retry-After": _header(_WHOLE, "seconds to wait before it is tried again"),
    "ETag": _header(
        {"type": "string", "pattern": '^(W/)?"[^"]*"$'},
        "of these bytes; hand it back as If-None-Match. Weak where the body is packed",
    ),
    "Location": _header({"type": "string"}, "where it is found"),
    "WWW-Authenticate": _header({"type": "string"}, "how to say who asks"),
    "X-Request-Id": _header({"type": "string"}, "as in the log of the server"),
}
LIMITS: Final = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
SECURITY: Final[dict[str, Part]] = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "a key that `cdp keys create` or `POST /v1/keys` made",
    },
    "user": {
        "type": "http",
        "scheme": "basic",
        "description": "the key as user, any password, as event SDKs send it",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "a token of the OpenID Connect issuer that `access.yaml` declares; its "
        "roles decide what it may do",
    },
}
IF_NONE_MATCH: Final = parameter(
    "If-None-Match",
    "header",
    {"type": "string", "examples": ['"0f3c9a7d5b1e8f2a6c4d"']},
    "ETags that the caller has; answered with 304 where one is still right",
)
REQUEST_ID: Final = parameter(
    "X-Request-Id",
    "header",
    {"type": "string"},
    "the caller's own name of the request, for logs and the audit: 1 to 64 letters, digits, `.`, "
    "`_` and `-`; else one is made",
)
PURPOSE: Final = parameter(
    "X-Purpose",
    "header",
    {"type": "string", "maxLength": 100, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    "what personal data are read for, for the audit; some keys must say it",
)
BODY: Final = "JSON; with `Content-Encoding: gzip` packed. It may have {largest:,} bytes unpacked"


def headers(*names: str) -> Part:
    """Return references to headers of an answer."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def security(scope: str, *, by_body: bool) -> list[Part]:
    """Return the ways to say who asks, each of which is enough."""
    ways: list[Part] = [{name: [scope]} for name in SECURITY]
    return [*ways, {}] if by_body else ways
