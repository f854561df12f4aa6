"""The public event spec: what identify, track, page, screen, group and alias must have.

Invariant: a piece of a request becomes exactly one entry, an event or one that was refused with its
reason. An event is kept as it was sent; what a server adds in the spec (`receivedAt`, `timestamp`
by our clock, `originalTimestamp`) is added by `document`, so that receiving costs little.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import msgspec

from cdp.collect import characters
from cdp.collect.arrival import Arrival, BodyError, Refusal, Taken, refused, written
from cdp.collect.skew import corrected, read
from cdp.store.eventlog_entry import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LARGEST_EVENT = 32 << 10
LARGEST_BATCH = 500 << 10
MOST_EVENTS = 2_500
LONGEST_ID = 256
OBJECT = "events"
NOBODY = frozenset(
    {
        *("", "-", "-1", "0", "anonymous", "false", "guest", "n/a", "nan", "na", "nil", "none"),
        *("null", "(null)", "true", "undefined", "unknown", "unset", "[object object]", "[]", "{}"),
        "00000000-0000-0000-0000-000000000000",
    }
)
"""What programs send as the id of a user or a visitor whom they do not know, in lower case."""
TYPES = ("identify", "track", "page", "screen", "group", "alias")

Key = Annotated[str, msgspec.Meta(max_length=LONGEST_ID)] | int | float | None


class _Object(msgspec.Struct, gc=False):
    """Any object, its fields passed over."""


class _Event(msgspec.Struct, rename="camel", gc=False):
    """What receiving needs of an event; the rest is passed over."""

    type: str | None = None
    message_id: Key = None
    user_id: Key = None
    anonymous_id: Key = None
    group_id: Key = None
    previous_id: Key = None
    event: str | None = None
    name: Key = None
    category: Key = None
    timestamp: Key = None
    original_timestamp: Key = None
    sent_at: Key = None
    traits: _Object | None = None
    properties: _Object | None = None
    context: _Object | None = None
    integrations: _Object | None = None
    write_key: str | None = None


class _Batch(msgspec.Struct, rename="camel"):
    """The body of `batch`; its context holds for every event that does not say otherwise."""

    batch: list[msgspec.Raw]
    sent_at: Key = None
    context: dict[str, Any] | None = None
    write_key: str | None = None


class _KeyHolder(msgspec.Struct, rename="camel"):
    write_key: str | None = None


_event = msgspec.json.Decoder(_Event).decode
_batch = msgspec.json.Decoder(_Batch).decode
_key_holder = msgspec.json.Decoder(_KeyHolder).decode


class _WrongError(Exception):
    """One event that the spec does not allow."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


def _refuse(code: str, message: str) -> NoReturn:
    raise _WrongError(code, message)


def is_nobody(key: str) -> bool:
    """Whether an id is one that stands for nobody."""
    return key.lower() in NOBODY


def body_key(body: bytes) -> str | None:
    """Return the write key that a body holds, None where it holds none."""
    try:
        return _key_holder(body).write_key
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return None


def one(arrival: Arrival, kind: str, body: bytes) -> Taken:
    """Return what the body of `/v1/<kind>` comes to."""
    return _taken(arrival, [memoryview(characters.whole(body))], _Around(kind))


def batch(arrival: Arrival, body: bytes) -> Taken:
    """Return what the body of `/v1/batch` comes to.

    Raises:
        BodyError: it is no JSON object with a list `batch`, or has too many events.
    """
    try:
        found = _batch(characters.whole(body))
    except (msgspec.MsgspecError, RecursionError) as error:
        msg = f'the body is no batch: {error}; send {{"batch": [...]}}'
        raise BodyError(msg) from error
    if len(found.batch) > MOST_EVENTS:
        msg = f"a batch may have {MOST_EVENTS:,} events, this one has {len(found.batch):,}"
        raise BodyError(msg)
    pieces = [memoryview(piece) for piece in found.batch]
    return _taken(arrival, pieces, _Around(None, _text(found.sent_at), found.context))


