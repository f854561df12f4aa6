"""Every endpoint. The ones read most stand first: each earlier route costs a later one time."""

from __future__ import annotations

from typing import Any

from cdp.api import operations, profiles, resolve, search, segments
from cdp.api.call import LIMIT, MOST
from cdp.api.endpoint import Endpoint
from cdp.api.endpoints_identity import STEWARD, explained, remembered
from cdp.api.endpoints_plan import PLANS
from cdp.api.schemas import PARTS, array, obj, page, parameter, ref
from cdp.publish.layout import SUB_DOCUMENTS
from cdp.publish.reference import REFERENCE_TYPES

_REF = parameter(
    "ref",
    "path",
    {"type": "string", "minLength": 3, "examples": ["email:ada@example.org"]},
    f"an id, or `type:value` with one of the types {', '.join(REFERENCE_TYPES)}",
)
_VIEW = parameter(
    "view", "query", {"type": "string"}, "a scenario of the workspace; only its slice is shown"
)
_INCLUDE = parameter(
    "include",
    "query",
    {"type": "string", "examples": ["identifiers,consents"]},
    f"sub-documents to add, separated by commas: {', '.join(SUB_DOCUMENTS)}",
)
_AS_OF = parameter(
    "as_of",
    "query",
    {"type": "string", "examples": ["2026-07-01T06:00:00Z"]},
    "show it as it was published at this moment (ISO 8601, UTC), as far back as is kept",
)
_LIMIT = parameter(
    "limit",
    "query",
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT},
    "items on the page",
)
_CURSOR = parameter("cursor", "query", {"type": "string"}, "`next_cursor` of the page before")
_QUERY = parameter(
    "q", "query", {"type": "string", "minLength": 1}, "beginnings of words of a name or e-mail"
) | {"required": True}
_NAME = parameter("name", "path", {"type": "string"}, "name of the segment")
_PROBLEMS = (308, 400, 404, 409, 410, 503)
_EXAMPLE = {
    "profile_id": "P-4be6128d6ea34c5f6c2b",
    "profile_type": "person",
    "full_name": "Ada Example",
    "email": "ada@example.org",
    "scores": [{"score": "engagement", "value": 42.0, "band": "warm"}],
    "segments": [{"segment": "recent_buyers", "entered_run": 1}],
}


def _entity(entity: str) -> list[Endpoint]:
    path, name = f"/v1/{entity}s/{{ref}}", entity.capitalize()
    shown: dict[str, Any] = {"tag": f"{entity}s", "problems": _PROBLEMS}
    example = _EXAMPLE if entity == "profile" else None
    return [
        Endpoint(
            "GET",
            path,
            profiles.read(entity),
            f"Read one {entity}",
            ref(name),
            (_REF, _VIEW, _INCLUDE, _AS_OF),
            example=example,
            **shown,
        ),
        Endpoint(
            "GET",
            f"{path}/timeline",
            profiles.read_timeline(entity),
            f"Read what a {entity} did, newest first",
            page(ref("Event")),
            (_REF, _LIMIT, _CURSOR, _AS_OF),
            **shown,
        ),
        *(
            Endpoint(
                "GET",
                f"{path}/{part}",
                profiles.read_part(entity, part),
                f"Read the {part} of one {entity}",
                obj({f"{entity}_id": {"type": "string"}, part: schema}, f"{entity}_id", part),
                (_REF, _AS_OF),
                **shown,
            )
            for part, schema in PARTS.items()
            if part not in {"explain", "history"}
        ),
        explained(entity, (_REF, _AS_OF), _PROBLEMS),
        remembered(entity, (_REF, _AS_OF), _PROBLEMS),
    ]


_BATCH = Endpoint(
    "POST",
    "/v1/profiles:batchGet",
    search.batch,
    "Read many profiles at once",
    obj(
        {
            "items": array(
                obj(
                    {
                        "ref": {"type": "string"},
                        "profile": {"anyOf": [ref("Profile"), {"type": "null"}]},
                        "problem": {"anyOf": [ref("Problem"), {"type": "null"}]},
                    },
                    "ref",
                    "profile",
                    "problem",
                )
            )
        },
        "items",
    ),
    body={
        **obj(
            {
                "refs": array({"type": "string"}) | {"minItems": 1, "maxItems": search.MOST_REFS},
                "view": {"type": ["string", "null"]},
                "include": {
                    "type": ["array", "null"],
                    "items": {"type": "string", "enum": list(SUB_DOCUMENTS)},
                },
            },
            "refs",
        ),
        "additionalProperties": False,
        "examples": [{"refs": ["email:ada@example.org"]}],
    },
    problems=(400, 413, 503),
)


def _search(entity: str) -> Endpoint:
    return Endpoint(
        "GET",
        f"/v1/{entity}s",
        search.find(entity),
        f"Find {entity}s by the beginnings of words",
        page(ref(entity.capitalize())),
        (_QUERY, _LIMIT, _CURSOR),
        problems=(400, 503),
        tag=f"{entity}s",
    )


_RESOLVE = Endpoint(
    "POST",
    "/v1/resolve",
    resolve.resolve,
    "Say who an incoming record may be, before creating it",
    ref("Resolved"),
    body=resolve.BODY,
    problems=(400, 413, 503),
    tag="identity",
    example=resolve.EXAMPLE,
)
_STATUS = obj({"status": {"type": "string"}}, "status")
ENDPOINTS: tuple[Endpoint, ...] = (
    *_entity("profile"),
    *_entity("account"),
    _BATCH,
    _RESOLVE,
    *STEWARD,
    *PLANS,
    _search("profile"),
    _search("account"),
    Endpoint(
        "GET",
        "/v1/segments",
        segments.every,
        "List the segments",
        page(ref("Segment")),
        problems=(503,),
        tag="segments",
    ),
    Endpoint(
        "GET",
        "/v1/segments/{name}/members",
        segments.members,
        "List the members of a segment",
        page(ref("Member")),
        (_NAME, _LIMIT, _CURSOR),
        problems=(400, 404, 503),
        tag="segments",
    ),
    Endpoint(
        "GET",
        "/v1/runs",
        operations.runs,
        "List the runs up to the published one",
        page(ref("Run")),
        (_LIMIT, _CURSOR),
        problems=(400, 503),
        tag="operations",
    ),
    Endpoint(
        "GET",
        "/healthz",
        operations.health,
        "Say that the process lives",
        _STATUS,
        public=True,
        tag="operations",
    ),
    Endpoint(
        "GET",
        "/readyz",
        operations.ready,
        "Say which generation is served",
        obj({**_STATUS["properties"], "generation": {"type": "integer"}}, "status", "generation"),
        problems=(503,),
        public=True,
        tag="operations",
    ),
    Endpoint(
        "GET",
        "/metrics",
        operations.metrics,
        "Read the counters of this process, in the Prometheus format",
        None,
        public=True,
        tag="operations",
    ),
)
