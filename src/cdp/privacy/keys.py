"""Keys of applications: made once, shown once, kept as a salted hash, checked without a disk.

Invariants: who has a copy of the state file cannot make a working key from it (a key holds 256
random bits, so that one round of SHA-256 over salt and secret cannot be searched). A key that
ended or was revoked is refused at most one second later by every process; one that was made is
known to all of them at once.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from cdp.errors import InputError
from cdp.privacy.access import AccessFile, Key, rights
from cdp.privacy.scopes import SCOPES, is_scope
from cdp.store.state import State
from cdp.store.state_audit import Access
from cdp.store.state_keys import StoredKey, StoredKeys, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

__all__ = ["SCOPES", "Actor", "Key", "KeyRing", "Terms", "is_scope"]
_TOKEN = re.compile(r"cdp_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_LOOK_EVERY_SECONDS = 0.5
_LONGEST_NAME = 200


class Actor(NamedTuple):
    """Who makes or ends a key, for the audit log."""

    key_id: str
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What else holds of a key: roles of `access.yaml`, its end, requests a second."""

    roles: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    rate_limit: int | None = None


PLAIN = Terms()
LOCAL = Actor("local")


def create(
    home: Path,
    name: str,
    scopes: Iterable[str],
    *,
    at: datetime,
    terms: Terms = PLAIN,
    actor: Actor = LOCAL,
) -> tuple[StoredKey, str]:
    """Keep a new key and return it with its token, which cannot be read again.

    Raises:
        InputError: the name is empty, a scope is unknown, or it would end before it begins.
    """
    made = StoredKey(
        *("", b"", b"", name.strip(), frozenset(scopes), at),
        expires_at=terms.expires_at,
        roles=terms.roles,
        rate_limit=terms.rate_limit,
    )
    _check(made)
    stored, token = _mint(made)
    with State.open(home) as state:
        StoredKeys(state).add(stored, [_act("key.create", stored, actor, at)])
    return stored, token


def rotate(
    home: Path,
    key_id: str,
    *,
    at: datetime,
    overlap: timedelta = timedelta(0),
    actor: Actor = LOCAL,
) -> tuple[StoredKey, str]:
    """Make a key in the place of another, with its name and rights and as long a life.

    The old one works until `overlap` has passed, so that applications can change over.

    Raises:
        NotFoundError: no key in force has this id.
        InputError: the overlap is negative, or another key took its place already.
    """
    if overlap < timedelta(0):
        msg = "the old key cannot end before now; give an overlap of 0 or more"
        raise InputError(msg)
    with State.open(home) as state:
        keys = StoredKeys(state)
        old = next((k for k in keys.every() if k.key_id == key_id and is_in_force(k, at)), None)
        if old is None:
            raise unknown(key_id)
        if old.replaced_by is not None:
            msg = f"the key {key_id} was replaced by {old.replaced_by} already; rotate that one"
            raise InputError(msg)
        ends = at + (old.expires_at - old.created_at) if old.expires_at is not None else None
        stored, token = _mint(replace(old, created_at=at, expires_at=ends))
        acts = [_act("key.rotate", old, actor, at), _act("key.create", stored, actor, at)]
        keys.replace(key_id, stored, until=at + overlap, accesses=acts)
    return stored, token


def revoke(home: Path, key_id: str, *, at: datetime, actor: Actor = LOCAL) -> None:
    """Take a key out of force; servers refuse it within a second.

    Raises:
        NotFoundError: no key in force has this id.
    """
    with State.open(home) as state:
        keys = StoredKeys(state)
        old = next((k for k in keys.every() if k.key_id == key_id), None)
        acts = [_act("key.revoke", old, actor, at)] if old is not None else []
        keys.revoke(key_id, at=at, accesses=acts)


def every(home: Path) -> list[StoredKey]:
    """Return all keys ever made, oldest first."""
    with State.open(home) as state:
        return StoredKeys(state).every()


def is_in_force(key: StoredKey, at: datetime) -> bool:
    """Whether a key works at a moment."""
    end = key.ends_at()
    return end is None or at < end


