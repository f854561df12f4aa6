"""Bearer tokens of an issuer: checked by its published keys, which are kept and asked for again.

Bounds: the issuer is asked when its keys are old, and once in ten seconds for a key that is not
known; a token that was found good is known by its digest until it ends, ten thousand of them.
Of an issuer that does not answer the keys known before go on being used.
"""

from __future__ import annotations

import hashlib
import logging
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import StateError
from cdp.privacy.access import Key, rights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from joserfc.jwk import GuestProtocol, KeySet
    from joserfc.jwk import Key as PublicKey

    from cdp.privacy.access import AccessFile
    from cdp.privacy.oidc import Oidc

_LOG = logging.getLogger(__name__)
_AGAIN_SECONDS: Final = 10.0
_MOST_KNOWN: Final = 10_000
_LONGEST: Final = 16_384
_MOST_BYTES: Final = 1 << 20
_LONGEST_NAME: Final = 200


class Bearer:
    """Tells who a token's bearer is, in one server process; several threads may ask."""

    def __init__(self, oidc: Oidc, access: AccessFile, clock: Callable[[], datetime]) -> None:
        self._oidc = oidc
        self._access = access
        self._clock = clock
        self._issuer = _Issuer(oidc)
        self._known: dict[bytes, tuple[Key, float]] = {}

    def known(self, token: str) -> Key | None:
        """Return the caller of a token that was found good before and has not ended; no waiting."""
        found = self._known.get(_digest(token))
        return found[0] if found is not None and self._now() < found[1] else None

    def verify(self, token: str) -> Key | None:
        """Return the caller of a token, None where it is not good; may wait for the issuer.

        Raises:
            StateError: the issuer's keys were never to be had.
        """
        if len(token) > _LONGEST or token.count(".") != 2:  # noqa: PLR2004 - head, claims, seal
            return None
        claims = self._claims(token)
        if claims is None:
            return None
        caller = self._caller(claims)
        if len(self._known) >= _MOST_KNOWN:
            self._known = {}
        ends = float(claims["exp"]) + self._oidc.leeway_seconds
        self._known[_digest(token)] = caller, ends
        return caller

    def _claims(self, token: str) -> dict[str, Any] | None:
        from joserfc import jwt  # noqa: PLC0415 - cryptography, where an issuer is declared
        from joserfc.errors import JoseError  # noqa: PLC0415 - as above

        oidc = self._oidc
        registry = jwt.JWTClaimsRegistry(
            now=lambda: int(self._now()),
            leeway=oidc.leeway_seconds,
            iss={"essential": True, "value": oidc.issuer},
            aud={"essential": True, "value": oidc.audience},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            decoded = jwt.decode(token, self._issuer.key, algorithms=list(oidc.algorithms))
            registry.validate(decoded.claims)
        except (JoseError, ValueError, TypeError) as error:
            _LOG.info("a bearer token is refused: %s", type(error).__name__)
            return None
        return decoded.claims

    def _caller(self, claims: Mapping[str, Any]) -> Key:
        oidc, named = self._oidc, _texts(_claim(claims, self._oidc.roles_claim))
        roles = {oidc.roles[name] for name in named if name in oidc.roles}
        subject = str(claims["sub"])[:_LONGEST_NAME]
        name = _claim(claims, oidc.name_claim)
        shown = name[:_LONGEST_NAME] if isinstance(name, str) and name.strip() else subject
        return Key.of(f"oidc:{subject}", shown, rights(self._access, (), roles))

    def _now(self) -> float:
        return self._clock().timestamp()


class _Issuer:
    """The published keys of an issuer, kept."""

    def __init__(self, oidc: Oidc) -> None:
        self._oidc = oidc
        self._keys: KeySet | None = None
        self._asked_at = -_AGAIN_SECONDS
        self._got_at = 0.0
        self._lock = Lock()

    def key(self, signed: GuestProtocol) -> PublicKey:
        """Return the key that a token says it is signed with.

        Raises:
            InvalidKeyIdError: the issuer has none of this name.
            StateError: its keys were never to be had.
        """
        kid = signed.headers().get("kid")
        named = kid if isinstance(kid, str) else None
        keys, now = self._keys, monotonic()
        is_old = now - self._got_at > self._oidc.keep_seconds
        if keys is None or is_old or not _holds(keys, named):
            keys = self._asked_again(keys, now)
        return keys.get_by_kid(named)

    def _asked_again(self, keys: KeySet | None, now: float) -> KeySet:
        """Return the issuer's keys, asked for now unless they were just before."""
        # Who has keys does not wait for somebody else who asks; who has none has to.
        with_lock = self._lock.acquire(blocking=keys is None)
        try:
            if with_lock and now - self._asked_at >= _AGAIN_SECONDS:
                self._asked_at = now
                self._keys = self._fetched() or self._keys
        finally:
            if with_lock:
                self._lock.release()
        found = self._keys
        if found is None:
            msg = "the keys of the issuer of bearer tokens cannot be had; a key of cdp works"
            raise StateError(msg)
        return found

    def _fetched(self) -> KeySet | None:
        import httpx  # noqa: PLC0415 - where an issuer is declared
        from joserfc.errors import JoseError  # noqa: PLC0415 - as above
        from joserfc.jwk import KeySet  # noqa: PLC0415 - as above

        try:
            answer = httpx.get(self._oidc.jwks_url, timeout=self._oidc.timeout_seconds)
            answer.raise_for_status()
            if len(answer.content) > _MOST_BYTES:
                return None
            public = [k for k in answer.json()["keys"] if _signs(k)]
            keys = KeySet.import_key_set({"keys": public})
        except (
            httpx.HTTPError,
            JoseError,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ) as error:
            _LOG.warning("keys of %s cannot be read: %s", self._oidc.issuer, type(error).__name__)
            return None
        self._got_at = monotonic()
        return keys


def _holds(keys: KeySet, kid: str | None) -> bool:
    return any(key.kid == kid for key in keys) or (kid is None and len(keys.keys) == 1)


def _signs(key: Mapping[str, Any]) -> bool:
    """Whether this is the public half of a pair that signs."""
    return key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"


def _claim(claims: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - JSON
    """Return a claim by its name, or by a path of names with dots between them."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _texts(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return value.split()
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _digest(token: str) -> bytes:
    return hashlib.blake2b(token.encode(), digest_size=16).digest()
