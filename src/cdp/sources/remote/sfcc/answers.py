"""What SCAPI answers: rows in `data`, or in the `data` of each hit of a search."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from cdp.sources.wire.pages import Layout

_OPENING: Final = re.compile(
    r'\s*\{\s*(?:"(?:limit|offset|total)"\s*:\s*\d+\s*,\s*)*"data"\s*:\s*\['
)


class _Hit(msgspec.Struct):
    data: msgspec.Raw


def _rows(document: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    if "hits" in document:
        return [hit.data for hit in msgspec.json.decode(document["hits"], type=list[_Hit])]
    if "data" not in document and bytes(document.get("total") or b"") == b"0":
        return []  # some answers leave out what there is none of
    rows: list[msgspec.Raw] = msgspec.json.decode(document["data"], type=list[msgspec.Raw])
    return rows


LAYOUT: Final = Layout(_rows, _OPENING)
