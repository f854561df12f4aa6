"""Texts that tell of one person alone, sought wherever a key does not lead: in free text, in files.

Invariant: a text is found as a word of its own, so that `crm:1` is not found in `crm:10`; a text
that is too short to tell anything is not sought at all.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.privacy.person import Person

ERASED: Final = "[erased]"
SHORTEST: Final = 6
_LEFT: Final = r"(^|\\[nrtbf]|\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|[^\w.+@-])"
_RIGHT: Final = r"(\.(?:$|\W)|$|[^\w.@-])"
_SIGN: Final = re.compile(r"[!-/:-@\[-^`{-~]")
"""What means something in a pattern: RE2 takes a backslash before no sign beyond ASCII."""
_NOT_PHONE: Final = re.compile(r"[^\d+]")
_FEWEST_DIGITS: Final = 7
_FEWEST_OF_A_KEY: Final = 9


@dataclass(frozen=True, slots=False)
class Telling:
    """The texts that are sought of a person.

    Attributes:
        texts: what tells of the person wherever it stands.
        words: what does only where a row or a document is known to be about the person.
    """

    texts: tuple[str, ...]
    words: tuple[str, ...]

    @staticmethod
    def of(person: Person) -> Telling:
        """Return what tells of a person: records, and identifiers that nobody else has."""
        texts = {record for record in person.records if len(record) >= SHORTEST}
        for kind, value in person.values:
            texts |= {t for t in _forms(kind, value) if len(t) >= SHORTEST and not is_number(t)}
        words = {word for word in person.words if len(word) > 1}
        return Telling(_longest_first(texts), _longest_first(words | texts))

    @cached_property
    def pattern(self) -> str:
        """The texts as a regular expression of RE2, its two groups what stands around them."""
        return _pattern(self.texts)

    @cached_property
    def wide(self) -> str:
        """The same of texts and words."""
        return _pattern(self.words)

    @cached_property
    def compiled(self) -> re.Pattern[bytes]:
        """The texts as a regular expression over UTF-8."""
        return re.compile(self.pattern.encode())

    @cached_property
    def compiled_wide(self) -> re.Pattern[bytes]:
        """Texts and words as a regular expression over UTF-8."""
        return re.compile(self.wide.encode())

    def cut(self, text: bytes, *, wide: bool = False) -> bytes:
        """Return a text without what tells of the person."""
        pattern = self.compiled_wide if wide else self.compiled
        replacement = rb"\1" + ERASED.encode() + rb"\2"
        before = None
        while before != text:  # two that stand side by side share what stands between them
            before, text = text, pattern.sub(replacement, text)
        return text

    def is_in(self, text: bytes) -> bool:
        """Whether a text tells of the person."""
        return self.compiled.search(text) is not None


def is_number(text: str) -> bool:
    """Whether a text may as well be an amount or a count: it tells of nobody by itself."""
    return text.isdecimal() and len(text) < _FEWEST_OF_A_KEY


def _forms(kind: str, value: str) -> Iterable[str]:
    """Return the ways in which an identifier is written, or hashed for ad platforms."""
    yield value
    normal = value.strip().lower()
    yield from (hashlib.new(name, normal.encode()).hexdigest() for name in ("sha256", "md5"))
    if kind == "email":
        yield quote(value, safe="")
    digits = _NOT_PHONE.sub("", value)
    if kind == "phone" and len(digits) >= _FEWEST_DIGITS:
        yield digits
        yield digits.lstrip("+")


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(texts, key=lambda text: (-len(text), text)))


def _pattern(texts: Iterable[str]) -> str:
    """Return a pattern that both RE2 and Python understand; one that nothing matches for none."""
    forms = dict.fromkeys(form for text in texts for form in _spellings(text))
    words = "|".join(_SIGN.sub(r"\\\g<0>", form) for form in forms)
    return f"(?i){_LEFT}(?:{words}){_RIGHT}" if words else r"([^\s\S])()"


def _spellings(text: str) -> Iterable[str]:
    """Return a text as it stands in files; bytes know no capitals but those of ASCII."""
    yield text
    if not text.isascii():
        cases = (text, text.lower(), text.upper(), text.title())
        yield from cases
        yield from (json.dumps(each)[1:-1] for each in cases)
