"""JSON Schemas of what the API answers, written from the tables that the documents come from."""

from __future__ import annotations

from cdp.api.schema_building import Schema, array, obj, page, parameter, ref
from cdp.api.schemas_resolved import RESOLVED
from cdp.model.attributes import ADDRESS_PARTS
from cdp.model.tables import BY_NAME

__all__ = ["PARTS", "SCHEMAS", "Schema", "array", "obj", "page", "parameter", "ref"]

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
        "group": _row("gold.company_group_member", "account_id") | {"type": ["object", "null"]},
        "hierarchy": _row("gold.account_hierarchy", "account_id") | {"type": ["object", "null"]},
    },
}


_HEARD: Schema = {
    **obj(
        {
            "provisional": {
                "type": "boolean",
                "description": "no run has made this profile yet; the next one keeps or aliases "
                "its id",
            },
            "events": {"type": "integer", "description": "events and rows that are remembered"},
            "since": {"type": "string", "description": "of the first of them"},
            "last_at": {"type": "string", "description": "of the last of them"},
            "users": array({"type": "string"}),
            "visitors": array({"type": "string"}),
            "said": {
                "type": ["object", "string", "null"],
                "description": "what they said of themselves; no golden value yet",
            },
        },
        description=(
            "what was heard since the generation was published, and by name the live blocks that "
            "`include=live.NAME` asked for; absent where there is neither"
        ),
    ),
    "type": ["object", "string", "null"],
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
        "scores": array(ref("ScoreResult")),
        "segments": array(ref("Membership")),
        "roles": array(ref("PartyRole")),
        "inferred": _INFERRED,
        **_COLLECTIVES[id_],
        "live": _HEARD,
        "status": {
            "type": ["string", "null"],
            "description": "active, blocked, obsolete or in_preparation; provisional where no run "
            "has made it yet",
        },
        "restricted": {
            "type": "boolean",
            "description": "its processing is restricted; shown to `privacy:read` alone",
        },
    }
    return row | {"required": [id_]}


_IDENTIFIER = _row("gold.identifier")
_IDENTIFIER["properties"]["live"] = {
    "type": "boolean",
    "description": "heard since the generation was published; else absent",
}
_EDGE = _row("identity.edge", without="entity_type decided model_version")
_OTHER = {"type": ["string", "null"], "description": "the one it was kept apart from"}
_STRING: Schema = {"type": "string"}


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
        "decided_by": {
            "type": "string",
            "description": "model, must_link, cannot_link, related or visitor",
        },
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
    "Identifier": _IDENTIFIER,
    "SourceRecord": _row("gold.source_record"),
    "Origin": _row("gold.attribute"),
    "Consent": _row("gold.consent"),
    "ScoreResult": obj(
        {
            **_row("gold.score")["properties"],
            "age_days": {
                "type": ["integer", "null"],
                "description": "days since its model was trained, null where none is",
            },
        },
        description="one score",
    ),
    "Membership": _row("gold.segment_member"),
    "PartyRole": _row("gold.role"),
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
    **RESOLVED,
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
    "Segment": obj(
        {
            "segment": _STRING,
            "description": _STRING,
            "of": _STRING,
            "definition": {"type": "object"},
            "origin": {"type": "string", "enum": ["file", "api"]},
            "is_read_only": {"type": "boolean", "description": "a file declares it"},
            "version": {"type": ["integer", "null"]},
            "changed_at": _TYPES["varchar"],
            "changed_by": _TYPES["varchar"],
            "static": {"type": "boolean", "description": "its members are put in by hand"},
            "control": {"type": ["object", "null"], "description": "who is held out"},
            "live": {"type": "boolean", "description": "what is heard moves members at once"},
            "waits_for": array(_STRING) | {"description": "what keeps it from being live"},
            "members": {"type": "integer"},
            "is_computed": {"type": "boolean", "description": "false: a run has yet to find them"},
            "generation": {"type": "integer"},
            "as_of": {"type": "string", "description": "how fresh the members are"},
            "published_at": _STRING,
        },
        "segment",
        "members",
    ),
    "Member": obj(
        {
            "profile_id": _STRING,
            "entered_at": _TYPES["varchar"],
            "entered_run": {"type": "integer"},
            "is_control": {"type": "boolean", "description": "held out, never activated"},
            "control_of": array(_STRING) | {"description": "campaigns that hold it out"},
            "live": {"type": "boolean", "description": "heard of since the run"},
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
            "message": {"type": "string", "description": "the detail, where event SDKs look"},
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
    "sources": array(ref("SourceRecord")),
    "origins": array(ref("Origin")),
    "consents": array(ref("Consent")),
    "scores": array(ref("ScoreResult")),
    "segments": array(ref("Membership")),
    "relationships": array(ref("Relationship")),
    "possible": array(ref("Possible")),
    "explain": ref("Explanation"),
    "history": array(ref("Change")),
}
