"""The number of a caller, as telephone systems write it, in the form that identifiers have."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat

_SCHEME: Final = re.compile(r"^(?:tel|callto|sips?|phone):", re.IGNORECASE)
_EXTENSION: Final = re.compile(
    r"(?:;|\s|,)\s*(?:ext?\.?|x|isub|phone-context)\s*=?.*$", re.IGNORECASE
)
_FEWEST: Final = 4
_SHORT: Final = re.compile(r"[+*#]?\d[\d*# ./-]*")
_WITHHELD: Final = frozenset(
    {
        *("anonymous", "anonym", "blocked", "hidden", "no number", "not available", "private"),
        *("restricted", "suppressed", "unavailable", "unknown", "withheld"),
    }
)
_MOST_EXTENSION: Final = 4
_SHORTEST_LINE: Final = 9
"""Characters of the number of a switchboard, with its plus: shorter ones are of a place."""


def number_of(text: str, country: str) -> str | None:
    """Return the number in E.164, None where the text names none, as a withheld one.

    `text` may be as people write it, a `tel:` or `sip:` address, with the international prefix of
    the country or without any, with an extension; a plus that a query made a blank of is one.
    """
    bare = _SCHEME.sub("", text if not text.startswith(" ") else f"+{text.strip()}").strip()
    bare = _EXTENSION.sub("", bare.partition("@")[0]).strip()
    digits = re.sub(r"\D", "", bare)
    if len(digits) < _FEWEST:
        return None
    plain = _parsed(bare, country)
    # Some systems leave the plus out of an international number.
    bold = None if bare.startswith(("+", "0")) else _parsed(f"+{digits}", country)
    own = phonenumbers.country_code_for_region(country)
    is_home = bold is not None and bold.country_code == own
    for found in (bold, plain) if is_home else (plain, bold):
        if found is not None and phonenumbers.is_valid_number(found):
            return _written(found)
    return _written(plain) if plain is not None else f"+{digits}"


def is_nobodys(text: str) -> bool:
    """Whether a caller that `number_of` knows no number of is one all the same.

    That is whoever withholds the number, as telephone systems say it, and a line of the house,
    whose number is too short to be told from others.
    """
    bare = _SCHEME.sub("", text.strip()).partition("@")[0].strip()
    return bare.lower() in _WITHHELD or _SHORT.fullmatch(bare) is not None


def lines(number: str) -> tuple[str, ...]:
    """Return the numbers of switchboards that this may be an extension of, longest first."""
    shorter = (number[:-cut] for cut in range(1, _MOST_EXTENSION + 1))
    cut = [line for line in shorter if len(line) >= _SHORTEST_LINE]
    return tuple(
        dict.fromkeys(form for line in cut for form in (line, f"{line}0") if form != number)
    )


def _parsed(text: str, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None


def _written(number: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
