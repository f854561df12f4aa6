"""JSON Schemas of what the API answers, written from the tables that the documents come from."""

from __future__ import annotations

from typing import Any

from cdp.model.attributes import ADDRESS_PARTS
from cdp.model.tables import BY_NAME

Schema = dict[str, Any]

_TYPES: dict[str, Schema] = {
    "varchar": {"type": ["string", "null"]},
    "date": {"type": ["string", "null"]},
    "timestamp": {"type": ["string", "null"]},
    "bigint": {"type": ["integer", "null"]},
    "integer": {"type": ["integer", "null"]},
    "double": {"type": ["number", "null"]},
    "boolean": {"type": ["boolean", "null"]},
    "varchar[]": {"type": ["array", "null"], "items": {"type": ["string", "null"]}},
    "json": {},
}
_NUMBER: Schema = {"type": ["number", "null"]}


def obj(properties: Schema, *required: str, description: str = "") -> Schema:
    """Return the schema of an object; other fields may be added in later versions."""
    schema: Schema = {"type": "object", "properties": properties, "required": list(required)}
    return schema | ({"description": description} if description else {})


def ref(name: str) -> Schema:
    """Return a reference to a schema of this module."""
    return {"$ref": f"#/components/schemas/{name}"}


def array(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def page(items: Schema) -> Schema:
    """Return the schema of a page of items."""
    cursor = {"type": ["string", "null"], "description": "where the next page begins"}
    return obj({"items": array(items), "next_cursor": cursor}, "items", "next_cursor")


def parameter(name: str, where: str, schema: Schema, description: str) -> Schema:
    """Return an OpenAPI parameter of the path, the query or the headers."""
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "schema": schema,
        "description": description,
    }


def _row(table: str, without: str = "profile_id entity_type") -> Schema:
    columns = [c for c in BY_NAME[table].columns if c.name not in without.split()]
    properties = {
        c.name: _TYPES.get(c.type, _NUMBER) | {"description": c.description} for c in columns
    }
    return obj(properties, description=BY_NAME[table].grain)


_INFERRED: Schema = {
    "type": "object",
    "description": "conclusions by attribute; never facts, and only where no fact is known",
    "additionalProperties": _row("gold.enrichment", "profile_id entity_type attribute evidence"),
}
_COLLECTIVES: dict[str, Schema] = {
    "profile_id": {
        "household": _row("gold.household_member", "profile_id") | {"type": ["object", "null"]}
    },
    "account_id": {
        "group": _row("gold.company_group_member", "account_id") | {"type": ["object", "null"]}
    },
}


def _party(table: str, id_: str) -> Schema:
    parts = " ".join(p for p in ADDRESS_PARTS)
    row = _row(table, without=f"{parts} {id_} sources")
    address = obj({part: {"type": ["string", "null"]} for part in ADDRESS_PARTS})
    row["properties"] = {
        id_: {"type": "string", "description": "stable id"},
        **row["properties"],
        "source_names": _TYPES["varchar[]"] | {"description": "source instances, sorted"},
        "address": address | {"type": ["object", "null"]},
        "facts": _row("gold.feature") | {"type": ["object", "null"]},
        "scores": array(ref("Score")),
        "segments": array(ref("Membership")),
        "inferred": _INFERRED,
        **_COLLECTIVES[id_],
    }
    return row | {"required": [id_]}


_EDGE = _row("identity.edge", without="entity_type decided model_version")
_OTHER = {"type": ["string", "null"], "description": "the one it was kept apart from"}
_STRING: Schema = {"type": "string"}
_VERDICT: Schema = {
    "type": "string",
    "enum": ["match", "possible", "none"],
    "description": "what a run would decide: match at the strict cut, else possible at the lenient",
}


def _review() -> Schema:
    row = _row("identity.review", without="")
    row["properties"] |= {
        "name": _TYPES["varchar"],
        "other_name": _TYPES["varchar"],
        "status": {"type": "string", "enum": ["open", "decided"]},
        "decision_id": {"type": ["integer", "null"], "description": "the decision in force"},
    }
    return row


