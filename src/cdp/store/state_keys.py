"""Keys of applications as the state file keeps them: a salted hash, never the key itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdp.errors import NotFoundError
from cdp.store.state import moment, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store.state import State


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key; `revoked_at` is None while it is in force."""

    key_id: str
    salt: bytes
    hash: bytes
    name: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None


class StoredKeys:
    """The topic `key` of the state file."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, key: StoredKey) -> None:
        """Keep a new key."""
        with self._state.writing() as connection:
            connection.execute(_INSERT, _row(key))

    def replace(self, key_id: str, key: StoredKey, *, at: datetime) -> None:
        """Revoke one key and keep another in its place, both or neither.

        Raises:
            NotFoundError: no key in force has this id.
        """
        with self._state.writing() as connection:
            changed = connection.execute(_REVOKE, (stamp(at), key_id)).rowcount
            if changed == 0:
                raise _unknown(key_id)
            connection.execute(_INSERT, _row(key))

    def revoke(self, key_id: str, *, at: datetime) -> None:
        """Take a key out of force.

        Raises:
            NotFoundError: no key in force has this id.
        """
        with self._state.writing() as connection:
            changed = connection.execute(_REVOKE, (stamp(at), key_id)).rowcount
        if changed == 0:
            raise _unknown(key_id)

    def every(self) -> list[StoredKey]:
        """Return all keys ever made, oldest first."""
        rows = self._state.connection.execute(
            "select key_id, salt, hash, name, scopes, created_at, revoked_at from key "
            "order by created_at, key_id"
        )
        return [_key(row) for row in rows.fetchall()]


_INSERT = (
    "insert into key (key_id, salt, hash, name, scopes, created_at, revoked_at) "
    "values (?, ?, ?, ?, ?, ?, ?)"
)
_REVOKE = "update key set revoked_at = ? where key_id = ? and revoked_at is null"


def _row(key: StoredKey) -> tuple[Any, ...]:
    revoked = stamp(key.revoked_at) if key.revoked_at is not None else None
    scopes = " ".join(sorted(key.scopes))
    return (key.key_id, key.salt, key.hash, key.name, scopes, stamp(key.created_at), revoked)


def _key(row: tuple[Any, ...]) -> StoredKey:
    key_id, salt, hashed, name, scopes, created_at, revoked_at = row
    revoked = moment(revoked_at) if revoked_at is not None else None
    return StoredKey(
        key_id, salt, hashed, name, frozenset(scopes.split()), moment(created_at), revoked
    )


def _unknown(key_id: str) -> NotFoundError:
    return NotFoundError(f"no key in force has the id {key_id}; `cdp keys list` shows them")
