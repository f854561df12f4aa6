"""The endpoints of segments: made, tried out, looked at, filled by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cdp.api import segments, segments_definitions, segments_groups, segments_preview
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.schemas import array, obj, page, parameter, ref
from cdp.steward.groups import MOST

if TYPE_CHECKING:
    from cdp.api.schemas import Schema

_TEXT: Final[Schema] = {"type": "string"}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_NUMBER: Final[Schema] = {"type": ["number", "null"]}
_NONE_OR_TEXT: Final[Schema] = {"type": ["string", "null"]}
_NAME = parameter("name", "path", _TEXT, "name of the segment")
_IF_MATCH = parameter(
    "If-Match",
    "header",
    {"type": "string", "examples": ['"v3-0f1e2d3c4b5a6978"', "*"]},
    "the ETag of the segment as it was read; `*` overwrites whatever is there",
)
_DRAWN = parameter(
    "format", "query", {"type": "string", "enum": ["json", "svg"]}, "a picture instead of JSON"
)
_DEFINITION: Final[Schema] = {
    "type": "object",
    "description": "as in segments/*.yaml: `where`, `sql` or `static: true`; `of`, `control`",
    "examples": [{"where": {"attribute": "country", "is": "DE"}}],
}
_FIELDS: Final[Schema] = {
    "description": _TEXT,
    "of": {"type": "string", "enum": ["person", "organisation", "group", "visitor"]},
    "where": {"type": "object", "description": "the condition that members satisfy"},
    "sql": {"type": "string", "description": "instead of `where`: a SELECT over gold tables"},
    "static": {"type": "boolean", "description": "instead of `where`: filled by hand"},
    "control": {
        "type": ["object", "null"],
        "description": "who is held out: {share, salt, campaigns: {name: {share, salt}}}",
    },
    "reason": {"type": "string", "maxLength": 2000, "description": "why, kept with the version"},
}
_EXAMPLE: Final[dict[str, Any]] = {
    "description": "people in Germany who opened an e-mail lately",
    "where": {
        "all": [
            {"attribute": "country", "is": "DE"},
            {"event": "interaction", "where": {"type": "email_opened"}, "within_days": 30},
        ]
    },
    "control": {"share": 0.1},
}
_NEW = obj({"name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"}, **_FIELDS}, "name") | {
    "additionalProperties": False,
    "examples": [{"name": "german_readers", **_EXAMPLE}],
}
_CHANGED = obj({"name": _TEXT, **_FIELDS}) | {"additionalProperties": False, "examples": [_EXAMPLE]}
_VERSION = obj(
    {
        "segment": _TEXT,
        "version": _COUNT,
        "definition": {
            "type": ["object", "null"],
            "description": "null: this version took the segment away",
        },
        "changed_by": _TEXT,
        "reason": _TEXT,
        "changed_at": {"type": "string", "format": "date-time"},
    },
    *("segment", "version", "definition", "changed_by", "changed_at"),
)
_STAMP: Final[Schema] = {
    "generation": _COUNT,
    "as_of": {"type": "string", "format": "date-time", "description": "how fresh it is"},
}
_DIMENSION = obj(
    {
        "dimension": _TEXT,
        "values": array(
            obj(
                {
                    "value": _TEXT,
                    "members": _COUNT,
                    "everybody": _COUNT,
                    "share": _NUMBER,
                    "share_of_everybody": _NUMBER,
                    "index": {
                        "type": ["integer", "null"],
                        "description": "100: as frequent as among everybody of the kind",
                    },
                },
                *("value", "members", "everybody", "index"),
            )
        ),
    },
    *("dimension", "values"),
)
_PART = obj(
    {
        "pointer": _TEXT | {"description": "where it stands in the definition (JSON Pointer)"},
        "condition": {"type": "object"},
        "members": _COUNT | {"description": "who satisfy it alone"},
        "cumulative": _COUNT | {"description": "with those before it; of alternatives, any"},
    },
    *("pointer", "condition", "members", "cumulative"),
)
_PREVIEW = obj(
    {
        "segment": _NONE_OR_TEXT,
        "of": _TEXT,
        "members": _COUNT,
        "everybody": _COUNT,
        "entering": _COUNT,
        "leaving": _COUNT,
        "control": _COUNT | {"description": "of the members, held out"},
        "overlap": {"type": "object", "additionalProperties": {"type": "integer"}},
        "live": {"type": "boolean"},
        "waits_for": array(_TEXT),
        "conditions": array(_PART),
        "sample": array(obj({"profile_id": _TEXT, "full_name": _NONE_OR_TEXT}, "profile_id")),
        "profile": array(_DIMENSION),
        **_STAMP,
    },
    *("of", "members", "entering", "leaving", "overlap", "conditions", "sample"),
)
_ROW = obj(
    {
        "segment": _TEXT,
        "members": _COUNT,
        "shared": _COUNT,
        "share": _NUMBER,
        "share_of_other": _NUMBER,
        "jaccard": _NUMBER,
    },
    *("segment", "members", "shared"),
)
_ENTRY = obj(
    {
        "profile_id": _TEXT,
        "event": {"type": "string", "enum": ["entered", "left"]},
        "cause": _NONE_OR_TEXT | {"description": "definition, event, merge, time, ..."},
        "run_id": _COUNT,
        "at": {"type": "string", "format": "date-time"},
    },
    *("profile_id", "event", "cause", "run_id", "at"),
)
_PLACED = obj(
    {
        "segment": _TEXT,
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "items": array(
            obj(
                {
                    "ref": _TEXT,
                    "status": _TEXT,
                    "profile_id": _TEXT,
                    "message": _TEXT,
                },
                *("ref", "status"),
            )
        ),
    },
    *("segment", "counts", "items"),
)
_REFS = obj(
    {"refs": array({"type": "string", "minLength": 1}) | {"minItems": 1, "maxItems": MOST}}, "refs"
) | {
    "additionalProperties": False,
    "examples": [{"refs": ["email:ada@example.org", "source:crm:1"]}],
    "description": "or a CSV file (text/csv) with a column ref, profile_id, email or record_id",
}
_LARGEST: Final = 4 << 20


_READ: Final[dict[str, Any]] = {"tag": "segments", "waits": True, "scope": "segments:read"}
_WRITE: Final[dict[str, Any]] = {"tag": "segments", "waits": True, "scope": "segments:write"}


SEGMENTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/segments",
        segments.every,
        "List the segments with their sizes, and how fresh they are",
        page(ref("Segment")),
        problems=(503,),
        regional=True,
        **_READ,
    ),
    Endpoint(
        "POST",
        "/v1/segments",
        segments_definitions.create,
        "Make a segment; the next run finds its members",
        ref("Segment"),
        body=_NEW,
        problems=(400, 409, 412, 413, 422, 503),
        creates=True,
        **_WRITE,
    ),
    Endpoint(
        "POST",
        "/v1/segments/preview",
        segments_preview.try_out,
        "Try a definition out on what is published: nothing is changed",
        _PREVIEW,
        body=obj(
            {
                "definition": _DEFINITION,
                "segment": _NONE_OR_TEXT | {"description": "compare with this one, or try it"},
                "sample": _COUNT | {"maximum": segments_preview.MOST_SAMPLE, "default": 10},
                "conditions": {"type": "boolean", "default": True},
                "profile": {"type": "boolean", "default": False},
            }
        )
        | {
            "additionalProperties": False,
            "examples": [{"definition": {"where": {"attribute": "country", "is": "DE"}}}],
        },
        problems=(400, 404, 409, 413, 422, 503),
        reads=True,
        **_READ,
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}",
        segments_definitions.one,
        "Read one segment: its definition, its size, how fresh it is, whether it is live",
        ref("Segment"),
        (_NAME,),
        problems=(404, 503),
        regional=True,
        **_READ,
    ),
    Endpoint(
        "PUT",
        "/v1/segments/{name}",
        segments_definitions.replace,
        "Change a segment that was read before, or make it",
        ref("Segment"),
        (_NAME, _IF_MATCH),
        body=_CHANGED,
        problems=(400, 409, 412, 413, 428, 503),
        **_WRITE,
    ),
    Endpoint(
        "DELETE",
        "/v1/segments/{name}",
        segments_definitions.remove,
        "Take a segment away; its versions stay, its members leave with the next run",
        _VERSION,
        (_NAME, _IF_MATCH),
        problems=(400, 404, 409, 412, 428, 503),
        **_WRITE,
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/versions",
        segments_definitions.versions,
        "List every version of a segment made here, latest first",
        page(_VERSION),
        (_NAME,),
        problems=(404, 503),
        regional=True,
        **_READ,
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/members",
        segments.members,
        "List the members of a segment",
        page(ref("Member")),
        (_NAME, LIMIT, CURSOR),
        problems=(400, 404, 503),
        regional=True,
        **_READ,
    ),
    Endpoint(
        "POST",
        "/v1/segments/{name}/members",
        segments_groups.add,
        "Put people into a static group; each gets a status",
        _PLACED,
        (_NAME,),
        body=_REFS,
        problems=(400, 404, 409, 413, 503),
        largest=_LARGEST,
        **_WRITE,
    ),
    Endpoint(
        "POST",
        "/v1/segments/{name}/members:remove",
        segments_groups.remove,
        "Take people out of a static group; each gets a status",
        _PLACED,
        (_NAME,),
        body=_REFS,
        problems=(400, 404, 409, 413, 503),
        largest=_LARGEST,
        **_WRITE,
    ),
    Endpoint(
        "DELETE",
        "/v1/segments/{name}/members/{ref}",
        segments_groups.remove_one,
        "Take one out of a static group",
        _PLACED,
        (_NAME, parameter("ref", "path", _TEXT, "an id, or `type:value`")),
        problems=(404, 409, 503),
        **_WRITE,
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/history",
        segments_preview.history,
        "List who came into a segment and who left it, latest first, and why",
        page(_ENTRY),
        (_NAME, LIMIT, CURSOR),
        problems=(400, 404, 409, 422, 503),
        regional=True,
        **_READ,
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/overlap",
        segments_preview.overlap,
        "Read what a segment shares with others, and those with each other",
        obj(
            {
                "segment": _TEXT,
                "members": _COUNT,
                "others": array(_ROW),
                "segments": array(_TEXT),
                "matrix": array(array(_COUNT)),
                **_STAMP,
            },
            *("segment", "members", "others", "segments", "matrix"),
        ),
        (_NAME, parameter("with", "query", _TEXT, "only these, with commas between them"), _DRAWN),
        problems=(400, 404, 409, 422, 503),
        pictures=(segments_preview.SVG,),
        **_READ,
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/profile",
        segments_preview.profile,
        "Read what the members are like beside everybody of their kind",
        obj(
            {
                "segment": _TEXT,
                "of": _TEXT,
                "members": _COUNT,
                "dimensions": array(_DIMENSION),
                **_STAMP,
            },
            *("segment", "of", "members", "dimensions"),
        ),
        (
            _NAME,
            parameter("dimension", "query", _TEXT, "only this one; a picture needs it"),
            _DRAWN,
        ),
        problems=(400, 404, 409, 422, 503),
        pictures=(segments_preview.SVG,),
        **_READ,
    ),
)