def document(entry: Entry) -> dict[str, Any]:
    """Return an event of the log as the spec has it after a server received it.

    Raises:
        msgspec.MsgspecError, UnicodeDecodeError: it holds what is no JSON, or no number.
    """
    event: dict[str, Any] = msgspec.json.decode(entry.payload)
    if entry.context is not None:
        event["context"] = entry.context | (event.get("context") or {})
    original = event.get("originalTimestamp") or event.get("timestamp")
    event |= {"type": entry.type, "messageId": entry.id, "receivedAt": entry.received_at}
    if entry.sent_at is not None:
        event["sentAt"] = entry.sent_at
    if original is not None:
        event["originalTimestamp"] = original
    event["timestamp"] = entry.changed_at
    for name in ("userId", "anonymousId", "previousId"):
        value = event.get(name)
        if value is not None and is_nobody(str(value).strip()):
            del event[name]
    return event


class _Around:
    """What a request says of all its events."""

    def __init__(
        self, kind: str | None, sent_at: str | None = None, context: dict[str, Any] | None = None
    ) -> None:
        self.kind = kind
        self.sent_at = sent_at
        self.sent = read(sent_at)
        self.context = context


def _taken(arrival: Arrival, pieces: Sequence[memoryview], around: _Around) -> Taken:
    entries: list[Entry] = []
    refusals: list[Refusal] = []
    for index, piece in enumerate(pieces):
        try:
            entries.append(_entry(arrival, index, piece, around))
        except _WrongError as wrong:
            refusal = Refusal(index, wrong.code, wrong.message)
            refusals.append(refusal)
            entries.append(refused(arrival, refusal, OBJECT, bytes(piece)))
    return Taken(entries, refusals)


def _entry(arrival: Arrival, index: int, piece: memoryview, around: _Around) -> Entry:
    if len(piece) > LARGEST_EVENT:
        _refuse("too_large", f"an event may have {LARGEST_EVENT:,} bytes")
    event = _decoded(piece)
    kind = around.kind or event.type
    if kind not in TYPES:
        _refuse("unknown_type", f"type is one of {', '.join(TYPES)}")
    _check(kind, event)
    sent_at = _text(event.sent_at) or around.sent_at
    sent = around.sent if event.sent_at is None else read(event.sent_at) or around.sent
    original = read(event.original_timestamp) or read(event.timestamp)
    return Entry(
        source=arrival.source,
        object=OBJECT,
        id=_text(event.message_id) or f"cdp-{secrets.token_hex(12)}",
        received_at=arrival.stamp,
        request_id=arrival.request_id,
        payload=msgspec.Raw(piece if event.write_key is None else _without_key(piece)),
        index=index,
        type=kind,
        changed_at=written(corrected(arrival.at, sent, original)),
        sent_at=sent_at,
        context=around.context,
    )


def _decoded(piece: memoryview) -> _Event:
    try:
        return _event(piece)
    except msgspec.ValidationError as error:
        whole = bytes(piece[:1]) == b"{"
        _refuse("invalid_field" if whole else "not_an_object", str(error))
    except (msgspec.MsgspecError, RecursionError) as error:
        _refuse("broken_json", f"this is no valid JSON: {error}")


def _has_party(event: _Event) -> bool:
    return _is_given(event.user_id) or _is_given(event.anonymous_id)


_NEEDS: dict[str, tuple[tuple[str, str, Callable[[_Event], bool]], ...]] = {
    "track": (
        ("missing_event", "track needs event, the name of what was done", lambda e: bool(e.event)),
    ),
    "group": (("missing_group", "group needs groupId", lambda e: _is_given(e.group_id)),),
    "alias": (
        ("missing_user", "alias needs userId", lambda e: _is_given(e.user_id)),
        (
            "missing_previous",
            "alias needs previousId",
            lambda e: _is_given(e.previous_id) or _is_given(e.anonymous_id),
        ),
    ),
}


def _check(kind: str, event: _Event) -> None:
    """Return where an event has what the spec asks for."""
    for code, message, holds in _NEEDS.get(kind, ()):
        if not holds(event):
            _refuse(code, message)
    if not _has_party(event):
        _refuse("missing_user", f"{kind} needs userId or anonymousId, which undefined is none of")


def _is_given(key: Key) -> bool:
    """Whether an id says whose an event is; `undefined` and its like are said of everybody."""
    text = _text(key)
    return text is not None and not is_nobody(text)


def _text(key: Key) -> str | None:
    """Return a key or moment as text, None when there is nothing in it."""
    if isinstance(key, float) and key.is_integer():
        key = int(key)
    text = str(key).strip() if key is not None else ""
    return text or None


def _without_key(piece: memoryview) -> bytes:
    """Return an event without the write key: a key is kept nowhere."""
    event = msgspec.json.decode(piece)
    event.pop("writeKey", None)
    return msgspec.json.encode(event)