class KeyRing:
    """The keys in force, held in memory and read again when the state file's topic changed."""

    def __init__(
        self, home: Path, clock: Callable[[], datetime], access: AccessFile | None = None
    ) -> None:
        self._state = State.attach(home)
        self._clock = clock
        self._access = access or AccessFile()
        self._version = -1
        self._looked_at = 0.0
        self._keys: dict[str, tuple[Key, bytes, bytes]] = {}
        self._next_end: datetime | None = None
        self._used: set[str] = set()
        # Tokens that were found good since the keys were read: a quarter of a lookup's check.
        self._good: dict[str, Key] = {}
        self._look(monotonic())

    def verify(self, token: str) -> Key | None:
        """Return the key that this token is, None when it is none in force."""
        now = monotonic()
        if now - self._looked_at >= _LOOK_EVERY_SECONDS:
            self._look(now)
        known = self._good.get(token)
        if known is not None:
            return known
        parts = _TOKEN.fullmatch(token)
        if parts is None:
            return None
        if parts[1] not in self._keys:
            # Perhaps made a moment ago, in another process: whoever was told a key may use it.
            self._look(now)
        found = self._keys.get(parts[1])
        if found is None:
            return None
        key, salt, expected = found
        if not hmac.compare_digest(_hash(salt, parts[2]), expected):
            return None
        self._good[token] = key
        self._used.add(key.key_id)
        return key

    def take_used(self) -> dict[str, datetime]:
        """Return the keys that were used since this was asked last, with the time now."""
        # Forgotten, too, is which tokens were good, so that whoever uses one is noted again.
        used, self._used, self._good = self._used, set(), {}
        return dict.fromkeys(used, self._clock()) if used else {}

    def close(self) -> None:
        """Give the state file back."""
        self._state.close()

    def _look(self, now: float) -> None:
        self._looked_at = now
        version, at = self._state.version("key"), self._clock()
        if version == self._version and (self._next_end is None or at < self._next_end):
            return
        stored = [k for k in StoredKeys(self._state).every() if is_in_force(k, at)]
        self._keys = {k.key_id: (self._in_force(k), k.salt, k.hash) for k in stored}
        self._good = {}
        self._next_end = min((end for k in stored if (end := k.ends_at())), default=None)
        self._version = version

    def _in_force(self, stored: StoredKey) -> Key:
        held = rights(self._access, stored.scopes, stored.roles)
        return Key.of(stored.key_id, stored.name, held, stored.rate_limit)


def _check(key: StoredKey) -> None:
    if not key.name or len(key.name) > _LONGEST_NAME:
        msg = f"a key needs a name of up to {_LONGEST_NAME} characters that says who uses it"
        raise InputError(msg)
    unknown_scopes = sorted(s for s in key.scopes if not is_scope(s))
    if unknown_scopes or not (key.scopes or key.roles):
        msg = (
            f"unknown scope {', '.join(unknown_scopes) or '(none given)'}; known: "
            f"{', '.join(SCOPES)}, and view:NAME for one scenario"
        )
        raise InputError(msg)
    if key.expires_at is not None and key.expires_at <= key.created_at:
        msg = "a key cannot end before it begins; give a later moment"
        raise InputError(msg)
    if key.rate_limit is not None and key.rate_limit < 1:
        msg = "a key may ask at least once a second"
        raise InputError(msg)


def _mint(key: StoredKey) -> tuple[StoredKey, str]:
    key_id, secret, salt = secrets.token_hex(6), secrets.token_urlsafe(32), secrets.token_bytes(16)
    minted = replace(
        key,
        key_id=key_id,
        salt=salt,
        hash=_hash(salt, secret),
        revoked_at=None,
        replaced_by=None,
        used_at=None,
    )
    return minted, f"cdp_{key_id}_{secret}"


def _hash(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode()).digest()


def _act(action: str, key: StoredKey, actor: Actor, at: datetime) -> Access:
    held = " ".join([*sorted(key.scopes), *(f"role:{role}" for role in sorted(key.roles))])
    return Access(at, actor.request_id, actor.key_id, action, f"key:{key.key_id}", "", held)
