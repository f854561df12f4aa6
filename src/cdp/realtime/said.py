"""What the overlay needs of an event when it comes; the rest is read when it is shown."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cdp.collect.spec import is_nobody

_Ident = str | int | float | None


class _Context(msgspec.Struct):
    traits: dict[str, Any] | None = None


class Said(msgspec.Struct, rename="camel"):
    """Whom an event is of, and what it says of them."""

    user_id: _Ident = None
    anonymous_id: _Ident = None
    previous_id: _Ident = None
    traits: dict[str, Any] | None = None
    context: _Context | None = None

    @property
    def context_traits(self) -> dict[str, Any]:
        """What it says of them beside what it is about."""
        return (self.context.traits if self.context else None) or {}

    @property
    def every_trait(self) -> dict[str, Any]:
        """All that it says of them."""
        return self.context_traits | (self.traits or {})


_decode: Final = msgspec.json.Decoder(Said).decode


def said(payload: msgspec.Raw) -> Said | None:
    """Return what an event says; None where a run will refuse to read it."""
    try:
        return _decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def id_of(value: _Ident) -> str | None:
    """Return an id as a run reads it, None where it is nobody's."""
    text = "" if value is None else str(value).strip()
    return None if is_nobody(text) else text
