"""The audit log over HTTP: who saw or changed what, when and what for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.api.errors import InvalidError
from cdp.privacy.masking import record_id
from cdp.store.state import State
from cdp.store.state_audit import Asked, AuditLog

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.store.state_audit import Entry

_LONGEST_NUMBER = 15


def entries(call: Call) -> Answer:
    """List the entries that are asked for, latest first; this process's own are all among them."""
    asked = Asked(
        subject=call.query("subject"),
        key_id=call.query("key"),
        action=call.query("action"),
        request_id=call.query("request_id"),
        since=_moment(call, "since"),
        until=_moment(call, "until"),
    )
    limit, before = call.limit(), _number(call)
    call.context.auditor.flush()
    with State.open(call.context.home) as state:
        found = AuditLog(state).latest(asked, limit + 1, before)
    call.note("audit.read", asked.subject or "")
    shown = [msgspec.json.encode(_told(entry, masked=_masks(call))) for entry in found[:limit]]
    more = str(found[limit - 1].audit_id) if len(found) > limit else None
    return call.reply_page(shown, more)


def _told(entry: Entry, *, masked: bool) -> dict[str, Any]:
    access = entry.access
    return {
        "audit_id": entry.audit_id,
        "at": access.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "action": access.action,
        "subject": record_id(access.subject) if masked else access.subject,
        "key_id": access.key_id,
        "purpose": access.purpose,
        "detail": access.detail,
        "request_id": access.request_id,
        "erased_by": entry.erased_by,
    }


def _masks(call: Call) -> bool:
    return "contact" not in call.caller.sees


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidError((name, "give a moment such as 2026-07-01T06:00:00Z")) from None


def _number(call: Call) -> int | None:
    place = call.cursor()
    if place is None:
        return None
    if not (place.isascii() and place.isdigit() and len(place) <= _LONGEST_NUMBER):
        raise InvalidError(("cursor", "use the next_cursor of the page before"))
    return int(place)
