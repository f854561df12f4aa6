r"""Paths into a JSON document, as mapping files write them.

`a.b` walks objects, `a[0]` takes one element, `a.*` takes every element, a name in double
quotes may hold dots, and double quotes as `\"` (there a backslash is `\\`), `.` is the element
itself, and a leading `/` starts at the document instead of the element that `each` stands on.
`@id` is the record's own key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NATIVE_ID = "@id"
_PART = re.compile(r'(?:"((?:\\.|[^"\\])+)"|([^.\[\]"]+))((?:\[\d+\])*)(?:\.|$)', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Path:
    """A parsed path.

    Attributes:
        json: the same path in DuckDB's JSON path language.
        absolute: starts at the document, wherever it is written.
        many: leads to every element of a list.
        names: names of the fields on the way.
    """

    json: str
    absolute: bool
    many: bool
    names: tuple[str, ...] = ()

    @property
    def is_field(self) -> bool:
        """Whether it is a field of the document, and no path into one."""
        return len(self.names) == 1 and self.json == step("$", self.names[0])


def step(json: str, name: str) -> str:
    """Return the JSON path of a field of what stands at another, whatever its name holds."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'{json}."{escaped}"'


def parse(text: str) -> Path:
    """Return the path that this text writes.

    Raises:
        ValueError: it is not a path.
    """
    absolute = text.startswith("/")
    rest = text.removeprefix("/")
    if rest == ".":
        return Path("$", absolute=absolute, many=False)
    json, names, position = "$", list[str](), 0
    root, many = None, False
    while position < len(rest):
        found = _PART.match(rest, position)
        if found is None:
            break
        name = _ESCAPED.sub(r"\1", found[1]) if found[1] else found[2]
        if name == "*":
            json, many = f"{json}[*]", True
        else:
            json = f"{step(json, name)}{found[3]}"
            names.append(name)
        root = root or name
        position = found.end()
    if root in {None, "*"} or position < len(rest) or rest.endswith("."):
        msg = f"{text!r} is no path; write names with dots, as in address.city or lines.*.sku"
        raise ValueError(msg)
    return Path(json, absolute=absolute, many=many, names=tuple(names))
