"""What a definition would give on a published generation, before anything is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cdp.segments.compiler import Compiled
    from cdp.store import Warehouse


@dataclass(frozen=True, slots=True)
class Preview:
    """A definition, tried out.

    Attributes:
        members: how many satisfy it now.
        entering: how many of these are not yet in the published segment.
        leaving: how many of the published segment do not satisfy it.
        overlap: how many of them are in each other published segment.
        sample: up to so many members as wished, by id: (profile_id, name).
    """

    members: int
    entering: int
    leaving: int
    overlap: Mapping[str, int]
    sample: tuple[tuple[str, str | None], ...]


def preview(warehouse: Warehouse, segment: Compiled, as_of: datetime, size: int = 10) -> Preview:
    """Return what the definition gives on these gold tables."""
    found = warehouse.query(segment.sql, **segment.params(as_of)).select("profile_id")
    published = warehouse.select(Statement.load("cdp.segments", "segment_before"))
    own = published.filter(pl.col("segment") == segment.name)
    shared = published.join(found, on="profile_id", how="semi")
    counts = shared.filter(pl.col("segment") != segment.name).group_by("segment").len()
    return Preview(
        members=found.height,
        entering=found.join(own, on="profile_id", how="anti").height,
        leaving=own.join(found, on="profile_id", how="anti").height,
        overlap=dict(counts.sort("segment").rows()),
        sample=_sample(warehouse, found.sort("profile_id").head(size)),
    )


def _sample(warehouse: Warehouse, chosen: pl.DataFrame) -> tuple[tuple[str, str | None], ...]:
    named = warehouse.query(
        "select profile_id, full_name as name from gold.profile "
        "where list_contains($ids, profile_id) "
        "union all select account_id, name from gold.account "
        "where list_contains($ids, account_id) order by 1",
        ids=chosen["profile_id"].to_list(),
    )
    return tuple(named.rows())
