"""The endpoints of the steward's desk, and of what is known of an id: why, and since when."""

from __future__ import annotations

from cdp.api import explaining, identity
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT, ONCE
from cdp.api.schemas import PARTS, Schema, array, obj, page, parameter, ref
from cdp.steward.queue import DIRECTIONS, STATUSES

_TEXT: Schema = {"type": "string"}
_ITEM = parameter("item_id", "path", _TEXT, "id of the question")
_DECISION = parameter("decision_id", "path", _TEXT, "number of the decision")
_REASON: Schema = {"type": "string", "minLength": 1, "maxLength": 2000}
_ACTOR: Schema = {"type": ["string", "null"], "maxLength": 200}
_REFS = array({"type": "string", "maxLength": 1000}) | {"maxItems": 100}


def explained(entity: str, parameters: tuple[Schema, ...], problems: tuple[int, ...]) -> Endpoint:
    """Return the endpoint that says why a profile is one, or why two are or are not."""
    other = parameter("with", "query", _TEXT, "a record or a reference to compare with")
    drawn = parameter(
        "format",
        "query",
        {"type": "string", "enum": ["json", "svg"], "default": "json"},
        "with `with`: svg draws the telling pair; so does `Accept: image/svg+xml`",
    )
    whole = obj({f"{entity}_id": _TEXT, "explain": PARTS["explain"]}, f"{entity}_id", "explain")
    return Endpoint(
        "GET",
        f"/v1/{entity}s/{{ref}}/explain",
        explaining.read(entity),
        f"Say why the records of one {entity} are one, or why two are or are not",
        {"anyOf": [whole, ref("Comparison")]},
        (*parameters, other, drawn),
        problems=problems,
        tag=f"{entity}s",
        waits=True,
        pictures=("image/svg+xml",),
        scope="profiles:read",
        regional=True,
    )


def remembered(entity: str, parameters: tuple[Schema, ...], problems: tuple[int, ...]) -> Endpoint:
    """Return the endpoint that tells what happened to an id, or who it was on a day."""
    on = parameter(
        "on", "query", {"type": "string", "format": "date"}, "who was this id on that day"
    )
    whole = obj({f"{entity}_id": _TEXT, "history": PARTS["history"]}, f"{entity}_id", "history")
    return Endpoint(
        "GET",
        f"/v1/{entity}s/{{ref}}/history",
        explaining.history(entity),
        f"Read the history of one {entity}'s id, or who it was on a day",
        {"anyOf": [whole, ref("Then")]},
        (*parameters, on),
        problems=problems,
        tag=f"{entity}s",
        scope="profiles:read",
        regional=True,
    )


STEWARD: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/reviews",
        identity.reviews,
        "List the questions to stewards, the most worthwhile first",
        page(ref("Review")),
        (
            parameter("direction", "query", {"type": "string", "enum": list(DIRECTIONS)}, "kind"),
            parameter(
                "status",
                "query",
                {"type": "string", "enum": [*STATUSES, "all"], "default": "open"},
                "decided ones wait for the next run",
            ),
            LIMIT,
            CURSOR,
        ),
        problems=(400, 503),
        tag="identity",
        waits=True,
        scope="reviews:read",
    ),
    Endpoint(
        "GET",
        "/v1/reviews/{item_id}",
        identity.review,
        "Read one question to stewards",
        ref("Review"),
        (_ITEM,),
        problems=(400, 404, 503),
        tag="identity",
        waits=True,
        scope="reviews:read",
    ),
    Endpoint(
        "GET",
        "/v1/decisions",
        identity.decisions,
        "List all decisions of stewards, latest first",
        page(ref("Decision")),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="identity",
        waits=True,
        scope="reviews:read",
    ),
    Endpoint(
        "GET",
        "/v1/decisions/{decision_id}",
        identity.decision,
        "Read one decision with the pairs of records it speaks of",
        ref("Decision"),
        (_DECISION,),
        problems=(404, 503),
        tag="identity",
        waits=True,
        scope="reviews:read",
    ),
    Endpoint(
        "POST",
        "/v1/decisions",
        identity.decide,
        "Decide who is who: confirm, reject, merge or split",
        ref("Decision"),
        (ONCE,),
        body={
            **obj(
                {
                    "action": {"type": "string", "enum": ["confirm", "reject", "merge", "split"]},
                    "item_id": {"type": ["string", "null"], "maxLength": 100},
                    "refs": _REFS | {"description": "records or references"},
                    "records": _REFS | {"description": "records to take out in a split"},
                    "reason": _REASON,
                    "actor": _ACTOR | {"description": "who decides, when a console calls"},
                },
                "action",
                "reason",
            ),
            "additionalProperties": False,
            "examples": [
                {"action": "reject", "item_id": "R-2f5b8a1c9d3e", "reason": "father and son"},
                {"action": "split", "refs": ["P-1"], "records": ["crm:7"], "reason": "typo"},
            ],
        },
        problems=(308, 400, 404, 409, 410, 413, 422, 503),
        tag="identity",
        waits=True,
        creates=True,
        scope="reviews:write",
        self_audited=True,
    ),
    Endpoint(
        "POST",
        "/v1/decisions/{decision_id}/undo",
        identity.undo,
        "Take a decision out of force",
        ref("Decision"),
        (_DECISION,),
        body={
            **obj({"reason": _REASON, "actor": _ACTOR}, "reason"),
            "additionalProperties": False,
            "examples": [{"reason": "wrong button"}],
        },
        problems=(400, 404, 413, 503),
        tag="identity",
        waits=True,
        scope="reviews:write",
        self_audited=True,
    ),
)
