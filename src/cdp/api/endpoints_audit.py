"""The endpoint of the audit log."""

from __future__ import annotations

from cdp.api import audit
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.schemas import Schema, obj, page, parameter

_TEXT: Schema = {"type": "string"}
_MOMENT: Schema = {"type": "string", "examples": ["2026-07-01T06:00:00Z"]}
_ENTRY = obj(
    {
        "audit_id": {"type": "integer", "description": "numbered without gaps, from 1"},
        "at": _TEXT,
        "action": _TEXT | {"description": "such as profile.read, key.rotate, POST /v1/segments"},
        "subject": _TEXT | {"description": "whose data, or what was changed; empty when erased"},
        "key_id": _TEXT | {"description": "who: a key, `oidc:` a person, `cli:` a user"},
        "purpose": _TEXT,
        "detail": _TEXT | {"description": "`masked`: personal data was not shown as it is"},
        "request_id": _TEXT,
        "erased_by": {
            "type": ["integer", "null"],
            "description": "entry of the erasure that took the details away",
        },
    },
    "audit_id",
    "at",
    "action",
    "subject",
    "key_id",
)

AUDIT: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/audit",
        audit.entries,
        "List who saw or changed what, latest first",
        page(_ENTRY),
        (
            parameter("subject", "query", _TEXT, "only of this profile, account, record or key"),
            parameter("key", "query", _TEXT, "only by this key_id"),
            parameter("action", "query", _TEXT, "only this action"),
            parameter("request_id", "query", _TEXT, "only of this request"),
            parameter("since", "query", _MOMENT, "from this moment on"),
            parameter("until", "query", _MOMENT, "before this moment"),
            LIMIT,
            CURSOR,
        ),
        scope="audit:read",
        problems=(400, 503),
        tag="operations",
        waits=True,
    ),
)
