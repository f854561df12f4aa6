"""Paths into a JSON document, as mapping files write them.

`a.b` walks objects, `a[0]` takes one element, `a.*` takes every element, a name in double
quotes may hold dots, `.` is the element itself, and a leading `/` starts at the document
instead of the element that `each` stands on. `@id` is the record's own key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NATIVE_ID = "@id"
_PART = re.compile(r'(?:"([^"]+)"|([^.\[\]"]+))((?:\[\d+\])*)(?:\.|$)')


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path.

    Attributes:
        json: the same path in DuckDB's JSON path language.
        absolute: starts at the document, wherever it is written.
        many: leads to every element of a list.
    """

    json: str
    absolute: bool
    many: bool


def parse(text: str) -> Path:
    """Return the path that this text writes.

    Raises:
        ValueError: it is not a path.
    """
    absolute = text.startswith("/")
    rest = text.removeprefix("/")
    if rest == ".":
        return Path("$", absolute=absolute, many=False)
    steps, position, root = ["$"], 0, None
    while position < len(rest):
        found = _PART.match(rest, position)
        if found is None:
            break
        name = found[1] or found[2]
        steps.append("[*]" if name == "*" else f'."{name}"{found[3]}')
        root = root or name
        position = found.end()
    if root in {None, "*"} or position < len(rest) or rest.endswith("."):
        msg = f"{text!r} is no path; write names with dots, as in address.city or lines.*.sku"
        raise ValueError(msg)
    return Path("".join(steps), absolute=absolute, many="[*]" in steps)
