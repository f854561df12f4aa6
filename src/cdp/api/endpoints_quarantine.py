"""The endpoints of the quarantine, and of the corrections that people make there."""

from __future__ import annotations

from cdp.api import quarantine
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT, ONCE
from cdp.api.schemas import Schema, array, obj, page, parameter

_TEXT: Schema = {"type": "string"}
_NONE_OR_TEXT: Schema = {"type": ["string", "null"]}
_NAME: Schema = {"type": ["string", "null"], "maxLength": 200}
_WHY: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 2000,
    "description": "what it is known from",
}
_VALUE: Schema = {"type": ["string", "number", "boolean", "null"]}
_WAITING = obj(
    {
        "quarantine_id": _TEXT,
        "record_id": _NONE_OR_TEXT | {"description": "null: no key could be read"},
        "source": _TEXT,
        "object": _TEXT | {"description": "the source's own name of it"},
        "native_id": _NONE_OR_TEXT,
        "seq": {"type": ["integer", "null"]},
        "reason": _TEXT | {"description": "a rule's name, or another machine-readable reason"},
        "field": _NONE_OR_TEXT,
        "message": _NONE_OR_TEXT | {"description": "what was wrong; hidden with personal data"},
        "original": _NONE_OR_TEXT | {"description": "the value or text as received"},
        "rules": array(_TEXT) | {"description": "every rule of quarantine that it does not keep"},
        "payload": {"type": ["object", "null"], "description": "the record as it came"},
        "locator": _NONE_OR_TEXT | {"description": "where in the delivery it stood"},
        "received_at": _NONE_OR_TEXT,
        "corrections": array({"type": "integer"})
        | {"description": "corrections in force that speak of it"},
    },
    "quarantine_id",
    "source",
    "object",
    "reason",
    "corrections",
    description="a record that waits in quarantine",
)
_CORRECTION = obj(
    {
        "correction_id": {"type": "integer"},
        "kind": {"type": "string", "enum": ["set", "drop", "allow"]},
        "record_id": _TEXT,
        "source": _TEXT,
        "object": _TEXT,
        "changes": {"type": ["object", "null"], "additionalProperties": _VALUE},
        "actor": _TEXT,
        "reason": _NONE_OR_TEXT,
        "made_at": _TEXT,
        "undone_at": _NONE_OR_TEXT,
        "undone_by": _NONE_OR_TEXT,
        "undone_reason": _NONE_OR_TEXT,
    },
    "correction_id",
    "kind",
    "record_id",
    description="what a person decided of a record; every later run respects it",
)
_REPLAYED = obj(
    {
        "allowed": array({"type": "integer"}) | {"description": "corrections that let through"},
        "corrected": {"type": "integer", "description": "were corrected, so judged anew anyway"},
        "stuck": array(obj({"reason": _TEXT, "records": {"type": "integer"}}, "reason", "records"))
        | {"description": "kept back by no rule; they have to be repaired"},
    },
    "allowed",
    "corrected",
    "stuck",
)
_RECORD = parameter(
    "record", "path", _TEXT, "`source:key`, or a quarantine_id or its first six characters"
)
_OBJECT = parameter("object", "query", _TEXT, "its object, where several have a record of that key")
_NUMBER = parameter("correction_id", "path", _TEXT, "number of the correction")


def _body(fields: Schema, example: Schema) -> Schema:
    whole = obj({"why": _WHY, **fields, "actor": _NAME}, "why")
    return {**whole, "additionalProperties": False, "examples": [example]}


QUARANTINE: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/quarantine",
        quarantine.every,
        "List what waits in quarantine",
        page(_WAITING),
        (
            parameter("source", "query", _TEXT, "only of this source"),
            parameter("object", "query", _TEXT, "only of this object of it"),
            parameter("reason", "query", _TEXT, "only for this reason"),
            LIMIT,
            CURSOR,
        ),
        problems=(400, 503),
        tag="quarantine",
        waits=True,
        scope="quarantine:read",
    ),
    Endpoint(
        "GET",
        "/v1/quarantine/{record}",
        quarantine.one,
        "Read one record that waits, as it came",
        _WAITING,
        (_RECORD, _OBJECT),
        problems=(400, 404, 503),
        tag="quarantine",
        waits=True,
        scope="quarantine:read",
    ),
    Endpoint(
        "POST",
        "/v1/quarantine/{record}:repair",
        quarantine.repair,
        "Set fields of a record right, or drop it; runs read it so from the next on",
        _CORRECTION,
        (_RECORD, ONCE),
        body=_body(
            {
                "changes": {
                    "type": "object",
                    "additionalProperties": _VALUE,
                    "description": "new values by path of the field; null takes one away",
                },
                "drop": {"type": "boolean", "default": False},
                "new_field": {
                    "type": "boolean",
                    "default": False,
                    "description": "set a field that neither the record nor its mapping names",
                },
                "object": _NAME,
            },
            {"why": "asked by phone", "changes": {"Email": "ada@example.org"}},
        ),
        problems=(400, 404, 413, 422, 503),
        tag="quarantine",
        waits=True,
        creates=True,
        scope="quarantine:write",
        self_audited=True,
    ),
    Endpoint(
        "POST",
        "/v1/quarantine:replay",
        quarantine.replay,
        "Let records through that rules keep back, as they are, from the next run on",
        _REPLAYED,
        (ONCE,),
        body=_body(
            {
                "record": {"type": ["string", "null"], "maxLength": 1000},
                "source": _NAME,
                "object": _NAME,
                "reason": _NAME | {"description": "a rule's name"},
            },
            {"why": "the source cannot do better", "source": "crm", "reason": "Email:format"},
        ),
        problems=(400, 404, 413, 422, 503),
        tag="quarantine",
        waits=True,
        scope="quarantine:write",
        self_audited=True,
    ),
    Endpoint(
        "GET",
        "/v1/corrections",
        quarantine.corrections,
        "List the corrections that people made, latest first",
        page(_CORRECTION),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="quarantine",
        waits=True,
        scope="quarantine:read",
    ),
    Endpoint(
        "GET",
        "/v1/corrections/{correction_id}",
        quarantine.correction,
        "Read one correction",
        _CORRECTION,
        (_NUMBER,),
        problems=(404, 503),
        tag="quarantine",
        waits=True,
        scope="quarantine:read",
    ),
    Endpoint(
        "POST",
        "/v1/corrections/{correction_id}/undo",
        quarantine.undo,
        "Take a correction out of force",
        _CORRECTION,
        (_NUMBER,),
        body=_body({}, {"why": "wrong button"}),
        problems=(400, 404, 413, 503),
        tag="quarantine",
        waits=True,
        scope="quarantine:write",
        self_audited=True,
    ),
)
