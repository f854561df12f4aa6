"""Tombstones: keyed digests by which what was erased is known again, in Python and in SQL.

Invariant: both give HMAC-SHA256 (RFC 2104) of the same text under the workspace's own secret, so
that nobody without the secret can try out names. A text is `record:source:native id`,
`value:` and a value as `plain` writes it, or `phone:` and the last nine digits of a number.
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final

from cdp.store.secret import secret_of
from cdp.store.state import State
from cdp.store.state_privacy import Tombstones

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cdp.store.warehouse import Warehouse

TABLE: Final = "temp.tombstone"
PHONE_DIGITS: Final = 9
_BLOCK: Final = 64
_DIGITS: Final = re.compile(r"\D")


def secret(home: Path) -> bytes:
    """Return the workspace's secret for digests and signatures, made when first asked for."""
    home.mkdir(parents=True, exist_ok=True)
    return secret_of(home, "privacy")


def digest(key: bytes, text: str) -> str:
    """Return the keyed digest of a text, in hexadecimal."""
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def of_record(record_id: str) -> str:
    """Return the text of a source record; padded and plain keys are the same."""
    source, _, native = record_id.partition(":")
    return f"record:{source}:{native.lstrip('0') or native}"


def of_value(value: str) -> str:
    """Return the text of an identifier."""
    return f"value:{value.strip().lower()}"


def of_phone(value: str) -> str | None:
    """Return the text of a phone number by its last digits; None: it has too few."""
    digits = _DIGITS.sub("", value)
    return f"phone:{digits[-PHONE_DIGITS:]}" if len(digits) >= PHONE_DIGITS else None


def pads(key: bytes) -> dict[str, bytes]:
    """Return the two blocks by which SQL makes the digest: `$inner` and `$outer`."""
    block = key.ljust(_BLOCK, b"\0")
    return {
        "inner": bytes(byte ^ 0x36 for byte in block),
        "outer": bytes(byte ^ 0x5C for byte in block),
    }


class Buried:
    """Whom erasures took out, as they are known again by what they are called."""

    def __init__(self, home: Path) -> None:
        """Read the digests as they are now."""
        with State.open(home) as state:
            self._digests = frozenset(Tombstones(state).every())
        self._key = secret(home) if self._digests else b""

    def is_of(self, record_id: str, identifiers: Iterable[tuple[str, str]]) -> bool:
        """Whether a record, or one of its (kind, value), is somebody's who was erased."""
        if not self._digests:
            return False
        texts = [of_record(record_id)]
        for kind, value in identifiers:
            phone = of_phone(value) if kind == "phone" else None
            texts.append(phone or of_value(value))
        return any(digest(self._key, text) in self._digests for text in texts)


def offer(warehouse: Warehouse, home: Path) -> bool:
    """Put the digests into `temp.tombstone`; False where there are none, and nothing was put."""
    if not (home / "state.db").exists():
        return False
    with State.open(home) as state:
        found = Tombstones(state).every()
    if not found:
        return False
    connection = warehouse.connection
    connection.execute("create or replace temp table tombstone (digest varchar)")
    warehouse.write(
        f"insert into {TABLE} select unnest($digests)",
        {"digests": found},
    )
    return True
