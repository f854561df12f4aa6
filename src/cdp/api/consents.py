"""Permissions given or withdrawn here: kept at once, shown at once, weighed by the next run.

Invariant: an opt-in is kept for the contact point that it names and for a record that carries it,
so that no link carries it further; a refusal without a contact point is kept for every record.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.api.profiles import consents_now
from cdp.privacy.masking import mask
from cdp.publish.reference import parse
from cdp.store.state import State
from cdp.store.state_consents import Consent, Consents

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.publish.served import Generation

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9_.:-]+$")]


class ConsentBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/profiles/{ref}/consents` takes."""

    contact_kind: Literal["email", "phone", "post"]
    channel: Literal["email", "sms", "phone", "post"]
    state: Literal["granted", "denied", "pending"]
    contact_value: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | None = None
    purpose: Word = "marketing"
    category: Word = "any"
    given_at: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    proof: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)] | None = None
    actor: Annotated[str, msgspec.Meta(max_length=200)] | None = None


def give(call: Call) -> Answer:
    """Keep what somebody said of being contacted; golden weighs it with all else that was said."""
    body = decoded(call.body, ConsentBody)
    if body.state == "granted" and body.contact_value is None and body.contact_kind != "post":
        raise InvalidError(("contact_value", "a permission is one for a contact point; name it"))
    generation = call.context.generation()
    id_ = generation.find("profile", parse(call.path("ref"), call.context.country))
    call.note("consent.give", id_, body.purpose)
    said = _said(call, body)
    with State.open(call.context.home) as state:
        every = [replace(said, record_id=r) for r in _records(generation, id_, said)]
        numbers = [Consents(state).add(one) for one in every]
    call.context.given.look_again()
    consents = consents_now(call, generation, id_)
    shown = consents if call.sees_personal_data else mask("consents", consents)
    answer = {
        "profile_id": id_,
        "consent_ids": [f"cdp:{number}" for number in numbers],
        "consents": shown,
    }
    return call.created(msgspec.json.encode(answer), f"/v1/profiles/{id_}/consents")


def _said(call: Call, body: ConsentBody) -> Consent:
    key, now = call.caller, call.context.clock()
    given_at = _moment(body.given_at) if body.given_at else now
    if given_at > now:
        raise InvalidError(("given_at", "lies in the future"))
    value = body.contact_value
    if value is not None and body.contact_kind != "post":
        value = parse(f"{body.contact_kind}:{value}", call.context.country).value
    return Consent(
        contact_kind=body.contact_kind,
        channel=body.channel,
        state=body.state,
        given_at=given_at,
        actor=f"{body.actor.strip()} ({key.name})" if body.actor else key.name,
        contact_value=value,
        purpose=body.purpose,
        category=body.category,
        proof=body.proof,
    )


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidError(("given_at", "is no ISO 8601 timestamp")) from None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _records(generation: Generation, id_: str, said: Consent) -> list[str]:
    """Return the records that the statement is kept for: who carries the contact point."""
    sources, identifiers = (
        msgspec.json.decode(generation.document(name, id_) or b"[]")
        for name in ("sources", "identifiers")
    )
    known = [str(record["record_id"]) for record in sources]
    if said.contact_value is None and said.state != "granted":
        return known
    wanted = (said.contact_kind, said.contact_value)
    held = [
        r for one in identifiers if (one["kind"], one["value"]) == wanted for r in one["records"]
    ]
    return (sorted(held) or known)[:1]
