"""What SAP Commerce answers: rows of integration objects in the form that OCC gives them.

OData wraps what is inside a row into objects of its own (`{"results": [...]}`, `__deferred`). They
are taken away, so that a record has one form, whichever way it came; its words are kept.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cdp.sources.remote.odata_dialect import V2, Dialect
from cdp.sources.wire.pages import ODATA, Layout

_LISTS: Final = ("orders", "carts")
_WHOLE: Final = ("code", "uid")
_encode: Final = msgspec.json.Encoder().encode


def _rows(document: dict[str, msgspec.Raw]) -> list[msgspec.Raw]:
    if "d" in document:
        return [_plain(row) for row in ODATA.rows(document)]
    for name in _LISTS:
        if name in document:
            rows: list[msgspec.Raw] = msgspec.json.decode(document[name], type=list[msgspec.Raw])
            return rows
    if any(name in document for name in _WHOLE):
        return [msgspec.Raw(_encode(document))]
    raise LookupError


def _plain(row: msgspec.Raw) -> msgspec.Raw:
    return msgspec.Raw(_encode(_unwrapped(msgspec.json.decode(row))))


def _unwrapped(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_unwrapped(each) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("results"), list):
        return _unwrapped(value["results"])
    return {
        name: _unwrapped(each)
        for name, each in value.items()
        if name != "__metadata" and not (isinstance(each, dict) and "__deferred" in each)
    }


LAYOUT: Final = Layout(_rows, ODATA.opening)
DIALECT: Final = Dialect(2, LAYOUT, V2.link, V2.literal, V2.asks)
