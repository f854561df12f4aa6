"""Trust tiers: business documents and master data are facts, behaviour is evidence.

What is concluded from others (scores, segments, households, what is perhaps the same) is evidence,
however certain it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Tier = Literal["fact", "evidence", "mixed"]
"""`mixed`: each entry of a timeline says its own in `trust`; of `facts`, what is counted of orders
is fact and what is counted of interactions is evidence."""

_CONCLUDED: Final = frozenset(
    (
        *("scores", "segments", "household", "group", "inferred", "possible"),
        *("explain", "history"),
    )
)
_MIXED: Final = frozenset({"timeline", "facts"})
_BEHAVIOUR: Final = frozenset({"cart"})
_OBSERVED: Final = "observed"
_STATED: Final = frozenset({"master_data", "declared"})


def tiers(document: Mapping[str, Any], origins: Iterable[Mapping[str, Any]]) -> dict[str, Tier]:
    """Return the tier of each field and part of a document.

    A golden value that a system only observed is evidence; `origins` says where each is from.
    """
    observed = {row["attribute"] for row in origins if row["trust_tier"] == _OBSERVED}
    is_visitor = document.get("profile_type") == "visitor"
    return {field: _tier(field, field in observed or is_visitor) for field in document}


def entry_tier(entry: Mapping[str, Any]) -> Tier:
    """Return the tier of an entry of a timeline."""
    if entry["kind"] == "interaction":
        return row_tier(entry.get("detail") or {}, "evidence")
    return "evidence" if entry["kind"] in _BEHAVIOUR else "fact"


def row_tier(row: Mapping[str, Any], of_block: Tier) -> Tier:
    """Return the tier of a row of a block: its own where it has one."""
    own = row.get("trust_tier")
    return of_block if own is None else ("fact" if own in _STATED else "evidence")


def _tier(field: str, is_observed: bool) -> Tier:  # noqa: FBT001 - a claim about the field
    if field in _MIXED:
        return "mixed"
    return "evidence" if is_observed or field in _CONCLUDED else "fact"