_FACT = obj({"record_l": _STRING, "record_r": _STRING, "verdict": _STRING})
_DECISION = obj(
    {
        "decision_id": {"type": "integer"},
        "action": {"type": "string", "enum": ["confirm", "reject", "merge", "split"]},
        "item_id": _TYPES["varchar"],
        "subject": array(_TYPES["varchar"]) | {"description": "what was named"},
        "pairs": {"type": "integer", "description": "pairs of records it speaks of"},
        "actor": _STRING,
        "reason": _TYPES["varchar"],
        "decided_at": _STRING,
        "status": {"type": "string", "enum": ["in_force", "undone"]},
        "undone_at": _TYPES["varchar"],
        "undone_by": _TYPES["varchar"],
        "undone_reason": _TYPES["varchar"],
        "facts": array(_FACT),
    },
    "decision_id",
    "action",
    "status",
    description="what a steward decided; the next run and all later ones respect it",
)
_COMPARISON = obj(
    {
        "is_one": {"type": "boolean"},
        "decided_by": {"type": "string", "description": "model, must_link, cannot_link or visitor"},
        "sentences": array(_STRING),
        "one": {"type": "object"},
        "other": {"type": "object"},
        "edges": array(ref("Edge")),
        "path": array(ref("Edge")),
        "weakest": {"anyOf": [ref("Edge"), {"type": "null"}]},
        "tie": {"type": ["object", "null"]},
        "decisions": array({"type": "object"}),
    },
    "is_one",
    "sentences",
    "edges",
    description="why two are one, or are not",
)
_THEN = obj(
    {
        "profile_id": _STRING,
        "on": _STRING,
        "status": {"type": "string", "enum": ["not_issued", "live", "merged", "emptied"]},
        "records": _TYPES["bigint"],
        "then_id": _TYPES["varchar"] | {"description": "the live id it led to that day"},
        "current_id": _TYPES["varchar"] | {"description": "the live id it leads to now"},
        "apart_then": array(_STRING) | {"description": "ids that it has absorbed since"},
        "since": array(ref("Change")) | {"description": "what happened to it since, oldest first"},
    },
    "profile_id",
    "on",
    "status",
    description="who an id was on one day",
)

SCHEMAS: dict[str, Schema] = {
    "Profile": _party("gold.profile", "profile_id"),
    "Account": _party("gold.account", "account_id"),
    "Identifier": _row("gold.identifier"),
    "Source": _row("gold.source_record"),
    "Origin": _row("gold.attribute"),
    "Consent": _row("gold.consent"),
    "Score": _row("gold.score"),
    "Membership": _row("gold.segment_member"),
    "Change": _row("identity.history"),
    "Possible": obj(
        {"other_id": _STRING},
        "other_id",
        description=(
            "another one that is perhaps the same: joined at the lenient cut, not at the strict "
            "one. A hint to ask the customer, never a reason to send"
        ),
    ),
    "Relationship": obj(
        {
            "other_id": _TYPES["varchar"],
            "other_name": _TYPES["varchar"],
            "direction": {"type": ["string", "null"], "description": "from or to this one"},
            **_row("gold.relationship", without="profile_id other_id")["properties"],
        },
        description="one relationship, seen from this end",
    ),
    "Edge": _EDGE | {"properties": _EDGE["properties"] | {"other_id": _OTHER}},
    "Explanation": {
        **obj(
            {
                "records": array(_TYPES["varchar"]),
                "joined_by": array(ref("Edge")),
                "kept_apart": array(ref("Edge")),
            },
            description="why these records are one, and the nearest that are not part of it",
        ),
        "type": ["object", "null"],
    },
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
                                "level": _TYPES["varchar"],
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
    "Event": obj(
        {
            "at": _TYPES["varchar"],
            "kind": {"type": "string", "description": "order, interaction, ticket, ..."},
            "id": _STRING,
            "source": _STRING,
            "title": _TYPES["varchar"],
            "detail": {"type": ["object", "null"]},
        },
        "at",
        "kind",
        "id",
        description="one event of the timeline",
    ),
    "Segment": obj({"segment": _STRING, "members": {"type": "integer"}}, "segment", "members"),
    "Member": obj(
        {
            "profile_id": _STRING,
            "entered_at": _TYPES["varchar"],
            "entered_run": {"type": "integer"},
        },
        "profile_id",
    ),
    "Run": _row("ops.run", without=""),
    "Review": _review(),
    "Decision": _DECISION,
    "Comparison": _COMPARISON,
    "Then": _THEN,
    "Problem": obj(
        {
            "type": _STRING,
            "title": _STRING,
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "what happened and what to do"},
            "code": {"type": "string", "description": "stable, for programs"},
            "request_id": {"type": "string", "description": "as in the server's log"},
            "errors": array(obj({"field": _STRING, "message": _STRING}, "field", "message")),
            "candidates": array(_STRING),
            "decisions": array({"type": "integer"}),
        },
        "type",
        "title",
        "status",
        "detail",
        "code",
        "request_id",
        "errors",
        description="RFC 9457",
    ),
}
PARTS = {
    "identifiers": array(ref("Identifier")),
    "sources": array(ref("Source")),
    "origins": array(ref("Origin")),
    "consents": array(ref("Consent")),
    "scores": array(ref("Score")),
    "segments": array(ref("Membership")),
    "relationships": array(ref("Relationship")),
    "possible": array(ref("Possible")),
    "explain": ref("Explanation"),
    "history": array(ref("Change")),
}
