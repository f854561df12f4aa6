"""RFM grid: customers by how recently, how often and for how much they bought, in fifths.

The fifths are cut at values, as those of the score `rfm` are: equal customers stand in the same
cell. Recency and frequency look at all orders, money at those of the last days alone. Hughes,
"Strategic Database Marketing" (1994), describes the method; the names of groups of cells are the
usual ones of the recency and frequency map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import Field

from cdp.analyses.analysis import KINDS, Analysis, Finding
from cdp.analyses.purchases import OfCustomers
from cdp.scores.bought import currency
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.stage import Run
    from cdp.store import Warehouse

LEAST_CUSTOMERS: Final = 50
"""Ten in each fifth; with fewer a cut between two fifths is a matter of one order."""
_FIFTHS: Final = 5
_SEGMENTS: Final = """
select
    segment,
    sum(customers)::bigint as customers,
    sum(revenue) as revenue,
    (sum(average_recency_days * customers) / sum(customers))::double as recency_days,
    (sum(average_orders * customers) / sum(customers))::double as orders
from gold.analysis_rfm
where analysis = $analysis
group by segment
order by revenue desc, segment
"""
_GRID: Final = """
select recency, frequency, sum(customers)::bigint as customers, any_value(segment) as segment
from gold.analysis_rfm
where analysis = $analysis
group by recency, frequency
"""


class RfmAnalysis(OfCustomers):
    """An RFM grid: customers in fifths by recency, frequency and money."""

    days: int = Field(365, gt=0, description="money is the net revenue of the last so many days")


def find(run: Run, name: str, definition: RfmAnalysis) -> Finding:
    """Count customers and revenue in each cell, and say what groups of cells are called."""
    warehouse = run.warehouse
    warehouse.append(
        Statement.load("cdp.analyses", "rfm"),
        analysis=name,
        as_of=run.as_of,
        days=definition.days,
        kinds=list(definition.of),
    )
    rows = warehouse.query(_SEGMENTS, analysis=name).rows()
    customers = sum(n for _, n, *_ in rows)
    if customers < LEAST_CUSTOMERS:
        why = f"{customers:,} customers ordered; fifths are told from {LEAST_CUSTOMERS} on"
        return Finding("insufficient_data", (why,), {"customers": customers})
    total, money = sum(revenue for _, _, revenue, *_ in rows), currency(warehouse)
    words = tuple(
        f"{segment}: {n:,} of {customers:,} customers ({n / customers:.1%}), in the last "
        f"{definition.days:,} days {float(revenue / (total or 1)):.1%} of net revenue, "
        f"{revenue:,.2f} {money}; on average {orders:.1f} orders, the last {days:,.0f} days ago"
        for segment, n, revenue, days, orders in rows
    )
    return Finding("found", words, {"customers": customers, "segments": len(rows)})


def draw(warehouse: Warehouse, name: str) -> Mapping[str, bytes]:
    """Return the grid of recency and frequency, and the groups by customers and by revenue."""
    from cdp.analyses import pictures  # noqa: PLC0415 - matplotlib is slow to import

    cells = {(r, f): (n, s) for r, f, n, s in warehouse.query(_GRID, analysis=name).rows()}
    customers = sum(n for n, _ in cells.values())
    fifths = range(1, _FIFTHS + 1)
    nobody = (0, "")
    grid = [[cells.get((r, f), nobody) for f in fifths] for r in reversed(fifths)]
    picture = pictures.grid(
        "Recency and frequency",
        ([f"recency {r}" for r in reversed(fifths)], [f"frequency {f}" for f in fifths]),
        [[n / customers for n, _ in row] for row in grid],
        [[f"{n:,}\n{segment}" for n, segment in row] for row in grid],
    )
    rows = warehouse.query(_SEGMENTS, analysis=name).rows()
    total = sum(revenue for _, _, revenue, *_ in rows) or 1
    shares = [(s, n / customers, float(revenue / total)) for s, n, revenue, *_ in rows]
    return {
        "grid.svg": picture,
        "segments.svg": pictures.shares(shares, ("of customers", "of revenue"), "RFM segments"),
    }


KINDS.add("rfm", Analysis("rfm", RfmAnalysis, ("gold.analysis_rfm",), find, draw))
