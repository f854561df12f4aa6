"""What members of a segment are like, beside everybody of their kind.

An index of 100 says that a value is as frequent among the members as among everybody, 200 that it
is twice as frequent. Where few are counted it says little: counts stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.store import Statement

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.store import Warehouse

_MOST: Final = 12
_OTHERS: Final = "others"
# Values with an order of their own; all others stand by how many have them.
_ORDER: Final = {
    value: place
    for place, value in enumerate(
        (
            *("under 18", "18 to 24", "25 to 34", "35 to 44", "45 to 54", "55 to 64"),
            *("65 and over", "none", "1", "2 to 4", "5 to 9", "10 and more", "to 30 days"),
            *("31 to 90 days", "91 to 180 days", "181 to 365 days", "over a year"),
            *("never bought", "under 50", "50 to 100", "100 to 250", "250 to 500"),
            *("500 to 1,000", "1,000 and more"),
        )
    )
}
_LAST: Final = len(_ORDER)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a dimension: how many members have it, how many of everybody."""

    value: str
    members: int
    everybody: int


@dataclass(frozen=True, slots=True)
class Dimension:
    """What the members are counted by, with its values."""

    name: str
    values: tuple[Value, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON: shares of those counted, and the index."""
        members = sum(one.members for one in self.values)
        everybody = sum(one.everybody for one in self.values)
        return {
            "dimension": self.name,
            "values": [
                {
                    "value": one.value,
                    "members": one.members,
                    "everybody": one.everybody,
                    "share": _share(one.members, members),
                    "share_of_everybody": _share(one.everybody, everybody),
                    "index": _index(one, members, everybody),
                }
                for one in self.values
            ],
        }


def portrait(warehouse: Warehouse, entity: str, as_of: datetime) -> tuple[Dimension, ...]:
    """Return the dimensions of those in `temp.segment_chosen` beside everybody of their kind."""
    statement = Statement.load("cdp.segments", "segment_portrait")
    found = warehouse.select(statement, entity=entity, as_of=as_of)
    by_name: dict[str, list[Value]] = {}
    for dimension, *rest in found.rows():
        by_name.setdefault(dimension, []).append(Value(*rest))
    return tuple(
        Dimension(name, tuple(_cut(values)))
        for name, values in by_name.items()
        if [one.value for one in values] != ["unknown"]
    )


def _cut(values: list[Value]) -> list[Value]:
    """Return the values in their order, the rarest together as others."""
    kept, rest = values[:_MOST], values[_MOST:]
    if rest:
        members, everybody = sum(v.members for v in rest), sum(v.everybody for v in rest)
        kept = [*kept, Value(_OTHERS, members, everybody)]
    return sorted(kept, key=lambda one: _ORDER.get(one.value, _LAST))


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _index(one: Value, members: int, everybody: int) -> int | None:
    if not members or not one.everybody:
        return None
    return round(100 * (one.members / members) / (one.everybody / everybody))
