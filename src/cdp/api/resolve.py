"""Search before create: who an incoming record may be."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.api.profiles import shown
from cdp.api.schemas import Schema, obj
from cdp.privacy.masking import record_id
from cdp.realtime.answer import decided
from cdp.realtime.overlaid import Overlaid
from cdp.realtime.resolver import LIMIT, MINIMUM, Wanted

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.publish.served import Generation
    from cdp.realtime.answer import Candidate

MOST_CANDIDATES = 20
MOST_FIELDS = 60
MOST_VALUES = 20
LONGEST_VALUE = 1000
_VALUE: Schema = {"type": ["string", "number", "boolean", "null"], "maxLength": LONGEST_VALUE}


class ResolveBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/resolve` takes."""

    record: dict[str, Any]
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_CANDIDATES)] = LIMIT
    minimum_probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = MINIMUM
    include_profile: bool = True


BODY: Schema = {
    **obj(
        {
            "record": {
                "type": "object",
                "minProperties": 1,
                "maxProperties": MOST_FIELDS,
                "propertyNames": {"minLength": 1, "maxLength": 100},
                "additionalProperties": {
                    "anyOf": [
                        _VALUE,
                        {"type": "array", "items": _VALUE, "maxItems": MOST_VALUES},
                    ]
                },
                "description": "columns as `cdp match` takes them, under any of their names",
            },
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_CANDIDATES,
                "default": LIMIT,
            },
            "minimum_probability": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "default": MINIMUM,
                "description": "leave less likely candidates out",
            },
            "include_profile": {"type": "boolean", "default": True},
        },
        "record",
    ),
    "additionalProperties": False,
    "examples": [{"record": {"given_name": "Ada", "email": ["ada@example.org"]}}],
}
EXAMPLE: dict[str, Any] = {
    "verdict": "match",
    "create_advised": False,
    "advice": "do not create: the first candidate is the same, as a run would decide",
    "party_type": "person",
    "read_as": {"given_name": "given_name", "email": "emails"},
    "compared": 3,
    "model": "v1",
    "generation": 7,
    "heard_since": [],
    "candidates": [
        {
            "entity": "profile",
            "id": "P-4be6128d6ea34c5f6c2b",
            "verdict": "match",
            "probability": 0.998,
            "match_weight": 9.1,
            "records": 2,
            "reasons": ["e-mail: exact (+14.2)", "weighed against it: same given name (62%)"],
            "nearest": {
                "record_id": "crm:17",
                "match_weight": 10.3,
                "probability": 0.9992,
                "weights": [
                    {"comparison": "prior", "level": None, "weight": -12.1},
                    {"comparison": "email", "level": "exact", "weight": 22.6},
                    {"comparison": "innocent", "level": None, "weight": -0.2},
                ],
                "innocent": "same given name",
                "innocent_share": 0.62,
            },
            "profile": {"profile_id": "P-4be6128d6ea34c5f6c2b", "full_name": "A. E."},
        }
    ],
}


_HEARD_ADVICE = (
    "ask before creating: somebody said the same e-mail or phone since the last run, which has "
    "not judged them yet; see heard_since"
)
_BEHIND_ADVICE = (
    "ask again in some seconds: a run has just published, and who it brought is not asked yet"
)


def resolve(call: Call) -> Answer:
    """Answer with the candidates, and whether creating is advised."""
    body = _decoded(call.body)
    generation, resolver = call.context.live.current()
    wanted = Wanted(body.limit, body.minimum_probability)
    found = resolver.resolve(body.record, wanted)
    shown_ones = tuple(one for one in found.candidates if not call.hides(one.id))
    if len(shown_ones) < len(found.candidates):
        found = replace(found, candidates=shown_ones, verdict=decided(list(shown_ones)))
    candidates = [
        _candidate(call, generation, one, with_profile=body.include_profile)
        for one in found.candidates
    ]
    document = found.document(generation.number) | {"candidates": candidates}
    if found.verdict == "none" and generation.number != call.context.published.current().number:
        document |= {"create_advised": False, "advice": _BEHIND_ADVICE}
    heard = _heard(call, body)
    if heard and found.verdict == "none":
        document |= {"verdict": "possible", "create_advised": False, "advice": _HEARD_ADVICE}
    return call.reply(msgspec.json.encode(document | {"heard_since": heard}))


def _heard(call: Call, body: ResolveBody) -> list[dict[str, Any]]:
    """Return those who said the same e-mail or phone since the last run."""
    generation = call.context.generation()
    if not isinstance(generation, Overlaid):
        return []
    sharing = ((id_, kind) for id_, kind in generation.sharing(body.record) if not call.hides(id_))
    found = list(islice(sharing, body.limit))
    told = []
    for id_, kind in found:
        call.note("profile.resolve", id_)
        stored = msgspec.json.decode(generation.document("profile", id_) or b"{}")
        profile = shown(call, "profile", stored) if body.include_profile else None
        told.append({"id": id_, "same": kind, "profile": profile})
    return told


def _candidate(
    call: Call, generation: Generation, found: Candidate, *, with_profile: bool
) -> dict[str, Any]:
    call.note(f"{found.entity}.resolve", found.id)
    profile = None
    if with_profile:
        stored = msgspec.json.decode(generation.document(found.entity, found.id) or b"{}")
        profile = shown(call, found.entity, stored)
    plain = found.document()
    if not call.sees_personal_data:
        plain["nearest"]["record_id"] = record_id(found.nearest.record_id)
    return plain | {"profile": profile}


def _decoded(body: bytes) -> ResolveBody:
    asked = decoded(body, ResolveBody)
    wrong = list(_wrong(asked.record))
    if wrong:
        raise InvalidError(*wrong)
    return asked


def _wrong(record: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is wrong, field by field."""
    if not 1 <= len(record) <= MOST_FIELDS:
        return [("record", f"give 1 to {MOST_FIELDS} fields, such as email")]
    found = []
    for name, value in record.items():
        message = _wrong_value(value) if 0 < len(name) <= 100 else "is no name of a field"  # noqa: PLR2004
        if message:
            found.append((f"record.{name[:100]}", message))
    return found


def _wrong_value(value: Any) -> str:  # noqa: ANN401 - JSON
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES:
        return f"give at most {MOST_VALUES} values"
    if any(isinstance(item, dict | list) for item in values):
        return "give text, a number, or a list of these"
    if any(isinstance(item, str) and len(item) > LONGEST_VALUE for item in values):
        return f"a value may have {LONGEST_VALUE:,} characters"
    return ""
