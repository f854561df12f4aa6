"""The endpoints of scenarios beside the views: screen pop, fact sheets, live blocks."""

from __future__ import annotations

from cdp.api import fact_sheet, live, screen_pop
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT, ONCE
from cdp.api.schemas import Schema, array, obj, page, parameter
from cdp.scenarios.screen_pop import OMITTED_AFTER

_TEXT: Schema = {"type": "string"}
_NONE_OR_TEXT: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer"}
_REASON: Schema = {"type": "string", "minLength": 1, "maxLength": 2000}
_ACTOR: Schema = {"type": ["string", "null"], "maxLength": 200}
_DISMISSAL_ID = parameter("dismissal_id", "path", _TEXT, "number of the dismissal")
_PHONE = parameter(
    "phone",
    "query",
    {"type": "string", "minLength": 1, "maxLength": screen_pop.LONGEST_PHONE},
    "the caller's number in any notation, also `tel:` and `sip:` addresses",
) | {"required": True}
_POP_VIEW = parameter(
    "view",
    "query",
    {"type": "string", "default": screen_pop.DEFAULT_VIEW},
    "the scenario whose fields are shown of each candidate",
)
_LISTED = parameter(
    "limit",
    "query",
    {
        "type": "integer",
        "minimum": 1,
        "maximum": screen_pop.MOST_LISTED,
        "default": screen_pop.LISTED,
    },
    "most candidates to list",
)
_CANDIDATE = obj(
    {
        "rank": _COUNT,
        "entity": {"type": "string", "enum": ["profile", "account"]},
        "id": _TEXT,
        "certainty": {
            "type": "string",
            "enum": ["owner", "switchboard", "household", "possible"],
            "description": "owner of the number; an organisation of which it may be an extension; "
            "lives with an owner; perhaps the same as an owner",
        },
        "reasons": array(_TEXT),
        "dismissed": _COUNT | {"description": "how often agents said that it was not the caller"},
        "profile": {"type": "object", "description": "the fields of the view"},
    },
    *("rank", "entity", "id", "certainty", "reasons", "dismissed", "profile"),
)
_POP = obj(
    {
        "phone": _NONE_OR_TEXT | {"description": "E.164; null: withheld, or a line of the house"},
        "view": _NONE_OR_TEXT,
        "candidates": array(_CANDIDATE),
        "opened": {
            "type": ["object", "null"],
            "description": "the whole view, where one owner alone is in question",
        },
        "omitted": array(_TEXT)
        | {"description": f"ids that were dismissed {OMITTED_AFTER} times or more"},
        "generation": _COUNT,
    },
    *("phone", "view", "candidates", "opened", "omitted", "generation"),
)
_DISMISSAL = obj(
    {
        "dismissal_id": _COUNT,
        "phone": _TEXT,
        "id": _TEXT,
        "call_id": _NONE_OR_TEXT,
        "actor": _TEXT,
        "reason": _NONE_OR_TEXT,
        "made_at": {"type": "string", "format": "date-time"},
        "undone_at": {"type": ["string", "null"], "format": "date-time"},
        "undone_by": _NONE_OR_TEXT,
    },
    *("dismissal_id", "phone", "id", "actor", "made_at", "undone_at"),
)

_LIVE = obj(
    {
        "title": _TEXT,
        "trust": _TEXT,
        "source": _TEXT | {"description": "the instance that was asked"},
        "status": {
            "type": "string",
            "enum": ["ok", "no_key", "unavailable"],
            "description": "no_key: the party is not known there; unavailable: see gap",
        },
        "fetched_at": _NONE_OR_TEXT | {"description": "when it was asked; null: it was not"},
        "rows": array({"type": "object"}),
        "gap": obj(
            {"status": _TEXT, "since": _TEXT, "reason": _TEXT},
            *("status", "since", "reason"),
            description="why nothing is known now, and since when",
        ),
    },
    *("title", "trust", "source", "status", "fetched_at", "rows"),
)

