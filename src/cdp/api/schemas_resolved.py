"""JSON Schemas of what `POST /v1/resolve` answers."""

from __future__ import annotations

from typing import Final

from cdp.api.schema_building import Schema, array, obj, ref

_STRING: Schema = {"type": "string"}
_NONE_OR_STRING: Schema = {"type": ["string", "null"]}
_VERDICT: Schema = {
    "type": "string",
    "enum": ["match", "possible", "none"],
    "description": "what a run would decide: match at the strict cut, else possible at the lenient",
}

RESOLVED: Final[dict[str, Schema]] = {
    "Candidate": obj(
        {
            "entity": {"type": "string", "enum": ["profile", "account"]},
            "id": _STRING,
            "verdict": _VERDICT,
            "probability": {"type": "number", "description": "0 to 1, of the whole profile"},
            "match_weight": {
                "type": "number",
                "description": "log2 odds of the whole profile, pooled over its records",
            },
            "records": {"type": "integer", "description": "its records that were compared"},
            "reasons": array(_STRING),
            "nearest": obj(
                {
                    "record_id": _STRING,
                    "match_weight": {"type": "number", "description": "sum of the weights, bits"},
                    "probability": {"type": "number"},
                    "weights": array(
                        obj(
                            {
                                "comparison": _STRING,
                                "level": _NONE_OR_STRING,
                                "weight": {"type": "number"},
                            },
                            "comparison",
                            "level",
                            "weight",
                        )
                    ),
                    "innocent": {
                        "type": "string",
                        "description": "strongest innocent explanation weighed against a match",
                    },
                    "innocent_share": {"type": "number"},
                },
                "record_id",
                "match_weight",
                "probability",
                "weights",
                "innocent",
                "innocent_share",
                description="its most alike record",
            ),
            "profile": {"anyOf": [ref("Profile"), ref("Account"), {"type": "null"}]},
        },
        "entity",
        "id",
        "verdict",
        "probability",
        "match_weight",
        "records",
        "reasons",
        "nearest",
        "profile",
        description="a profile or account that the record may belong to",
    ),
    "Resolved": obj(
        {
            "verdict": _VERDICT,
            "create_advised": {"type": "boolean"},
            "advice": {"type": "string", "description": "what to do before creating"},
            "party_type": {"type": "string", "enum": ["person", "organisation"]},
            "read_as": {
                "type": "object",
                "additionalProperties": _STRING,
                "description": "by name given, the field it was read as",
            },
            "compared": {"type": "integer", "description": "records it was compared with"},
            "model": {"type": "string", "description": "version of the model that decided"},
            "generation": {"type": "integer"},
            "candidates": array(ref("Candidate")),
            "heard_since": array(
                obj(
                    {
                        "id": _STRING,
                        "same": {"enum": ["email", "phone"], "description": "what they share"},
                        "profile": {"anyOf": [ref("Profile"), {"type": "null"}]},
                    },
                    "id",
                    "same",
                    "profile",
                )
            )
            | {"description": "new ones that said the same since the last run, not judged yet"},
        },
        "verdict",
        "create_advised",
        "advice",
        "party_type",
        "read_as",
        "compared",
        "model",
        "generation",
        "candidates",
        description="who an incoming record may be, the likeliest first",
    ),
}
