"""What the versions of OData differ in: where rows and the next page are, how moments look."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from cdp.sources.remote.walk import instant
from cdp.sources.wire.pages import ODATA, Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_DOCUMENT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ROWS_BEGIN: Final = re.compile(r'\s*\{\s*(?:"[\w@.]+"\s*:\s*"[^"]*"\s*,\s*)*"value"\s*:\s*\[')
Literals = Literal["datetimeoffset", "datetime", "moment"]
"""How values of a field of change are written: with an offset, as the whole days of a `datetime`
(in version 4 a date), or as a `datetime` to the second."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version.

    Attributes:
        version: 2 or 4.
        layout: where rows are in an answer.
        link: returns the address of the next page, None after the last; raises LookupError or a
            msgspec error where an answer is none of this version.
        literal: how a moment is written in a filter.
        asks: what every query says.
    """

    version: int
    layout: Layout
    link: Callable[[bytes], str | None]
    literal: Callable[[Literals, datetime], str]
    asks: Mapping[str, str] = field(default_factory=dict)


def _link_2(raw: bytes) -> str | None:
    body = _DOCUMENT.decode(raw)["d"]
    link = None if bytes(body).startswith(b"[") else _DOCUMENT.decode(body).get("__next")
    return None if link is None else msgspec.json.decode(link, type=str | None)


def _link_4(raw: bytes) -> str | None:
    document = _DOCUMENT.decode(raw)
    _ = document["value"]
    return told(document, "nextLink")


def told(document: Mapping[str, msgspec.Raw], name: str) -> str | None:
    """Return what a page of version 4 says under a control name, None where it says nothing."""
    said = document.get(f"@odata.{name}", document.get(f"@{name}"))
    return None if said is None else msgspec.json.decode(said, type=str | None)


def _literal_2(kind: Literals, moment: datetime) -> str:
    match kind:
        case "datetime":
            return f"datetime'{moment:%Y-%m-%dT00:00:00}'"
        case "moment":
            return f"datetime'{moment:%Y-%m-%dT%H:%M:%S}'"
        case "datetimeoffset":
            return f"datetimeoffset'{instant(moment)}'"


def _literal_4(kind: Literals, moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if kind == "datetime" else instant(moment)


V2: Final = Dialect(2, ODATA, _link_2, _literal_2, {"$format": "json"})
V4: Final = Dialect(
    4, Layout(lambda document: _ROWS.decode(document["value"]), _ROWS_BEGIN), _link_4, _literal_4
)
