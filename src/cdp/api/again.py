"""Creating requests that a caller may send again: the same Idempotency-Key gets the same answer.

For a day. A request is noted before it is carried out, so that two that come at once are not
both carried out; what failed for reasons of the server is forgotten, and may be tried again.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cdp.api.answer import Answer
from cdp.api.errors import MEDIA_TYPE, InvalidError
from cdp.store.state import State
from cdp.store.state_answers import Answered, Answers, Asking

if TYPE_CHECKING:
    from cdp.api.call import Call

_LONGEST_KEY = 200
_FAILED = 500
_REFUSED = 300


def asking(call: Call) -> Asking:
    """Return who asks what under which Idempotency-Key.

    Raises:
        InvalidError: the key is empty or too long.
    """
    key = call.headers.get(b"idempotency-key", b"").decode("latin-1").strip()
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise InvalidError(("Idempotency-Key", f"must have 1 to {_LONGEST_KEY} characters"))
    seen = hashlib.sha256()
    for part in (call.scope["method"].encode(), call.scope["path"].encode(), call.body):
        seen.update(part + b"\0")
    return Asking(call.caller.key_id, key, seen.hexdigest())


def begun(call: Call, asked: Asking) -> Answer | None:
    """Return what this request was answered before; None: it is noted now, to be carried out.

    Raises:
        ReusedKeyError: the key came with another request before.
        BusyError: the same request is being carried out.
    """
    with State.open(call.context.home) as state:
        found = Answers(state).begin(asked, call.context.clock())
    if found is None:
        return None
    headers = {"location": found.location} if found.location else {}
    if found.status >= _REFUSED:
        return Answer(found.status, found.body, headers, MEDIA_TYPE)
    return Answer(found.status, found.body, headers)


def ended(call: Call, asked: Asking, answered: Answer) -> None:
    """Keep what a request was answered."""
    location = answered.headers.get("location", "")
    with State.open(call.context.home) as state:
        answers = Answers(state)
        if answered.status >= _FAILED:
            answers.forget(asked)
        else:
            answers.end(asked, Answered(answered.status, location, answered.body))
