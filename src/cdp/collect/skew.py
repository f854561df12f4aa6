"""When an event happened, by our clock: the client's may be wrong, but it is wrong evenly.

timestamp = receivedAt - (sentAt - originalTimestamp), as the public event spec has it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from cdp.sources.wire.shape import moment


def read(value: object) -> datetime | None:
    """Return a moment in UTC, None where nothing can be read; without offset it is in UTC."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return _in_utc(found)
    plain = moment(value, UTC)
    return plain.replace(tzinfo=UTC) if plain is not None else None


def corrected(received: datetime, sent: datetime | None, original: datetime | None) -> datetime:
    """Return when it happened; what cannot be reckoned is left out of the reckoning."""
    if original is None:
        return received
    if sent is None:
        return original
    try:
        return received - (sent - original)
    except OverflowError:
        return received


def _in_utc(found: datetime) -> datetime | None:
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        return None
