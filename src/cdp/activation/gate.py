"""The consent gate: the one place that decides whether a member may leave.

Invariants: nobody leaves for a purpose without a granted permission for the golden contact
point of the channel, as gold.consent holds it after every conflict was resolved; members =
sent + suppressed, each suppressed one with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cdp.store import Statement

if TYPE_CHECKING:
    from cdp.destinations import DestinationDefinition
    from cdp.store import Warehouse

REASONS = ("blocked", "obsolete", "no_contact_point", "denied", "pending", "no_permission")


@dataclass(frozen=True, slots=True)
class Gated:
    """The members of a segment, judged.

    Attributes:
        frame: profile_id, contact, reason; one row a member, reason null where it may leave.
    """

    frame: pl.DataFrame

    @property
    def members(self) -> int:
        """How many there are."""
        return self.frame.height

    @property
    def suppressed(self) -> dict[str, int]:
        """How many are held back, by reason."""
        held = self.frame.filter(pl.col("reason").is_not_null())["reason"].to_list()
        return {reason: held.count(reason) for reason in REASONS if reason in held}

    @property
    def sent(self) -> int:
        """How many may leave."""
        return self.members - sum(self.suppressed.values())


def gate(warehouse: Warehouse, segment: str, wish: DestinationDefinition) -> Gated:
    """Return every member of the segment with why it may not leave as wished."""
    statement = Statement.load("cdp.activation", "gate")
    return Gated(
        warehouse.select(
            statement,
            segment=segment,
            purpose=wish.purpose,
            channel=wish.channel,
            category=wish.category,
        ).sort("profile_id")
    )
