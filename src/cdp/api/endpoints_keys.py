"""The endpoints of keys, for administrators."""

from __future__ import annotations

from cdp.api import keys
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT, ONCE
from cdp.api.schemas import Schema, array, obj, page, parameter

_TEXT: Schema = {"type": "string"}
_NONE_OR_TEXT: Schema = {"type": ["string", "null"]}
_NAMES = array({"type": "string", "maxLength": 100}) | {"maxItems": 50}
_TOLD: Schema = {
    "key_id": _TEXT,
    "name": _TEXT,
    "scopes": array(_TEXT),
    "roles": array(_TEXT) | {"description": "roles of access.yaml"},
    "state": {
        "type": "string",
        "enum": ["in force", "being replaced", "revoked", "expired"],
    },
    "rate_limit": {"type": ["integer", "null"], "description": "requests a second, of one worker"},
    "created_at": _TEXT,
    "ended_at": _NONE_OR_TEXT | {"description": "when it ends or ended"},
    "replaced_by": _NONE_OR_TEXT,
    "used_at": _NONE_OR_TEXT | {"description": "when it was used last, to the minute"},
}
_REQUIRED = ("key_id", "name", "scopes", "roles", "state")
_KEY = obj(_TOLD, *_REQUIRED)
_MADE = obj(
    _TOLD | {"key": _NONE_OR_TEXT | {"description": "told once; null when asked for again"}},
    *_REQUIRED,
    "key",
)
_ID = parameter("key_id", "path", _TEXT, "id of the key")
_ONCE = ONCE | {
    "description": "the same key with the same request makes one; the token is told once"
}

KEYS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/keys",
        keys.every,
        "List all keys ever made, without the keys themselves",
        page(_KEY),
        (LIMIT, CURSOR),
        scope="admin",
        problems=(400, 503),
        tag="operations",
        waits=True,
        regional=True,
    ),
    Endpoint(
        "POST",
        "/v1/keys",
        keys.create,
        "Make a key; it is told now and never again",
        _MADE,
        (_ONCE,),
        body=obj(
            {
                "name": {"type": "string", "minLength": 1, "maxLength": 200},
                "scopes": _NAMES,
                "roles": _NAMES,
                "expires_at": {"type": ["string", "null"], "format": "date-time"},
                "rate_limit": {"type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000},
            },
            "name",
        )
        | {
            "additionalProperties": False,
            "examples": [{"name": "shop", "scopes": ["events:write"]}],
        },
        scope="admin",
        problems=(400, 409, 413, 422, 503),
        tag="operations",
        waits=True,
        creates=True,
        self_audited=True,
    ),
    Endpoint(
        "POST",
        "/v1/keys/{key_id}:rotate",
        keys.rotate,
        "Make a key in the place of another, which goes on working for a while",
        _MADE,
        (_ID, _ONCE),
        body=obj(
            {
                "overlap_seconds": {
                    "type": "integer",
                    "minimum": 0,
                    "maximum": keys.MOST_SECONDS,
                    "default": 0,
                    "description": "how long the old one goes on working",
                }
            }
        )
        | {"additionalProperties": False, "examples": [{"overlap_seconds": 3600}]},
        scope="admin",
        problems=(400, 404, 409, 413, 422, 503),
        tag="operations",
        waits=True,
        creates=True,
        self_audited=True,
    ),
    Endpoint(
        "DELETE",
        "/v1/keys/{key_id}",
        keys.revoke,
        "Take a key out of force, in every worker within a second",
        _KEY,
        (_ID,),
        scope="admin",
        problems=(404, 503),
        tag="operations",
        waits=True,
        self_audited=True,
    ),
)
