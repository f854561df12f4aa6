"""Who is hidden from a caller that is bound to regions: the one place that decides it.

Rule: a profile or account is shown where every one of its records is of a region that the caller
may see, since golden values are drawn from all of them. A record whose source declares no region
is of the region `none`. Asked for by name, whoever is hidden is answered with 403 and nothing
else; in lists, and where another one's document names it, it is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.api.errors import ForbiddenError, RegionError

if TYPE_CHECKING:
    from cdp.api.call import Call
    from cdp.publish.served import Generation

NO_REGION: Final = "none"
_PARTY: Final = ("P-", "A-")
_ASKED: Final = "ref"
"""The field that repeats what the caller asked for."""


class _Record(msgspec.Struct):
    """An entry of a party's sources, of which the region alone is read."""

    region: str | None = None


_SOURCES = msgspec.json.Decoder(list[_Record])


def guard(call: Call, subject: str, purpose: str) -> None:
    """Return where the caller may read this subject for this purpose.

    Raises:
        RegionError: the subject is hidden from it.
        ForbiddenError: it may not read for this purpose.
    """
    key = call.caller
    if key.purposes is not None and purpose not in key.purposes:
        known = ", ".join(sorted(key.purposes)) or "none"
        msg = f"say in the header X-Purpose what it is for; this key may read for: {known}"
        raise ForbiddenError(msg)
    if key.regions is not None and subject.startswith(_PARTY) and is_hidden(call, subject):
        msg = "this key may not see the region that this one is of"
        raise RegionError(msg)


def is_hidden(call: Call, id_: str) -> bool:
    """Whether a profile or account is hidden from the caller; one that is unknown here is."""
    allowed = call.caller.regions
    if allowed is None:
        return False
    generation = call.looked_at or call.context.generation()
    regions = regions_of(generation, id_)
    return not regions or not regions <= allowed


def regions_of(generation: Generation, id_: str) -> frozenset[str]:
    """Return the regions of the records of a profile or account, empty when it has none."""
    sources = generation.document("sources", id_)
    if sources is None:
        return frozenset()
    return frozenset(record.region or NO_REGION for record in _SOURCES.decode(sources))


def without_hidden(call: Call, document: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    """Return JSON without the rows and parts that name somebody who is hidden from the caller."""
    if isinstance(document, list):
        return [without_hidden(call, row) for row in document if not _names_hidden(call, row)]
    if not isinstance(document, dict):
        return document
    return {field: _without(call, field, value) for field, value in document.items()}


def _without(call: Call, field: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    if field == _ASKED:
        return value
    return None if _names_hidden(call, value) else without_hidden(call, value)


def _names_hidden(call: Call, row: Any) -> bool:  # noqa: ANN401 - JSON
    values = [v for k, v in row.items() if k != _ASKED] if isinstance(row, dict) else (row,)
    return any(
        isinstance(value, str) and value.startswith(_PARTY) and is_hidden(call, value)
        for value in values
    )
