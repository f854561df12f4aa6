"""A reference to a party: its id, or an identifier written `type:value`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from cdp.errors import InputError
from cdp.model.attributes import IDENTIFIER_KINDS
from cdp.model.codes import bare_key

_ID = re.compile(r"[PA]-[0-9A-Za-z._-]{1,64}")
_KINDS = {kind: kind for kind in IDENTIFIER_KINDS} | {
    "anonymous": "anonymous_id",
    "user": "user_id",
    "loyalty": "loyalty_id",
}
_KEYS = frozenset({"loyalty_id", "national_id", "tax_id"})
REFERENCE_TYPES = ("email", "phone", "source", "anonymous", "user", "loyalty", "tax_id", "domain")


@dataclass(frozen=True, slots=True)
class Reference:
    """Whom a caller means: `kind` is empty when `value` is an id."""

    kind: str
    value: str


def parse(text: str, country: str) -> Reference:
    """Return the reference that this text is, its value normalised as identifiers are.

    Raises:
        InputError: it is neither an id nor `type:value`; the message lists the types.
    """
    if _ID.fullmatch(text):
        return Reference("", text)
    kind, colon, value = text.partition(":")
    value = value.strip()
    if not colon or kind not in _KINDS or not value:
        msg = (
            f"{text[:80]!r} is no reference; use an id (P-… or A-…) or type:value with one of "
            f"the types {', '.join(REFERENCE_TYPES)}"
        )
        raise InputError(msg)
    return Reference(_KINDS[kind], _normalised(_KINDS[kind], value, country))


def _normalised(kind: str, value: str, country: str) -> str:
    if kind in {"email", "domain"}:
        return value.lower()
    if kind == "phone":
        return _phone(value, country)
    if kind in _KEYS:
        return bare_key(value) or value
    return value


def _phone(value: str, country: str) -> str:
    try:
        number = phonenumbers.parse(value, country)
    except phonenumbers.NumberParseException:
        return value
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
