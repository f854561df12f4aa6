"""Screen pop: who may be calling, and that somebody was not."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.api.identity import Actor, Reason, once
from cdp.api.profiles import shown, viewed
from cdp.errors import NotFoundError
from cdp.privacy.masking import phone as masked_phone
from cdp.publish.reference import Reference
from cdp.scenarios.caller import is_nobodys, number_of
from cdp.scenarios.scenario import OutOfRegionError, chosen, slice_of
from cdp.scenarios.screen_pop import Candidate, Pop, candidates
from cdp.store.state import State
from cdp.store.state_acts import By, Once
from cdp.store.state_audit import Access
from cdp.store.state_dismissals import Dismissals

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.publish.served import Generation
    from cdp.scenarios.scenario import View
    from cdp.store.state_dismissals import Dismissal

DEFAULT_VIEW = "service"
LISTED, MOST_LISTED = 5, 20
LONGEST_PHONE = 60
_WHY = "not the caller"
_SCOPE = "profiles:read"


class DismissBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/screen-pop/dismissals` takes."""

    phone: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_PHONE)]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    reason: Reason = _WHY
    call_id: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None
    actor: Actor | None = None


class UndoBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/screen-pop/dismissals/{dismissal_id}/undo` takes."""

    reason: Reason
    actor: Actor | None = None


def pop(call: Call) -> Answer:
    """Answer with who may be calling, best first, and the view of the one that is sure."""
    view = _view(call)
    call.require(view.scope if view else _SCOPE)
    number = _caller(call, call.query("phone") or "")
    generation = call.context.generation()
    found = _candidates(call, generation, number)
    listed = [c for c in (_listed(call, one, view) for one in found.candidates) if c is not None]
    body = {
        "phone": number if call.sees_personal_data or number is None else masked_phone(number),
        "view": view.name if view else None,
        "candidates": [c | {"rank": n} for n, c in enumerate(listed[: _limit(call)], start=1)],
        "opened": _opened(call, generation, found, view),
        "omitted": found.omitted,
        "generation": generation.number,
    }
    return call.reply(msgspec.json.encode(body))


def dismiss(call: Call) -> Answer:
    """Keep that a party was not the caller."""
    body = decoded(call.body, DismissBody)
    number = _number(call, body.phone)
    if number is None:
        raise InvalidError(("phone", "is no telephone number; nothing can be said of it"))
    entity = "account" if body.id.startswith("A-") else "profile"
    id_ = call.context.generation().find(entity, Reference("", body.id))
    given, by = once(call), _by(call, body.actor, body.reason, id_)
    request = json.dumps([number, id_, body.reason, body.call_id])
    repeatable = Once(call.caller.key_id, given, _digest(request)) if given else None
    with State.open(call.context.home) as state:
        made, is_new = Dismissals(state).add((number, body.call_id), id_, by, repeatable)
    encoded = msgspec.json.encode(_document(call, made))
    if is_new:
        return call.created(encoded, f"/v1/screen-pop/dismissals/{made.dismissal_id}")
    return call.reply(encoded)


def undo(call: Call) -> Answer:
    """Take a dismissal out of force."""
    body = decoded(call.body, UndoBody)
    number = _dismissal_id(call)
    with State.open(call.context.home) as state:
        dismissals = Dismissals(state)
        by = _by(call, body.actor, body.reason, dismissals.one(number).party_id, "dismissal.undo")
        made = dismissals.undo(number, by)
    return call.reply(msgspec.json.encode(_document(call, made)))


def dismissal(call: Call) -> Answer:
    """Answer with one dismissal."""
    with State.open(call.context.home) as state:
        made = Dismissals(state).one(_dismissal_id(call))
    call.note("dismissal.read", made.party_id)
    return call.reply(msgspec.json.encode(_document(call, made)))


def dismissals(call: Call) -> Answer:
    """List dismissals, latest first."""
    limit, after = call.limit(), call.cursor()
    if after is not None and not (after.isascii() and after.isdecimal() and len(after) < 16):  # noqa: PLR2004
        raise InvalidError(("cursor", "use the next_cursor of the page before"))
    with State.open(call.context.home) as state:
        found = Dismissals(state).page(limit + 1, int(after) if after is not None else None)
    shown_ones = [made for made in found[:limit] if not call.hides(made.party_id)]
    for made in shown_ones:
        call.note("dismissal.read", made.party_id)
    bodies = [msgspec.json.encode(_document(call, made)) for made in shown_ones]
    return call.reply_page(
        bodies, str(found[limit - 1].dismissal_id) if len(found) > limit else None
    )


def _view(call: Call) -> View | None:
    """Return the view that is named, else the service view where the workspace has it."""
    named = call.query("view")
    if named is None:
        return call.context.scenarios.get(DEFAULT_VIEW)
    return chosen(call.context.scenarios, named)


def _caller(call: Call, text: str) -> str | None:
    """Return the number of who calls, None where it is nobody's.

    Raises:
        InvalidError: the text is neither a number nor says that it is withheld.
    """
    number = _number(call, text)
    if number is None and not is_nobodys(text):
        message = (
            "is no telephone number; send it in any notation, or `anonymous` if it is withheld"
        )
        raise InvalidError(("phone", message))
    return number


def _number(call: Call, text: str) -> str | None:
    if len(text) > LONGEST_PHONE:
        raise InvalidError(("phone", f"may have {LONGEST_PHONE} characters"))
    if not text:
        raise InvalidError(("phone", "give the number of the caller, in any notation"))
    return number_of(text, call.context.country)


def _limit(call: Call) -> int:
    text = call.query("limit")
    if text is None:
        return LISTED
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:4]) <= MOST_LISTED):
        raise InvalidError(("limit", f"must be a whole number from 1 to {MOST_LISTED}"))
    return int(text)


def _candidates(call: Call, generation: Generation, number: str | None) -> Pop:
    if number is None:
        return Pop([], [])
    return candidates(generation, number, call.context.dismissals.of_number(number))


def _listed(call: Call, found: Candidate, view: View | None) -> dict[str, Any] | None:
    """Return a candidate with the fields of the view; None where it may not be shown."""
    fields = found.document
    if call.hides(found.id):
        return None
    if view is not None:
        try:
            view.refuse_other_regions(fields)
        except OutOfRegionError:
            return None
        fields = slice_of(view.scenario, fields, {})
    call.note("screen_pop.read", found.id, view.purpose if view else "")
    return {
        "entity": found.entity,
        "id": found.id,
        "certainty": found.certainty,
        "reasons": found.reasons,
        "dismissed": found.dismissed,
        "profile": shown(call, found.entity, fields),
    }


def _opened(
    call: Call, generation: Generation, found: Pop, view: View | None
) -> dict[str, Any] | None:
    """Return the whole view of the one owner that was not dismissed; None where it is not one."""
    owners = [c for c in found.candidates if c.certainty == "owner" and not c.dismissed]
    if len(owners) != 1 or view is None or call.hides(owners[0].id):
        return None
    only = owners[0]
    try:
        whole = viewed(call, generation, (only.entity, only.id), view)
    except OutOfRegionError:
        return None
    return shown(call, only.entity, whole)


def _by(
    call: Call, actor: str | None, reason: str, subject: str, action: str = "dismissal.add"
) -> By:
    key, at = call.caller, call.context.clock()
    name = f"{actor.strip()} ({key.name})" if actor and actor.strip() else key.name
    access = Access(at, call.request_id, key.key_id, action, subject, "service", "")
    return By(name, reason, at, (access,))


def _document(call: Call, made: Dismissal) -> dict[str, Any]:
    phone = made.phone if call.sees_personal_data else masked_phone(made.phone)
    return {
        "dismissal_id": made.dismissal_id,
        "phone": phone,
        "id": made.party_id,
        "call_id": made.call_id,
        "actor": made.actor,
        "reason": made.reason if call.sees_personal_data or made.reason == _WHY else None,
        "made_at": made.made_at,
        "undone_at": made.undone_at,
        "undone_by": made.undone_by,
    }


def _dismissal_id(call: Call) -> int:
    text = call.path("dismissal_id")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):  # noqa: PLR2004 - no such number
        msg = f"there is no dismissal {text[:20]!r}"
        raise NotFoundError(msg)
    return int(text)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
