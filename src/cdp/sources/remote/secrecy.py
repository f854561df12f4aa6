"""Keeping the secrets of a client out of what is said of its system.

Some systems repeat in an error what they were sent; nobody is shown that.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final
from urllib.parse import quote

_SHORTEST: Final = 4
_HIDDEN: Final = "***"


class Secrets:
    """The values that a client proves itself with: those it was given, those it fetched."""

    def __init__(self) -> None:
        self._values: frozenset[str] = frozenset()

    def keep(self, value: str) -> str:
        """Return a value that is hidden from now on, however it is written."""
        bare = value.strip()
        written = {value, bare, quote(bare, safe=""), repr(bare)[1:-1]}
        self._values |= {each for each in written if len(each) >= _SHORTEST}
        return value

    def keep_pair(self, user: str, password: str) -> tuple[str, str]:
        """Return user and password, both hidden from now on, also as one header has them."""
        self.keep(b64encode(f"{user}:{password}".encode()).decode())
        return self.keep(user), self.keep(password)

    def hide(self, text: str) -> str:
        """Return a text without any of the values: three asterisks stand in their place."""
        for value in sorted(self._values, key=lambda each: (-len(each), each)):
            text = text.replace(value, _HIDDEN)
        return text
