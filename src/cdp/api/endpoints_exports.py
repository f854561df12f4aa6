"""The endpoints of exports: a segment into files, for whom may be contacted."""

from __future__ import annotations

from cdp.activation.gate import REASONS
from cdp.api import exports
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.schemas import Schema, array, obj, page, parameter

_TEXT: Schema = {"type": "string"}
_NAMED: Schema = _TEXT | {"minLength": 1, "maxLength": 200}
_NONE_OR_TEXT: Schema = {"type": ["string", "null"]}
_NONE_OR_NAMED: Schema = _NONE_OR_TEXT | {"minLength": 1, "maxLength": 200}
_NAME = parameter("name", "path", _TEXT, "name of the segment")
_ID = parameter("export_id", "path", _TEXT, "id of the export")
_FILE = parameter(
    "name", "query", _TEXT, "name of a file as the manifest has it, or of the manifest itself"
) | {"required": True}
_EXPORT = obj(
    {
        "export_id": _TEXT,
        "segment": _TEXT,
        "destination": _NONE_OR_TEXT,
        "status": {"type": "string", "enum": ["received", "running", "done", "failed"]},
        "actor": _TEXT,
        "received_at": _TEXT | {"format": "date-time"},
        "finished_at": _NONE_OR_TEXT,
        "detail": _NONE_OR_TEXT | {"description": "why it failed"},
        "location": _NONE_OR_TEXT | {"description": "where its manifest is"},
        "manifest": {
            "type": ["object", "null"],
            "description": "counts, suppressed by reason, files with checksums; null where a "
            "difference had nothing to tell",
        },
    },
    *("export_id", "segment", "destination", "status", "received_at", "manifest"),
)
_COLUMN: Schema = {
    "anyOf": [
        _NAMED,
        {
            **obj(
                {
                    "field": _NAMED,
                    "name": _NONE_OR_NAMED,
                    "hash": {"enum": ["sha256", None]},
                    "as": {"type": "string", "enum": ["plain", "meta", "google"]},
                    "gmail_dots": {"type": ["boolean", "null"]},
                },
                "field",
            ),
            "additionalProperties": False,
        },
    ]
}
_BODY: Schema = {
    **obj(
        {
            "destination": _NONE_OR_NAMED
            | {"description": "a destination of the workspace, which says all else"},
            "format": {
                "type": "string",
                "enum": ["csv", "excel", "jsonl", "parquet"],
                "default": "csv",
            },
            "purpose": _NAMED | {"default": "marketing"},
            "channel": {"enum": ["email", "sms", "phone", "post", None]},
            "category": _NONE_OR_NAMED,
            "campaign": _NONE_OR_NAMED,
            "regions": {"type": ["array", "null"], "items": _NAMED, "maxItems": 100},
            "minimum_age": {"type": ["integer", "null"], "minimum": 1, "maximum": 120},
            "contact_points": {"type": "string", "enum": ["permitted", "best"]},
            "columns": array(_COLUMN) | {"maxItems": 200},
            "compression": {"type": "string", "enum": ["none", "gzip"]},
            "partition_by": _NONE_OR_NAMED,
            "rows_per_file": {"type": ["integer", "null"], "minimum": 1, "maximum": 1_000_000_000},
            "encrypt": {
                "anyOf": [
                    {"type": "null"},
                    {
                        **obj(
                            {
                                "recipients": array(_NAMED) | {"minItems": 1, "maxItems": 20},
                                "armored": {"type": "boolean"},
                            },
                            "recipients",
                        ),
                        "additionalProperties": False,
                    },
                ]
            },
        }
    ),
    "additionalProperties": False,
    "examples": [{"channel": "email", "columns": ["profile_id", "contact"]}],
}
_EXAMPLE = {
    "export_id": "EX-6d278c3294cf0a38",
    "segment": "newsletter_engaged",
    "destination": None,
    "status": "received",
    "actor": "campaign tool",
    "received_at": "2026-07-03T08:00:00+00:00",
    "finished_at": None,
    "detail": None,
    "location": None,
    "manifest": None,
}

EXPORTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/v1/segments/{name}/exports",
        exports.ask,
        f"Export the members who may be contacted; the others are counted: {', '.join(REASONS)}",
        _EXPORT,
        (_NAME,),
        body=_BODY,
        problems=(400, 404, 409, 413, 422, 503),
        tag="segments",
        example=_EXAMPLE,
        waits=True,
        begins=True,
        scope="exports:write",
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/exports",
        exports.every,
        "List the exports that were asked for, latest first",
        page(_EXPORT),
        (_NAME, LIMIT, CURSOR),
        problems=(400, 503),
        tag="segments",
        waits=True,
        scope="exports:read",
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/exports/{export_id}",
        exports.one,
        "Read one export and its manifest",
        _EXPORT,
        (_NAME, _ID),
        problems=(404, 503),
        tag="segments",
        example=_EXAMPLE,
        waits=True,
        scope="exports:read",
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/exports/{export_id}/file",
        exports.file,
        "Download one file of an export, contact points unmasked",
        None,
        (_NAME, _ID, _FILE),
        problems=(400, 404, 503),
        tag="segments",
        waits=True,
        scope="exports:read",
    ),
)
