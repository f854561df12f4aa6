r"""Halves of characters that programs cut apart.

`"\ud83d"` is one half of an emoji, as a text that was cut to a length ends with it. What stands
for no character is written as U+FFFD, as Unicode advises: the rest of the message is not lost.
"""

from __future__ import annotations

import re
from typing import Final

_HALF: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def whole(text: bytes) -> bytes:
    """Return JSON with every half of a character that stands alone replaced."""
    if _HALF.search(text) is None:
        return text
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], text)
