"""The steward's desk over HTTP: the review queue, decisions, undo."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.errors import NotFoundError
from cdp.privacy.masking import mask
from cdp.steward.decisions import document
from cdp.steward.desk import Desk, Order, Steward
from cdp.steward.queue import DIRECTIONS, STATUSES, Filter, Overlay, items
from cdp.store.state import State
from cdp.store.state_dismissals import Dismissals

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call

_LONGEST_KEY = 200
_LONGEST_NUMBER = 15
Text = Annotated[str, msgspec.Meta(max_length=1000)]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Actor = Annotated[str, msgspec.Meta(max_length=200)]


class DecideBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/decisions` takes."""

    action: Literal["confirm", "reject", "merge", "split"]
    reason: Reason
    item_id: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    refs: Annotated[list[Text], msgspec.Meta(max_length=100)] = []
    records: Annotated[list[Text], msgspec.Meta(max_length=100)] = []
    actor: Actor | None = None


class UndoBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/decisions/{decision_id}/undo` takes."""

    reason: Reason
    actor: Actor | None = None


def reviews(call: Call) -> Answer:
    """List the questions that are worth most."""
    wanted = Filter(
        direction=_chosen(call, "direction", DIRECTIONS, None),
        status=_chosen(call, "status", (*STATUSES, "all"), "open"),
    )
    if wanted.status == "all":
        wanted = Filter(direction=wanted.direction, status=None)
    limit = call.limit()
    generation = call.context.published.current()
    found = items(generation, Overlay.read(call.context.home), wanted, call.cursor())
    seen = ((place, item) for place, item in found if not _hides(call, item))
    page = list(islice(seen, limit + 1))
    for _, item in page[:limit]:
        _note(call, item)
    bodies = [_encoded(call, "review", item) for _, item in page[:limit]]
    return call.reply_page(bodies, page[limit - 1][0] if len(page) > limit else None)


def review(call: Call) -> Answer:
    """Answer with one question."""
    stored = call.context.published.current().review(call.path("item_id"))
    item = Overlay.read(call.context.home).shown(stored)
    _note(call, item)
    shown: dict[str, Any] = msgspec.json.decode(_encoded(call, "review", item))
    return call.reply(msgspec.json.encode(shown | {"dismissed": _dismissed(call, item)}))


def _dismissed(call: Call, item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return how often agents said of either side that it was not who called: a hint, no more."""
    ids = [item[side] for side in ("profile_id", "other_id") if item[side] is not None]
    with State.open(call.context.home) as state:
        said = {id_: Dismissals(state).of_party(id_) for id_ in ids}
    return [
        {"id": id_, "times": len(made), "numbers": len({one.phone for one in made})}
        for id_, made in said.items()
        if made
    ]


def decisions(call: Call) -> Answer:
    """List decisions, latest first."""
    limit, after = call.limit(), call.cursor()
    if after is not None and not _is_number(after):
        raise InvalidError(("cursor", "use the next_cursor of the page before"))
    found = _desk(call).log(limit + 1, int(after) if after is not None else None)
    bodies = [_encoded(call, "decision", document(d)) for d in found[:limit]]
    more = str(found[limit - 1].decision_id) if len(found) > limit else None
    return call.reply_page(bodies, more)


def decision(call: Call) -> Answer:
    """Answer with one decision and what it says of which records."""
    made, pairs = _desk(call).one(_number(call.path("decision_id")))
    facts = [{"record_l": left, "record_r": right, "verdict": v} for left, right, v in pairs]
    return call.reply(_encoded(call, "decision", document(made) | {"facts": facts}))


def decide(call: Call) -> Answer:
    """Keep a decision; the same request under the same Idempotency-Key decides once."""
    body = decoded(call.body, DecideBody)
    order = Order(body.action, body.item_id, tuple(body.refs), tuple(body.records))
    made, is_new = _desk(call).decide(order, _steward(call, body.actor, body.reason))
    encoded = _encoded(call, "decision", document(made))
    if is_new:
        return call.created(encoded, f"/v1/decisions/{made.decision_id}")
    return call.reply(encoded)


def undo(call: Call) -> Answer:
    """Take a decision out of force."""
    body = decoded(call.body, UndoBody)
    number = _number(call.path("decision_id"))
    made = _desk(call).undo(number, _steward(call, body.actor, body.reason))
    return call.reply(_encoded(call, "decision", document(made)))


def _desk(call: Call) -> Desk:
    return Desk(call.context.home, call.context.country)


def _steward(call: Call, actor: str | None, reason: str) -> Steward:
    key = call.caller
    name = f"{actor.strip()} ({key.name})" if actor and actor.strip() else key.name
    return Steward(name, reason, call.context.clock(), key.key_id, call.request_id, once(call))


def once(call: Call) -> str | None:
    """Return the request's Idempotency-Key, None without one.

    Raises:
        InvalidError: it is empty or too long.
    """
    given = call.headers.get(b"idempotency-key")
    if given is None:
        return None
    text = given.decode("latin-1").strip()
    if not 1 <= len(text) <= _LONGEST_KEY:
        raise InvalidError(("Idempotency-Key", f"must have 1 to {_LONGEST_KEY} characters"))
    return text


def _hides(call: Call, item: dict[str, Any]) -> bool:
    """Whether the processing of one of whom a question is about is restricted."""
    sides = (item["profile_id"], item["other_id"])
    return any(id_ is not None and call.withholds(id_) for id_ in sides)


def _note(call: Call, item: dict[str, Any]) -> None:
    for id_ in (item["profile_id"], item["other_id"]):
        if id_ is not None:
            call.note("review.read", id_)


def _encoded(call: Call, kind: str, found: dict[str, Any]) -> bytes:
    return msgspec.json.encode(found if call.sees_personal_data else mask(kind, found))


def _number(text: str) -> int:
    if not _is_number(text):
        msg = f"there is no decision {text[:20]!r}; GET /v1/decisions lists them"
        raise NotFoundError(msg)
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER


def _chosen(call: Call, name: str, known: tuple[str, ...], default: str | None) -> str | None:
    text = call.query(name)
    if text is None:
        return default
    if text not in known:
        raise InvalidError((name, f"use one of {', '.join(known)}"))
    return text
