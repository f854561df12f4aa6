"""Keys over HTTP, for administrators: made, listed, replaced, revoked.

A token is told once, in the answer that makes it; sent again under the same Idempotency-Key the
request is answered without it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec

from cdp.api import again
from cdp.api.answer import Answer
from cdp.api.decoding import decoded
from cdp.api.paging import reply_sorted
from cdp.privacy import keys
from cdp.privacy.access import ACCESS, check_roles
from cdp.privacy.keys import Actor, Terms
from cdp.privacy.keys_told import told
from cdp.settings import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.api.call import Call
    from cdp.store.state_keys import StoredKey

    Made = tuple[StoredKey, str]

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Names = Annotated[list[Annotated[str, msgspec.Meta(max_length=100)]], msgspec.Meta(max_length=50)]
MOST_SECONDS = 90 * 24 * 3600


class CreateBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/keys` takes."""

    name: _Name
    scopes: _Names = []
    roles: _Names = []
    expires_at: datetime | None = None
    rate_limit: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] | None = None


class RotateBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/keys/{key_id}:rotate` takes."""

    overlap_seconds: Annotated[int, msgspec.Meta(ge=0, le=MOST_SECONDS)] = 0


def every(call: Call) -> Answer:
    """List all keys ever made, oldest first, without the keys themselves, a page at a time."""
    now = call.context.clock()
    rows = [told(key, now) for key in keys.every(call.context.home)]
    return reply_sorted(call, rows, lambda key: f"{key['created_at']} {key['key_id']}")


def create(call: Call) -> Answer:
    """Make a key; it is told now and never again."""
    body = decoded(call.body, CreateBody)
    home, ends = call.context.home, body.expires_at
    check_roles(Workspace(home.parent).one(ACCESS), body.roles)
    if ends is not None:
        ends = ends.astimezone(UTC) if ends.tzinfo is not None else ends.replace(tzinfo=UTC)
    terms = Terms(frozenset(body.roles), ends, body.rate_limit)
    at, actor = call.context.clock(), _actor(call)
    return _once(
        call,
        lambda: keys.create(home, body.name, body.scopes, at=at, terms=terms, actor=actor),
    )


def rotate(call: Call) -> Answer:
    """Make a key in the place of another, which goes on working for a while."""
    body = decoded(call.body, RotateBody)
    home, at, actor = call.context.home, call.context.clock(), _actor(call)
    overlap = timedelta(seconds=body.overlap_seconds)
    key_id = call.path("key_id")
    return _once(call, lambda: keys.rotate(home, key_id, at=at, overlap=overlap, actor=actor))


def revoke(call: Call) -> Answer:
    """Take a key out of force."""
    key_id, at = call.path("key_id"), call.context.clock()
    keys.revoke(call.context.home, key_id, at=at, actor=_actor(call))
    revoked = next(key for key in keys.every(call.context.home) if key.key_id == key_id)
    return call.reply(msgspec.json.encode(told(revoked, at)))


def _once(call: Call, make: Callable[[], Made]) -> Answer:
    """Return the answer to a request that makes a key; what is kept of it has no token."""
    if b"idempotency-key" not in call.headers:
        return _created(call, make())
    asked = again.asking(call)
    before = again.begun(call, asked)
    if before is not None:
        return before
    try:
        made = make()
    except BaseException:
        again.ended(call, asked, Answer(500, b"", {}))
        raise
    again.ended(call, asked, _created(call, (made[0], None)))
    return _created(call, made)


def _created(call: Call, made: tuple[StoredKey, str | None]) -> Answer:
    stored, token = made
    document = told(stored, call.context.clock()) | {"key": token}
    return call.created(msgspec.json.encode(document), f"/v1/keys/{stored.key_id}")


def _actor(call: Call) -> Actor:
    return Actor(call.caller.key_id, call.request_id)
