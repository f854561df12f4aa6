"""The endpoints of privacy: requests about one's own data, and permissions given here."""

from __future__ import annotations

from cdp.api import consents, privacy
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.schemas import PARTS, Schema, array, obj, page, parameter

_TEXT: Schema = {"type": "string"}
_NONE_OR_TEXT: Schema = {"type": ["string", "null"]}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_TYPES = ["access", "export", "erase", "restrict", "unrestrict", "readmit"]
_ID = parameter("request_id", "path", _TEXT, "id of the request")
_REF = parameter("ref", "path", _TEXT | {"minLength": 3}, "an id, or `type:value`")
_ACTOR: Schema = _NONE_OR_TEXT | {"maxLength": 200, "description": "who says so, for a console"}
_FORMAT = parameter(
    "format",
    "query",
    {"type": "string", "enum": ["json", "html"], "default": "json"},
    "html is one page to read, with nothing outside of it",
)
_REQUEST = obj(
    {
        "request_id": _TEXT,
        "type": {"type": "string", "enum": _TYPES},
        "status": {"type": "string", "enum": ["received", "running", "done", "failed"]},
        "ref": _TEXT | {"description": "how the person was named; a digest once erased"},
        "profile_id": _NONE_OR_TEXT,
        "reason": _TEXT,
        "actor": _TEXT,
        "received_at": _MOMENT,
        "due_at": _MOMENT,
        "finished_at": _NONE_OR_TEXT,
        "detail": _NONE_OR_TEXT | {"description": "why it failed"},
        "answer": {
            "type": ["object", "null"],
            "description": "what came of it: counts; of an erasure its signed certificate",
        },
    },
    *("request_id", "type", "status", "received_at", "due_at", "answer"),
)
_EXAMPLE = {
    "request_id": "PR-6d278c3294cf0a38",
    "type": "erase",
    "status": "received",
    "ref": "email:ada@example.org",
    "profile_id": "P-4be6128d6ea34c5f6c2b",
    "reason": "letter of 3 July",
    "actor": "front desk",
    "received_at": "2026-07-03T08:00:00+00:00",
    "due_at": "2026-08-02T08:00:00+00:00",
    "finished_at": None,
    "detail": None,
    "answer": None,
}
_PACKAGE = obj(
    {"profile_id": _TEXT, "made_at": _TEXT, "sections": array({"type": "object"})},
    *("profile_id", "made_at", "sections"),
)
_GIVEN = obj(
    {"profile_id": _TEXT, "consent_ids": array(_TEXT), "consents": PARTS["consents"]},
    *("profile_id", "consent_ids", "consents"),
)

PRIVACY: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/v1/privacy/requests",
        privacy.ask,
        "Ask for what a person may ask: access, export, erasure, restriction",
        _REQUEST,
        body={
            **obj(
                {
                    "type": {"type": "string", "enum": _TYPES},
                    "ref": {"type": "string", "minLength": 3, "maxLength": 1000},
                    "reason": {"type": "string", "maxLength": 2000},
                    "actor": _ACTOR,
                },
                "type",
                "ref",
            ),
            "additionalProperties": False,
            "examples": [{"type": "access", "ref": "email:ada@example.org"}],
        },
        problems=(400, 404, 409, 410, 413, 422, 503),
        tag="privacy",
        example=_EXAMPLE,
        waits=True,
        begins=True,
        scope="privacy:write",
    ),
    Endpoint(
        "GET",
        "/v1/privacy/requests",
        privacy.every,
        "List the requests, latest first",
        page(_REQUEST),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="privacy",
        waits=True,
        scope="privacy:read",
    ),
    Endpoint(
        "GET",
        "/v1/privacy/requests/{request_id}",
        privacy.one,
        "Read one request and what came of it",
        _REQUEST,
        (_ID,),
        problems=(404, 503),
        tag="privacy",
        example=_EXAMPLE,
        waits=True,
        scope="privacy:read",
    ),
    Endpoint(
        "GET",
        "/v1/privacy/requests/{request_id}/result",
        privacy.result,
        "Read the package of an access or export request",
        _PACKAGE,
        (_ID, _FORMAT),
        problems=(400, 404, 503),
        tag="privacy",
        waits=True,
        pictures=("text/html",),
        scope="privacy:read",
    ),
    Endpoint(
        "POST",
        "/v1/profiles/{ref}/consents",
        consents.give,
        "Keep a permission that somebody gave or withdrew, with its proof",
        _GIVEN,
        (_REF,),
        body={
            **obj(
                {
                    "contact_kind": {"type": "string", "enum": ["email", "phone", "post"]},
                    "contact_value": _NONE_OR_TEXT
                    | {
                        "minLength": 1,
                        "maxLength": 300,
                        "description": "none: every one, for a refusal alone",
                    },
                    "channel": {"type": "string", "enum": ["email", "sms", "phone", "post"]},
                    "purpose": {"type": "string", "default": "marketing"},
                    "category": {"type": "string", "default": "any"},
                    "state": {"type": "string", "enum": ["granted", "denied", "pending"]},
                    "given_at": _NONE_OR_TEXT | {"description": "ISO 8601; now if not said"},
                    "proof": _NONE_OR_TEXT | {"minLength": 1, "maxLength": 2000},
                    "actor": _ACTOR,
                },
                *("contact_kind", "channel", "state"),
            ),
            "additionalProperties": False,
            "examples": [
                {
                    "contact_kind": "email",
                    "contact_value": "ada@example.org",
                    "channel": "email",
                    "state": "granted",
                    "proof": "double opt-in 8412",
                }
            ],
        },
        problems=(308, 400, 404, 409, 410, 413, 422, 503),
        tag="privacy",
        waits=True,
        creates=True,
        regional=True,
        scope="consents:write",
    ),
)
