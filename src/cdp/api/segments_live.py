"""The segments of one profile right now: moved by what was heard and said since the run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.concurrency import run_in_threadpool

from cdp.api import profiles
from cdp.api.answer import Answer
from cdp.api.profiles import consents_now
from cdp.realtime.membership import Heard
from cdp.realtime.overlaid import Overlaid

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cdp.api.call import Call
    from cdp.publish.served import Generation

    Handler = Callable[[Call], Answer | Awaitable[Answer]]

_OK = 200
_OF = "profile"
_NAME = "segments"


def read(entity: str) -> Handler:
    """Return the handler of one profile or account: where `segments` are included, those of now."""
    whole = profiles.read(entity)

    def handler(call: Call) -> Answer | Awaitable[Answer]:
        include = call.query("include")
        if not include or entity != _OF or _is_of_then(call):
            return whole(call)
        if _NAME not in {name.strip() for name in include.split(",")}:
            return whole(call)
        return _now(call, whole)

    return handler


def read_part(entity: str) -> Handler:
    """Return the handler of the segments of one profile or account, as they are now."""
    whole: Handler = profiles.read_part(entity, _NAME)

    def handler(call: Call) -> Answer | Awaitable[Answer]:
        if entity != _OF or _is_of_then(call):
            return whole(call)
        return _now(call, whole, part=True)

    return handler


def _is_of_then(call: Call) -> bool:
    """Whether another moment is asked for, or a view, which shows what its scenario does."""
    return call.query("as_of") is not None or call.query("view") is not None


async def _now(call: Call, whole: Handler, *, part: bool = False) -> Answer:
    """Answer as `whole` does, with the segments of now where they may be others."""
    # whether the caller has the answer already is known once the segments of now are in it
    headers = {k: v for k, v in call.headers.items() if k != b"if-none-match"}
    handled = whole(inner := replace(call, headers=headers))
    answered = handled if isinstance(handled, Answer) else await handled
    call.noted = inner.noted
    if answered.status != _OK:
        return answered
    document = msgspec.json.decode(answered.body)
    generation, id_ = call.context.generation(), document["profile_id"]
    if may_differ(call, generation, id_):
        now, left = await run_in_threadpool(segments_now, call, generation, id_)
        document[_NAME] = now
        if part:
            document["left"] = left
    if part:
        document["as_of"] = generation.manifest.as_of
    return call.reply(msgspec.json.encode(document))


def heard_of(call: Call, generation: Generation, id_: str) -> Heard:
    """Return what is known of a profile beside what was published."""
    stored = generation.document("consents", id_)
    consents = msgspec.json.decode(stored, type=list[dict[str, Any]]) if stored else []
    document = generation.document("profile", id_)
    return Heard(
        id_,
        msgspec.json.decode(document) if document else {},
        generation.heard(id_) if isinstance(generation, Overlaid) else (),
        consents,
        consents_now(call, generation, id_),
    )


def may_differ(call: Call, generation: Generation, id_: str) -> bool:
    """Whether a profile may be in other segments than the run found: else nothing is waited for."""
    if call.looked_at is not None or not id_.startswith("P-"):
        return False
    return call.context.membership.moves_static() or heard_of(call, generation, id_).is_news


def segments_now(
    call: Call, generation: Generation, id_: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the segments of a profile now, and those it left since the run; it waits."""
    stored = generation.document("segments", id_)
    rows = msgspec.json.decode(stored, type=list[dict[str, Any]]) if stored else []
    if call.looked_at is not None or not id_.startswith("P-"):
        return rows, []
    return call.context.membership.over(generation, rows, heard_of(call, generation, id_))
