"""What has to be known of a page to ask for the next one, at a tenth of the cost of reading it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.sources.wire.documents import moments

if TYPE_CHECKING:
    from datetime import tzinfo

    from cdp.sources.wire.pages import Layout

_DOCUMENT = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Glance:
    """A page at a glance: its rows, and the latest change on it (UTC, naive), if any tells."""

    rows: int
    latest: datetime | None


def glance(raw: bytes, layout: Layout, changed: str | None, zone: tzinfo) -> Glance | None:
    """Return what a page holds; None where it is not plain, so that it has to be read to tell."""
    if changed is not None and "." in changed:
        return None
    try:
        rows = layout.rows(_DOCUMENT.decode(raw))
        if changed is None:
            return Glance(len(rows), None)
        values = [row.value for row in map(_decoder(changed).decode, rows)]
    except (LookupError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    latest = moments(values, zone).max() if values else None
    return Glance(len(rows), latest if isinstance(latest, datetime) else None)


@lru_cache(maxsize=256)
def _decoder(field: str) -> msgspec.json.Decoder[Any]:
    """Return what reads one field of a row, None where the row lacks it."""
    record = msgspec.defstruct("Changed", [("value", Any, None)], rename={"value": field}, gc=False)
    return msgspec.json.Decoder(record)
