"""What is sent in over HTTP: events of SDKs, rows of programs, signed messages of systems.

Invariant: an answer of success is given when everything of the request is on the disk: what was
taken, and what was refused with its reason.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.concurrency import run_in_threadpool

from cdp.api.answer import Answer
from cdp.api.errors import InvalidError
from cdp.api.identity import once
from cdp.collect import rows, spec
from cdp.collect.arrival import Arrival
from cdp.store import state_acts
from cdp.store.state import State
from cdp.store.state_acts import Once

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from cdp.api.call import Call
    from cdp.collect.arrival import Refusal, Taken

_LINES = (b"application/x-ndjson", b"application/jsonl", b"application/x-jsonlines")


def event(kind: str) -> Callable[[Call], Awaitable[Answer]]:
    """Return the handler of one call of the event spec."""

    async def handler(call: Call) -> Answer:
        return await _kept(call, spec.one(_of_key(call), kind, call.body))

    return handler


async def batch(call: Call) -> Answer:
    """Keep a batch of events, and say of which one was refused and why."""
    return await _kept(call, spec.batch(_of_key(call), call.body))


async def import_rows(call: Call) -> Answer:
    """Keep rows of an instance; the same request under the same Idempotency-Key counts once."""
    name, of = call.path("source"), call.query("object")
    kind = call.context.intake.receivers.kind(name, of)
    request = _once(call, f"{name}\n{kind.object}")
    if request is not None:
        said = await run_in_threadpool(_said, call, request)
        if said is not None:
            return _answer(call, said.encode())
    is_lines = call.headers.get(b"content-type", b"").partition(b";")[0].strip() in _LINES
    pieces = rows.pieces(call.body, is_lines=is_lines)
    answered = await _kept(call, rows.taken(_arrival(call, name), kind, pieces))
    if request is not None:
        await run_in_threadpool(_say, call, request, answered.body.decode())
    return answered


async def webhook(call: Call) -> Answer:
    """Keep what a signed message tells of."""
    name = call.path("source")
    hook = call.context.intake.receivers.hook(name)
    hook.check(call.headers, call.body, call.context.clock())
    taken = hook.taken(_arrival(call, name), call.headers, call.body)
    await call.context.intake.keep(taken.entries)
    # A system sends again what is not answered with success, and what was refused stays refused.
    return _answer(call, _told(taken.accepted, taken.refusals))


def _of_key(call: Call) -> Arrival:
    return _arrival(call, call.context.intake.receivers.events(call.caller.name))


def _arrival(call: Call, source: str) -> Arrival:
    return Arrival(source, call.context.clock(), call.request_id)


async def _kept(call: Call, taken: Taken) -> Answer:
    """Keep what arrived and answer; a problem where nothing of it was taken.

    Raises:
        InvalidError: everything was refused; it is kept with its reasons all the same.
    """
    kept = call.context.intake.keep(taken.entries)
    accepted, refusals = taken.accepted, taken.refusals
    del taken  # many wait here: thousands of entries that stay would keep the collector busy
    await kept
    if refusals and not accepted:
        raise InvalidError(*((f"[{each.index}]", each.message) for each in refusals))
    return _answer(call, _told(accepted, refusals))


def _told(accepted: int, refusals: Sequence[Refusal]) -> bytes:
    if not refusals:
        return b'{"success":true,"accepted":%d,"refused":[]}' % accepted
    listed = [_document(each) for each in refusals]
    return msgspec.json.encode({"success": True, "accepted": accepted, "refused": listed})


def _document(refusal: Refusal) -> dict[str, Any]:
    return {"index": refusal.index, "code": refusal.code, "message": refusal.message}


def _answer(call: Call, body: bytes) -> Answer:
    return Answer(200, body, {"x-request-id": call.request_id, "cache-control": "no-store"})


def _once(call: Call, what: str) -> Once | None:
    given = once(call)
    if given is None:
        return None
    digest = hashlib.sha256(what.encode() + b"\n" + call.body).hexdigest()
    return Once(call.caller.key_id, given, f"import {digest}")


def _said(call: Call, request: Once) -> str | None:
    with State.open(call.context.home) as state:
        return state_acts.answered(state.connection, request)


def _say(call: Call, request: Once, said: str) -> None:
    with State.open(call.context.home) as state, state.writing() as connection:
        if state_acts.answered(connection, request) is None:
            state_acts.answer(connection, request, said, call.context.clock())
