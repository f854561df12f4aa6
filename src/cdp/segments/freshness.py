"""Whose membership can be told at once, of one profile, and whose waits for the run.

Invariant: a definition is live where everything it looks at is the member's own and is known as
soon as it is heard: the published rows, the events heard since, the permissions given since. What
runs alone compute (facts, scores, conclusions) or join (lines of orders) waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.segments.compiler import Compiled
    from cdp.segments.definition import SegmentFile

WAIT: Final = frozenset(
    {
        *("gold.feature", "gold.score", "gold.enrichment", "gold.order_line", "gold.attribute"),
        *("gold.household", "gold.household_member", "gold.company_group"),
        *("gold.company_group_member", "gold.relationship", "gold.account", "gold.cart"),
    }
)
"""Tables that a run alone brings up to date."""


def waits_for(
    segment: Compiled, definition: SegmentFile, declared: Mapping[str, SegmentFile]
) -> list[str]:
    """Return what the segment waits for: tables of runs, or `others` where it looks at all.

    Nothing: it is live.
    """
    found = sorted(set(segment.tables) & WAIT)
    if not definition.condition.is_own(declared):
        found.append("others")
    return found
