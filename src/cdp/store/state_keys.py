"""Keys of applications as the state file keeps them: a salted hash, never the key itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cdp.errors import NotFoundError
from cdp.store.state import moment, stamp
from cdp.store.state_audit import insert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cdp.store.state import State
    from cdp.store.state_audit import Access


@dataclass(frozen=True, slots=True)
class StoredKey:
    """One key.

    Attributes:
        key_id: what it is called; no secret.
        salt: 16 random bytes.
        hash: SHA-256 of salt and secret.
        name: who uses it.
        scopes: what it may do.
        created_at: when it was made.
        revoked_at: when it was taken out of force; None while nobody did.
        expires_at: until when it is in force; None: without end.
        roles: roles of `access.yaml` that it has besides its scopes.
        rate_limit: requests a second; None: as every key.
        replaced_by: the key that was made in its place.
        used_at: when it was used last, to the minute; None: never.
    """

    key_id: str
    salt: bytes
    hash: bytes
    name: str
    scopes: frozenset[str]
    created_at: datetime
    revoked_at: datetime | None = None
    expires_at: datetime | None = None
    roles: frozenset[str] = frozenset()
    rate_limit: int | None = None
    replaced_by: str | None = None
    used_at: datetime | None = None

    def ends_at(self) -> datetime | None:
        """Return the moment from which on it is refused, None when there is none."""
        ends = [end for end in (self.revoked_at, self.expires_at) if end is not None]
        return min(ends, default=None)


class StoredKeys:
    """The topic `key` of the state file; `accesses` are audited with the change, or neither."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, key: StoredKey, accesses: Sequence[Access] = ()) -> None:
        """Keep a new key."""
        with self._state.writing() as connection:
            connection.execute(_INSERT, _row(key))
            insert(connection, accesses)

    def replace(
        self, key_id: str, key: StoredKey, *, until: datetime, accesses: Sequence[Access] = ()
    ) -> None:
        """Let one key end at a moment and keep another in its place, both or neither.

        Raises:
            NotFoundError: no key in force has this id.
        """
        with self._state.writing() as connection:
            changed = connection.execute(_REPLACED, (stamp(until), key.key_id, key_id)).rowcount
            if changed == 0:
                raise unknown(key_id)
            connection.execute(_INSERT, _row(key))
            insert(connection, accesses)

    def revoke(self, key_id: str, *, at: datetime, accesses: Sequence[Access] = ()) -> None:
        """Take a key out of force.

        Raises:
            NotFoundError: no key in force has this id.
        """
        with self._state.writing() as connection:
            changed = connection.execute(_REVOKE, (stamp(at), key_id)).rowcount
            if changed == 0:
                raise unknown(key_id)
            insert(connection, accesses)

    def used(self, moments: Mapping[str, datetime]) -> None:
        """Keep when keys were used last; no one has to read the keys again for it."""
        rows = [(key_id, stamp(at)) for key_id, at in sorted(moments.items())]
        with self._state.writing() as connection:
            connection.executemany(_USED, rows)

    def every(self) -> list[StoredKey]:
        """Return all keys ever made, oldest first."""
        rows = self._state.connection.execute(_EVERY)
        return [_key(row) for row in rows.fetchall()]


_INSERT = (
    "insert into key (key_id, salt, hash, name, scopes, created_at, expires_at, roles, "
    "rate_limit) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REVOKE = "update key set revoked_at = ? where key_id = ? and revoked_at is null"
_REPLACED = (
    "update key set expires_at = min(coalesce(expires_at, '9'), ?), replaced_by = ? "
    "where key_id = ? and revoked_at is null and replaced_by is null"
)
_USED = (
    "insert into key_use (key_id, used_at) values (?, ?) "
    "on conflict (key_id) do update set used_at = max(used_at, excluded.used_at)"
)
_EVERY = (
    "select key_id, salt, hash, name, scopes, created_at, revoked_at, expires_at, roles, "
    "rate_limit, replaced_by, used_at from key left join key_use using (key_id) "
    "order by created_at, key_id"
)


def unknown(key_id: str) -> NotFoundError:
    """Return the error that no key in force has this id."""
    return NotFoundError(f"no key in force has the id {key_id}; `cdp keys list` shows them")


def _row(key: StoredKey) -> tuple[Any, ...]:
    expires = stamp(key.expires_at) if key.expires_at is not None else None
    scopes, roles = (" ".join(sorted(names)) for names in (key.scopes, key.roles))
    made = stamp(key.created_at)
    return (
        *(key.key_id, key.salt, key.hash, key.name, scopes, made),
        *(expires, roles, key.rate_limit),
    )


def _key(row: tuple[Any, ...]) -> StoredKey:
    key_id, salt, hashed, name, scopes, created, revoked, expires, roles, limit, by, used = row
    return StoredKey(
        key_id=key_id,
        salt=salt,
        hash=hashed,
        name=name,
        scopes=frozenset(scopes.split()),
        created_at=moment(created),
        revoked_at=_moment(revoked),
        expires_at=_moment(expires),
        roles=frozenset(roles.split()),
        rate_limit=limit,
        replaced_by=by,
        used_at=_moment(used),
    )


def _moment(text: str | None) -> datetime | None:
    return moment(text) if text is not None else None
