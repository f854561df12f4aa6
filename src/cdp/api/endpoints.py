"""Every endpoint. The ones read most stand first: each earlier route costs a later one time."""

from __future__ import annotations

from typing import Any

from cdp.api import operations, profiles, resolve, search, segments_live
from cdp.api.endpoint import Endpoint
from cdp.api.endpoints_audit import AUDIT
from cdp.api.endpoints_collect import COLLECT
from cdp.api.endpoints_exports import EXPORTS
from cdp.api.endpoints_identity import STEWARD, explained, remembered
from cdp.api.endpoints_keys import KEYS
from cdp.api.endpoints_plan import PLANS
from cdp.api.endpoints_privacy import PRIVACY
from cdp.api.endpoints_quarantine import QUARANTINE
from cdp.api.endpoints_scenarios import SCREEN_POP, fact_sheets, live_blocks
from cdp.api.endpoints_schedules import SCHEDULES
from cdp.api.endpoints_scores import SCORES
from cdp.api.endpoints_segments import SEGMENTS
from cdp.api.endpoints_sources import SOURCES
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.recommendations import recommended
from cdp.api.schemas import PARTS, Schema, array, obj, page, parameter, ref
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
_QUERY = parameter(
    "q", "query", {"type": "string", "minLength": 1}, "beginnings of words of a name or e-mail"
) | {"required": True}
_APART = {"explain", "history"}
"""Sub-documents with an endpoint of their own."""
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
            segments_live.read(entity),
            f"Read one {entity}",
            ref(name),
            (_REF, _VIEW, _INCLUDE, _AS_OF),
            example=example,
            **shown,
            scope="profiles:read",
            views=True,
            regional=True,
        ),
        Endpoint(
            "GET",
            f"{path}/timeline",
            profiles.read_timeline(entity),
            f"Read what a {entity} did, newest first",
            page(ref("Event")),
            (_REF, LIMIT, CURSOR, _AS_OF),
            **shown,
            scope="profiles:read",
            regional=True,
        ),
        *(_part(entity, part, schema) for part, schema in PARTS.items() if part not in _APART),
        explained(entity, (_REF, _AS_OF), _PROBLEMS),
        fact_sheets(entity, _REF, _PROBLEMS),
        live_blocks(entity, _REF, _PROBLEMS),
        remembered(entity, (_REF, _AS_OF), _PROBLEMS),
        recommended(entity, _REF, _PROBLEMS),
    ]


def _part(entity: str, part: str, schema: Schema) -> Endpoint:
    whole = segments_live.read_part if part == "segments" else None
    return Endpoint(
        "GET",
        f"/v1/{entity}s/{{ref}}/{part}",
        whole(entity) if whole else profiles.read_part(entity, part),
        f"Read the {part} of one {entity}",
        obj({f"{entity}_id": {"type": "string"}, part: schema}, f"{entity}_id", part),
        (_REF, _AS_OF),
        scope="profiles:read",
        regional=True,
        tag=f"{entity}s",
        problems=_PROBLEMS,
    )


def _batch(entity: str) -> Endpoint:
    return Endpoint(
        "POST",
        f"/v1/{entity}s:batchGet",
        search.batch(entity),
        f"Read many {entity}s at once",
        obj(
            {
                "items": array(
                    obj(
                        {
                            "ref": {"type": "string"},
                            entity: {"anyOf": [ref(entity.capitalize()), {"type": "null"}]},
                            "problem": {"anyOf": [ref("Problem"), {"type": "null"}]},
                        },
                        "ref",
                        entity,
                        "problem",
                    )
                )
            },
            "items",
        ),
        body={
            **obj(
                {
                    "refs": array({"type": "string"})
                    | {"minItems": 1, "maxItems": search.MOST_REFS},
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
        tag=f"{entity}s",
        scope="profiles:read",
        views=True,
        regional=True,
        reads=True,
    )


def _search(entity: str) -> Endpoint:
    return Endpoint(
        "GET",
        f"/v1/{entity}s",
        search.find(entity),
        f"Find {entity}s by the beginnings of words",
        page(ref(entity.capitalize())),
        (_QUERY, LIMIT, CURSOR),
        problems=(400, 503),
        tag=f"{entity}s",
        scope="profiles:read",
        regional=True,
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
    scope="profiles:resolve",
    regional=True,
    reads=True,
)
_STATUS = obj({"status": {"type": "string"}}, "status")
_READY = obj(
    {
        **_STATUS["properties"],
        "generation": {"type": "integer"},
        "run_id": {"type": "integer"},
        "as_of": {"type": "string", "format": "date-time"},
        "published_at": {"type": "string", "format": "date-time"},
        "age_seconds": {"type": "integer"},
        "fallen_back": {
            "type": ["string", "null"],
            "description": "why the last good generation is served and not the latest",
        },
        "heard_of_since": {
            "type": "integer",
            "description": "who was heard of since the generation was made",
        },
    },
    *("status", "generation", "run_id", "published_at", "age_seconds"),
)
ENDPOINTS: tuple[Endpoint, ...] = (
    *_entity("profile"),
    *_entity("account"),
    _batch("profile"),
    _batch("account"),
    _RESOLVE,
    *COLLECT,
    *STEWARD,
    *PLANS,
    *SOURCES,
    *SCHEDULES,
    *SCORES,
    *QUARANTINE,
    *PRIVACY,
    *EXPORTS,
    *AUDIT,
    *KEYS,
    *SCREEN_POP,
    _search("profile"),
    _search("account"),
    *SEGMENTS,
    Endpoint(
        "GET",
        "/v1/runs",
        operations.runs,
        "List the runs up to the published one",
        page(ref("Run")),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="operations",
        scope="runs:read",
        regional=True,
    ),
    Endpoint(
        "GET",
        "/healthz",
        operations.health,
        "Say that the process lives",
        _STATUS,
        scope=None,
        tag="operations",
    ),
    Endpoint(
        "GET",
        "/readyz",
        operations.ready,
        "Say which generation is served, how old it is, and that events are taken",
        _READY,
        problems=(503,),
        scope=None,
        tag="operations",
        waits=True,
    ),
    Endpoint(
        "GET",
        "/metrics",
        operations.metrics,
        "Read what the server counts, over all of its processes, in the Prometheus format",
        None,
        scope=None,
        tag="operations",
        waits=True,
    ),
)
