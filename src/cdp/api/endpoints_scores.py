"""The endpoints of scores and of the models of those that are predicted."""

from __future__ import annotations

from cdp.api import scores
from cdp.api.endpoint import Endpoint
from cdp.api.parameters import CURSOR, LIMIT
from cdp.api.schemas import array, obj, page, parameter

_TEXT = {"type": "string"}
_MOMENT = {"type": "string", "format": "date-time"}
_NUMBER = {"type": ["number", "null"]}
_STATUS = {
    "enum": [
        *("published", "ranking_only", "insufficient_data", "not_better_than_baseline"),
        "leak_suspected",
    ],
    "description": "values are told, deciles alone, or nothing of it and RFM stands in",
}
_VERSION = obj(
    {
        "model_version": _TEXT,
        "is_current": {"type": "boolean"},
        "trained_at": _MOMENT,
        "status": _STATUS,
        "customers": {"type": "integer"},
        "gain": _NUMBER | {"description": "Brier score of the better plain rule less its own"},
        "gain_low": _NUMBER | {"description": "lower end of the 95 % interval"},
        "gain_high": _NUMBER,
        "slope": _NUMBER | {"description": "calibration slope over past windows, 1 is right"},
    },
    *("model_version", "is_current", "trained_at", "status"),
)
_OUTCOME = obj(
    {
        "model_version": _TEXT,
        "day": {"type": "string", "format": "date"},
        "until": {"type": "string", "format": "date"},
        "customers": {"type": "integer"},
        "said": {"type": "number", "description": "sum of what was said of them on that day"},
        "came": {"type": "number"},
        "total_error": _NUMBER | {"description": "0.1: the sum was 10 % too high"},
        "brier_skill": _NUMBER | {"description": "above 0: surer than the plain rule"},
        "is_missed": {"type": "boolean", "description": "surely wrong; it is trained anew"},
    },
    *("model_version", "day", "until", "said", "came", "is_missed"),
    description="what came of a published forecast once its horizon had passed",
)
_MODEL = obj(
    {
        "model_version": _TEXT,
        "status": _STATUS,
        "reasons": array(_TEXT),
        "marks": array(_TEXT),
        "horizon_days": {"type": "integer"},
        "trained_at": _MOMENT,
        "expires_at": _MOMENT,
        "age_days": {"type": "integer"},
        "customers": {"type": "integer", "description": "customers it was trained on"},
        "is_pinned": {"type": "boolean", "description": "somebody went back to it"},
        "drift": _NUMBER
        | {"description": "greatest population stability index in the last run; null: unknown"},
        "drift_of": {"type": ["string", "null"]},
        "drift_limit": _NUMBER,
        "scored": {"type": ["integer", "null"], "description": "profiles with this score"},
        "outcomes": array(_OUTCOME),
        "versions": array(_VERSION),
    },
    *("model_version", "status", "trained_at", "expires_at", "age_days", "outcomes", "versions"),
)
_FIELDS = {
    "score": _TEXT,
    "method": _TEXT,
    "description": _TEXT,
    "of": array(_TEXT),
    "version": _TEXT | {"description": "hash of its definition"},
    "is_predicted": {"type": "boolean", "description": "a model computes it"},
    "model": {"anyOf": [_MODEL, {"type": "null"}]},
}
_NEEDED = ("score", "method", "is_predicted", "model")
_SCORE = obj(_FIELDS, *_NEEDED)
_CARD = {
    "type": ["object", "null"],
    "description": "everything the model was made of and found to be: data, back-test, gate, "
    "tenths, features, importance, reference of drift",
    "additionalProperties": True,
}
_NAME = parameter("name", "path", _TEXT, "name of the score")
_ASKED = parameter(
    "version", "query", _TEXT, "a version of its model that is kept; default: the one that counts"
)
_EXAMPLE = {
    "score": "churn",
    "method": "churn",
    "description": "how likely a customer is not to come back",
    "of": ["person"],
    "version": "701faa725a0b",
    "is_predicted": True,
    "model": None,
}

SCORES: tuple[Endpoint, ...] = (
    Endpoint(
        "GET",
        "/v1/scores",
        scores.every,
        "List the scores: how each is computed, and by which model",
        page(_SCORE),
        (LIMIT, CURSOR),
        problems=(400, 503),
        tag="scores",
        waits=True,
        regional=True,
        scope="runs:read",
    ),
    Endpoint(
        "GET",
        "/v1/scores/{name}",
        scores.single,
        "Read one score with the card of its model",
        obj({**_FIELDS, "card": _CARD}, *_NEEDED, "card"),
        (_NAME, _ASKED),
        problems=(404, 503),
        tag="scores",
        example=_EXAMPLE | {"card": None},
        waits=True,
        regional=True,
        scope="runs:read",
    ),
)
