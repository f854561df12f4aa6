"""Links between parties put together: whoever hangs together is one household, or one group.

Invariants: every one is in at most one; the outcome depends on the set of links alone, never on
their order. Where more than `largest` hang together, links below `sure` do not count.
"""

from __future__ import annotations

import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

_SCHEMA = {"member_id": pl.String, "first_id": pl.String}


def together(links: pl.DataFrame, largest: int, sure: float) -> pl.DataFrame:
    """Return each linked `member_id` with the smallest id that it hangs together with, `first_id`.

    `links` has `left_id, right_id, confidence`, ids never null.
    """
    every = _components(links)
    crowded = every.filter(pl.len().over("first_id") > largest).select("member_id")
    if crowded.is_empty():
        return every
    surely = links.filter(pl.col("confidence") >= sure).join(
        crowded, left_on="left_id", right_on="member_id", how="semi"
    )
    return pl.concat([every.join(crowded, on="member_id", how="anti"), _components(surely)])


def _components(links: pl.DataFrame) -> pl.DataFrame:
    ids = pl.concat([links["left_id"], links["right_id"]]).unique().sort()
    if ids.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    left = ids.search_sorted(links["left_id"]).to_numpy()
    right = ids.search_sorted(links["right_id"]).to_numpy()
    graph = coo_array((left >= 0, (left, right)), shape=(len(ids), len(ids)))
    _, labels = connected_components(graph, directed=False)
    return pl.DataFrame({"member_id": ids, "label": labels}).select(
        "member_id", pl.col("member_id").min().over("label").alias("first_id")
    )
