"""What is told of a key: everything but the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.privacy.keys import is_in_force

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store.state_keys import StoredKey


def told(key: StoredKey, now: datetime) -> dict[str, Any]:
    """Return a key as JSON; moments are ISO 8601 in UTC, `ended_at` is when it ends or ended."""
    return {
        "key_id": key.key_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "roles": sorted(key.roles),
        "state": _state(key, now),
        "rate_limit": key.rate_limit,
        "created_at": _text(key.created_at),
        "ended_at": _text(key.ends_at()),
        "replaced_by": key.replaced_by,
        "used_at": _text(key.used_at),
    }


def _state(key: StoredKey, now: datetime) -> str:
    if is_in_force(key, now):
        return "in force" if key.replaced_by is None else "being replaced"
    return "revoked" if key.revoked_at is not None else "expired"


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment is not None else None
