"""The endpoints of identity resolution as a whole: plans, measured runs, models."""

from __future__ import annotations

from cdp.api import plan
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.schemas import Schema, array, obj, page, parameter

_TEXT: Schema = {"type": "string"}
_NONE_OR_TEXT: Schema = {"type": ["string", "null"]}
_NUMBER: Schema = {"type": ["number", "null"]}
_ROWS: Schema = array({"type": "object"})
_DIFFERENCE = obj(
    {
        "profiles": _ROWS | {"description": "by kind: before, after, merged, split, born, moved"},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
        "merges": _ROWS | {"description": "profiles that would become one"},
        "splits": _ROWS | {"description": "profiles that would fall apart"},
        "members": _ROWS | {"description": "segment members in and out"},
        "consents": _ROWS | {"description": "permissions that would be another"},
        "attributes": _ROWS | {"description": "golden values that would be another, counted"},
    },
    "profiles",
    "counts",
    description="what would change; each list holds its first 1,000 rows, `counts` counts all",
) | {"type": ["object", "null"]}
_PLAN = obj(
    {
        "plan_id": _TEXT,
        "status": {"type": "string", "enum": ["running", "finished", "failed"]},
        "at": _TEXT | {"description": "when it was asked for"},
        "by": _TEXT | {"description": "name of the key that asked"},
        "retrain": {"type": "boolean"},
        "detail": _NONE_OR_TEXT | {"description": "why it failed"},
        "difference": _DIFFERENCE,
    },
    "plan_id",
    "status",
    "difference",
)
_MEASURE = obj(
    {
        "metric": _TEXT,
        "value": {"type": "number"},
        "low": _NUMBER,
        "high": _NUMBER,
        "at_least": _NUMBER,
        "at_most": _NUMBER,
        "breached": {"type": "boolean"},
        "says": _NONE_OR_TEXT,
    },
    "metric",
    "value",
)
_RUN = obj(
    {
        "run_id": {"type": "integer"},
        "as_of": _NONE_OR_TEXT,
        "started_at": _NONE_OR_TEXT,
        "outcome": _NONE_OR_TEXT,
        "breached": {"type": "boolean", "description": "a gate was: nothing was published"},
        "measures": array(_MEASURE),
    },
    "run_id",
    "measures",
)
_MODEL = obj(
    {
        "version": _TEXT,
        "is_current": {"type": "boolean"},
        "versions": array(_TEXT),
        "card": _TEXT | {"description": "Markdown: what it compares, weighs and reckons with"},
    },
    "version",
    "card",
)

PLANS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST",
        "/v1/identity/plan",
        plan.begin,
        "Begin to work out what changed identity rules would do, changing nothing",
        _PLAN,
        (
            parameter(
                "Idempotency-Key",
                "header",
                {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
                "the same key finds the plan that it began, however often it is sent",
            ),
        ),
        body=obj(
            {
                "identity": {
                    "type": ["object", "null"],
                    "description": "what identity.yaml would say; null: what it says now",
                },
                "retrain": {"type": "boolean", "default": False},
            }
        )
        | {
            "additionalProperties": False,
            "examples": [{"identity": {"identifiers": {"user_id": {"per_profile": 1}}}}],
        },
        problems=(400, 409, 413, 422, 503),
        tag="identity",
        waits=True,
        begins=True,
        scope="identity:plan",
    ),
    Endpoint(
        "GET",
        "/v1/identity/plans/{plan_id}",
        plan.read,
        "Read a plan, finished or not",
        _PLAN,
        (parameter("plan_id", "path", _TEXT, "id of the plan"),),
        problems=(404,),
        tag="identity",
        waits=True,
        scope="identity:plan",
    ),
    Endpoint(
        "GET",
        "/v1/identity/runs",
        plan.runs,
        "List how good identity resolution was, run by run; not while a run goes on",
        page(_RUN),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="identity",
        waits=True,
        scope="runs:read",
        regional=True,
    ),
    Endpoint(
        "GET",
        "/v1/identity/models/{version}",
        plan.model,
        "Read the card of an identity model, or look at its charts",
        _MODEL,
        (
            parameter("version", "path", _TEXT, "`v1`, `v2`, ... or `current`"),
            parameter(
                "format",
                "query",
                {"type": "string", "enum": ["json", "html"], "default": "json"},
                "html: the charts; so does `Accept: text/html`",
            ),
        ),
        problems=(400, 404),
        tag="identity",
        waits=True,
        pictures=("text/html; charset=utf-8",),
        scope="runs:read",
        regional=True,
    ),
)
