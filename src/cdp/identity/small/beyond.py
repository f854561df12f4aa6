"""Where the small tables end."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from cdp.errors import CdpError


class BeyondSmallError(CdpError, AttributeError):
    """The record needs polars itself: a word, a type or a value is not known here."""


class Bounded:
    """Something with words of polars; one that is not known here is `BeyondSmallError`."""

    __slots__ = ()

    if not TYPE_CHECKING:  # a checker must go on seeing which words there are

        def __getattr__(self, word: str) -> NoReturn:
            raise BeyondSmallError(word)
