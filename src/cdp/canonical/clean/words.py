"""Names, texts, codes and keys."""

from __future__ import annotations

import json
import unicodedata
from typing import Final

from cdp.canonical.clean.outcome import Outcome, bad
from cdp.model.codes import bare_key

_GENDERS: Final = {
    "female": "female",
    "f": "female",
    "w": "female",
    "woman": "female",
    "male": "male",
    "m": "male",
    "man": "male",
    "other": "other",
    "x": "other",
    "d": "other",
    "diverse": "other",
    "nonbinary": "other",
    "non-binary": "other",
}
_LONGEST_NAME: Final = 200


def clean_raw(text: str, hint: str = "") -> Outcome:
    """Return the value as it is."""
    del hint
    return Outcome(text)


def clean_text(text: str, hint: str = "") -> Outcome:
    """Return the text composed (NFC), without control characters, blanks collapsed."""
    del hint
    return Outcome(_plain(text) or None)


def clean_name(text: str, hint: str = "") -> Outcome:
    """Return the name as a text; one without any letter is none. Case is the person's own."""
    del hint
    found = _plain(text).strip(" ,;")
    if not any(c.isalpha() for c in found):
        return bad("invalid_name", "no letter in it")
    if len(found) > _LONGEST_NAME:
        return bad("invalid_name", f"longer than {_LONGEST_NAME} characters")
    return Outcome(found)


def clean_gender(text: str, hint: str = "") -> Outcome:
    """Return female, male or other."""
    del hint
    found = _GENDERS.get(text.strip().lower())
    return Outcome(found) if found else bad("unknown_code", "expected female, male or other")


def clean_key(text: str, hint: str = "") -> Outcome:
    """Return a number of an authority: capitals and digits only."""
    del hint
    found = bare_key(text)
    return Outcome(found) if found else bad("invalid_key", "no letter or digit in it")


def clean_object(text: str, hint: str = "") -> Outcome:
    """Return a JSON object."""
    del hint
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return Outcome(text) if isinstance(found, dict) else bad("invalid_json", "no JSON object")


def _plain(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    shown = (
        " " if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp"} and c != "\u200d" else c
        for c in composed
    )
    return " ".join("".join(shown).split())
