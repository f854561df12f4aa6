"""Keys of applications: made once, shown once, kept as a salted hash, checked without a disk.

Invariant: who has a copy of the state file cannot make a working key from it. A key holds 256
random bits, so that one round of SHA-256 over salt and secret cannot be searched.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from cdp.errors import InputError, NotFoundError
from cdp.store.state import State
from cdp.store.state_keys import StoredKey, StoredKeys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

SCOPES = {
    "profiles:read": "read profiles and accounts, personal data masked",
    "profiles:resolve": "ask who an incoming record is, personal data masked",
    "pii:read": "see personal data unmasked where it may be read at all",
    "segments:read": "list segments and their members",
    "reviews:read": "read the review queue and the decisions of stewards",
    "reviews:write": "decide as a steward, and undo decisions",
    "runs:read": "read the history of runs, their measures and the identity models",
    "identity:plan": "try what changed identity rules would do, without effect",
    "admin": "everything",
}
_VIEW_SCOPE = re.compile(r"view:[a-z][a-z0-9_-]{0,40}")
_TOKEN = re.compile(r"cdp_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_LOOK_EVERY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Key:
    """A key in force: who calls, and what it may do."""

    key_id: str
    name: str
    scopes: frozenset[str]

    def may(self, scope: str) -> bool:
        """Whether the key has the scope, or `admin`."""
        return scope in self.scopes or "admin" in self.scopes


def create(home: Path, name: str, scopes: Iterable[str], *, at: datetime) -> tuple[Key, str]:
    """Keep a new key and return it with its token, which cannot be read again.

    Raises:
        InputError: the name is empty or a scope is unknown.
    """
    chosen = frozenset(scopes)
    _check(name, chosen)
    stored, token = _mint(name, chosen, at)
    with State.open(home) as state:
        StoredKeys(state).add(stored)
    return _in_force(stored), token


def rotate(home: Path, key_id: str, *, at: datetime) -> tuple[Key, str]:
    """Replace a key by a new one of the same name and scopes; the old one stops working.

    Raises:
        NotFoundError: no key in force has this id.
    """
    with State.open(home) as state:
        keys = StoredKeys(state)
        old = next((k for k in keys.every() if k.key_id == key_id), None)
        if old is None:
            msg = f"no key in force has the id {key_id}; `cdp keys list` shows them"
            raise NotFoundError(msg)
        stored, token = _mint(old.name, old.scopes, at)
        keys.replace(key_id, stored, at=at)
    return _in_force(stored), token


def revoke(home: Path, key_id: str, *, at: datetime) -> None:
    """Take a key out of force; servers refuse it within a second.

    Raises:
        NotFoundError: no key in force has this id.
    """
    with State.open(home) as state:
        StoredKeys(state).revoke(key_id, at=at)


def every(home: Path) -> list[StoredKey]:
    """Return all keys ever made, oldest first."""
    with State.open(home) as state:
        return StoredKeys(state).every()


class KeyRing:
    """The keys in force, held in memory and read again when the state file's topic changed."""

    def __init__(self, home: Path) -> None:
        self._state = State.attach(home)
        self._version = -1
        self._looked_at = 0.0
        self._keys: dict[str, tuple[Key, bytes, bytes]] = {}
        self._look(monotonic())

    def verify(self, token: str) -> Key | None:
        """Return the key that this token is, None when it is none in force."""
        now = monotonic()
        if now - self._looked_at >= _LOOK_EVERY_SECONDS:
            self._look(now)
        parts = _TOKEN.fullmatch(token)
        found = self._keys.get(parts[1]) if parts else None
        if parts is None or found is None:
            return None
        key, salt, expected = found
        return key if hmac.compare_digest(_hash(salt, parts[2]), expected) else None

    def close(self) -> None:
        """Give the state file back."""
        self._state.close()

    def _look(self, now: float) -> None:
        self._looked_at = now
        version = self._state.version("key")
        if version != self._version:
            stored = (k for k in StoredKeys(self._state).every() if k.revoked_at is None)
            self._keys = {k.key_id: (_in_force(k), k.salt, k.hash) for k in stored}
            self._version = version


def is_scope(scope: str) -> bool:
    """Whether a key can have this scope."""
    return scope in SCOPES or _VIEW_SCOPE.fullmatch(scope) is not None


def _check(name: str, scopes: frozenset[str]) -> None:
    if not name.strip():
        msg = "a key needs a name that says who uses it"
        raise InputError(msg)
    unknown = sorted(s for s in scopes if not is_scope(s))
    if unknown or not scopes:
        msg = (
            f"unknown scope {', '.join(unknown) or '(none given)'}; known: {', '.join(SCOPES)}, "
            "and view:NAME for one scenario"
        )
        raise InputError(msg)


def _mint(name: str, scopes: frozenset[str], at: datetime) -> tuple[StoredKey, str]:
    key_id, secret, salt = secrets.token_hex(6), secrets.token_urlsafe(32), secrets.token_bytes(16)
    stored = StoredKey(key_id, salt, _hash(salt, secret), name.strip(), scopes, at, None)
    return stored, f"cdp_{key_id}_{secret}"


def _hash(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode()).digest()


def _in_force(stored: StoredKey) -> Key:
    return Key(stored.key_id, stored.name, stored.scopes)
