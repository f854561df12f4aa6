"""How many the published segments share: with each other, and with one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.store import Warehouse

# Everybody once, by the set of segments they are in: as many rows as there are such sets.
_SETS: Final = """
select segments, count(*) as members
from (
    select profile_id, list(segment order by segment) as segments
    from gold.segment_member
    where list_contains($names, segment)
    group by profile_id
)
group by segments
order by segments
"""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Shared members: row and column `n` of the matrix are of segment `n`."""

    segments: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return what one of them shares with each other, most first.

        `share` is of its own members, `share_of_other` of the other's; `jaccard` is the shared
        of all that are in either.
        """
        one = self.segments.index(name)
        own = self.matrix[one][one]
        found = []
        for other, segment in enumerate(self.segments):
            if other == one:
                continue
            shared, theirs = self.matrix[one][other], self.matrix[other][other]
            found.append(
                {
                    "segment": segment,
                    "members": theirs,
                    "shared": shared,
                    "share": _ratio(shared, own),
                    "share_of_other": _ratio(shared, theirs),
                    "jaccard": _ratio(shared, own + theirs - shared),
                }
            )
        return sorted(found, key=lambda row: (-int(str(row["shared"])), str(row["segment"])))


def overlap(warehouse: Warehouse, names: Sequence[str]) -> Overlap:
    """Return how many members each two of these segments share."""
    order = sorted(set(names))
    place = {name: number for number, name in enumerate(order)}
    matrix = [[0] * len(order) for _ in order]
    for segments, members in warehouse.query(_SETS, names=order).rows():
        for one in segments:
            for other in segments:
                matrix[place[one]][place[other]] += members
    return Overlap(tuple(order), tuple(map(tuple, matrix)))


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