SCREEN_POP: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/screen-pop",
        screen_pop.pop,
        "Say who may be calling, and show the one who surely is",
        _POP,
        (_PHONE, _POP_VIEW, _LISTED),
        problems=(400, 503),
        tag="scenarios",
        scope="profiles:read",
        views=True,
        regional=True,
    ),
    Endpoint(
        "GET",
        "/v1/screen-pop/dismissals",
        screen_pop.dismissals,
        "List what agents said of callers, latest first",
        page(_DISMISSAL),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="scenarios",
        waits=True,
        scope="reviews:read",
        regional=True,
    ),
    Endpoint(
        "POST",
        "/v1/screen-pop/dismissals",
        screen_pop.dismiss,
        "Say that somebody was not the caller; no decision on which records are one",
        _DISMISSAL,
        (ONCE,),
        body={
            **obj(
                {
                    "phone": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": screen_pop.LONGEST_PHONE,
                    },
                    "id": {"type": "string", "minLength": 1, "maxLength": 100},
                    "reason": _REASON | {"default": "not the caller"},
                    "call_id": {"type": ["string", "null"], "minLength": 1, "maxLength": 200},
                    "actor": _ACTOR,
                },
                "phone",
                "id",
            ),
            "additionalProperties": False,
            "examples": [{"phone": "+49 30 901820", "id": "P-4be6128d6ea34c5f6c2b"}],
        },
        problems=(308, 400, 404, 410, 413, 422, 503),
        tag="scenarios",
        waits=True,
        creates=True,
        scope="calls:write",
        self_audited=True,
    ),
    Endpoint(
        "GET",
        "/v1/screen-pop/dismissals/{dismissal_id}",
        screen_pop.dismissal,
        "Read one dismissal",
        _DISMISSAL,
        (_DISMISSAL_ID,),
        problems=(404, 503),
        tag="scenarios",
        waits=True,
        scope="reviews:read",
        regional=True,
    ),
    Endpoint(
        "POST",
        "/v1/screen-pop/dismissals/{dismissal_id}/undo",
        screen_pop.undo,
        "Take a dismissal out of force",
        _DISMISSAL,
        (_DISMISSAL_ID,),
        body={
            **obj({"reason": _REASON, "actor": _ACTOR}, "reason"),
            "additionalProperties": False,
            "examples": [{"reason": "wrong button"}],
        },
        problems=(400, 404, 413, 503),
        tag="scenarios",
        waits=True,
        scope="calls:write",
        self_audited=True,
    ),
)


def fact_sheets(entity: str, ref: Schema, problems: tuple[int, ...]) -> Endpoint:
    """Return the endpoint of the page on one profile or account."""
    view = parameter("view", "query", _TEXT, "the scenario that is shown; default: sales")
    return Endpoint(
        "GET",
        f"/v1/{entity}s/{{ref}}/fact-sheet",
        fact_sheet.read(entity),
        f"Read one printable page on one {entity}",
        None,
        (ref, view),
        problems=problems,
        tag="scenarios",
        pictures=(fact_sheet.MEDIA_TYPE,),
        scope="profiles:read",
        views=True,
        regional=True,
    )


def live_blocks(entity: str, ref: Schema, problems: tuple[int, ...]) -> Endpoint:
    """Return the endpoint that asks a system for rows of one profile or account."""
    return Endpoint(
        "GET",
        f"/v1/{entity}s/{{ref}}/live/{{block}}",
        live.read(entity),
        f"Ask the system that has it for what is there of one {entity} now",
        _LIVE,
        (
            ref,
            parameter("block", "path", _TEXT, "name of the live block"),
            parameter("view", "query", _TEXT, "a scenario that may ask for it"),
        ),
        problems=problems,
        tag="scenarios",
        scope="profiles:read",
        views=True,
        regional=True,
    )
