"""The quarantine over HTTP: what waits, setting it right, letting it through, taking that back."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.api.identity import once
from cdp.errors import NotFoundError
from cdp.privacy.masking import mask
from cdp.quality import desk as desks
from cdp.quality.desk import Clerk, Repair, Wanted
from cdp.settings import Workspace
from cdp.sourcing.known import mapped_fields

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.store.state_corrections import Correction

_LONGEST_NUMBER = 15
Why = Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Value = str | int | float | bool | None


class RepairBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/quarantine/{record}:repair` takes."""

    why: Why
    changes: dict[Name, Value] = {}
    drop: bool = False
    new_field: bool = False
    object: Name | None = None
    actor: Name | None = None


class ReplayBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/quarantine:replay` takes."""

    why: Why
    record: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    source: Name | None = None
    object: Name | None = None
    reason: Name | None = None
    actor: Name | None = None


class UndoBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/corrections/{correction_id}/undo` takes."""

    why: Why
    actor: Name | None = None


def every(call: Call) -> Answer:
    """List what waits in quarantine, a page at a time."""
    wanted = Wanted(call.query("source"), call.query("object"), call.query("reason"))
    limit = call.limit()
    with desks.published(call.context.home) as desk:
        rows = desk.waiting(wanted, limit + 1, call.cursor())
    for row in rows[:limit]:
        _note(call, row)
    bodies = [_encoded(call, "quarantined", _document(row)) for row in rows[:limit]]
    more = rows[limit - 1]["quarantine_id"] if len(rows) > limit else None
    return call.reply_page(bodies, more)


def one(call: Call) -> Answer:
    """Answer with one record that waits, as it came."""
    with desks.published(call.context.home) as desk:
        row = desk.one(call.path("record"), call.query("object"))
    _note(call, row)
    return call.reply(_encoded(call, "quarantined", _document(row)))


def repair(call: Call) -> Answer:
    """Keep a correction of a record; the same request under the same key corrects once."""
    body = decoded(call.body, RepairBody)
    if body.drop == bool(body.changes):
        raise InvalidError(("changes", "give either changes, or drop: true"))
    anyway = "new_field: true"
    asked = Repair(call.path("record"), body.object, body.changes, body.new_field, anyway)
    home = call.context.home
    with desks.published(home, partial(mapped_fields, Workspace(home.parent))) as desk:
        made, is_new = desk.repair(asked, _clerk(call, body.actor, body.why))
    encoded = _encoded(call, "correction", desks.document(made))
    if is_new:
        return call.created(encoded, f"/v1/corrections/{made.correction_id}")
    return call.reply(encoded)


def replay(call: Call) -> Answer:
    """Let records through that rules keep back, from the next run on."""
    body = decoded(call.body, ReplayBody)
    wanted = Wanted(body.source, body.object, body.reason)
    if body.record is None and wanted == Wanted():
        raise InvalidError(("body", "name record, source, object or reason"))
    with desks.published(call.context.home) as desk:
        done = desk.replay(wanted, _clerk(call, body.actor, body.why), body.record)
    answer = {
        "allowed": [made.correction_id for made in done.allowed],
        "corrected": done.corrected,
        "stuck": [{"reason": why, "records": n} for why, n in sorted(done.stuck.items())],
    }
    return call.reply(msgspec.json.encode(answer))


def corrections(call: Call) -> Answer:
    """List corrections, latest first, a page at a time."""
    limit, after = call.limit(), call.cursor()
    if after is not None and not _is_number(after):
        raise InvalidError(("cursor", "use the next_cursor of the page before"))
    made = desks.log(call.context.home, limit + 1, int(after) if after is not None else None)
    bodies = [_encoded(call, "correction", desks.document(one)) for one in made[:limit]]
    more = str(made[limit - 1].correction_id) if len(made) > limit else None
    return call.reply_page(bodies, more)


def correction(call: Call) -> Answer:
    """Answer with one correction."""
    return call.reply(_encoded(call, "correction", desks.document(_kept(call))))


def undo(call: Call) -> Answer:
    """Take a correction out of force."""
    body = decoded(call.body, UndoBody)
    number = _kept(call).correction_id
    made = desks.undo(call.context.home, number, _clerk(call, body.actor, body.why))
    return call.reply(_encoded(call, "correction", desks.document(made)))


def _kept(call: Call) -> Correction:
    text = call.path("correction_id")
    made = desks.kept(call.context.home, int(text)) if _is_number(text) else None
    if made is not None:
        return made
    msg = f"there is no correction {text[:20]!r}; GET /v1/corrections lists them"
    raise NotFoundError(msg)


def _clerk(call: Call, actor: str | None, why: str) -> Clerk:
    key = call.caller
    name = f"{actor.strip()} ({key.name})" if actor and actor.strip() else key.name
    return Clerk(name, why, call.context.clock(), key.key_id, call.request_id, once(call))


def _document(row: dict[str, Any]) -> dict[str, Any]:
    payload = json.loads(row["payload"]) if row["payload"] is not None else None
    received = row["received_at"].isoformat() + "Z" if row.get("received_at") else None
    return row | {"payload": payload, "received_at": received}


def _note(call: Call, row: dict[str, Any]) -> None:
    if row["record_id"] is not None:
        call.note("quarantine.read", row["record_id"])


def _encoded(call: Call, kind: str, found: dict[str, Any]) -> bytes:
    return msgspec.json.encode(found if call.sees_personal_data else mask(kind, found))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER
