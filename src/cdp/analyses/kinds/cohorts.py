"""Cohorts: new customers by the month or quarter of their first order, and what became of them.

Invariant: only whole periods are told; the one that is under way would look like a bad one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import Field

from cdp.analyses.analysis import KINDS, Analysis, Finding
from cdp.analyses.purchases import OfCustomers
from cdp.scores.bought import currency
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.stage import Run
    from cdp.store import Warehouse

LEAST_CUSTOMERS: Final = 30
"""Below it the interval of a retention of 20 % is wider than from 10 % to 40 %."""
_LEAST_PERIODS: Final = 2
_TOLD: Final = (1, 3, 6, 12)
"""Ages that are told in words."""
_AGES: Final = """
select
    age,
    count(*) as cohorts,
    sum(customers)::bigint as customers,
    sum(active) / sum(customers) as retention,
    (sum(cumulative_value * customers) / sum(customers))::double as value
from gold.analysis_cohort
where analysis = $analysis
group by age
order by age
"""
_CELLS: Final = """
select cohort, age, customers, retention
from gold.analysis_cohort
where analysis = $analysis
order by cohort, age
"""
_FIRST: Final = """
select date_trunc($period, min(happened_at))::date from temp.analysis_purchase where is_order
"""


class CohortAnalysis(OfCustomers):
    """Cohorts of new customers: retention and value by age."""

    by: Literal["month", "quarter"] = Field("month", description="how long a period is")
    last: int = Field(24, ge=2, le=120, description="cohorts of the last so many whole periods")


def find(run: Run, name: str, definition: CohortAnalysis) -> Finding:
    """Follow each cohort from its first period to the last whole one."""
    warehouse, period = run.warehouse, definition.by
    warehouse.append(
        Statement.load("cdp.analyses", "cohort"),
        analysis=name,
        as_of=run.as_of,
        period=period,
        last=definition.last,
        kinds=list(definition.of),
    )
    ages = warehouse.query(_AGES, analysis=name).to_dicts()
    customers = ages[0]["customers"] if ages else 0
    if customers < LEAST_CUSTOMERS or len(ages) < _LEAST_PERIODS:
        why = (
            f"{customers:,} customers first ordered in the {len(ages):,} whole {period}s that are "
            f"looked at; cohorts are told from {LEAST_CUSTOMERS} customers and {_LEAST_PERIODS} "
            f"{period}s on"
        )
        return Finding("insufficient_data", (why,), {"customers": customers})
    first = warehouse.query(_FIRST, period=period).item()
    cohorts = set(warehouse.query(_CELLS, analysis=name)["cohort"])
    words = _worded(ages, period, currency(warehouse))
    counts = {"customers": customers, "cohorts": ages[0]["cohorts"]}
    if first not in cohorts:
        return Finding("found", words, counts)
    note = f"orders are known since {first:%Y-%m}: some of that cohort may be older customers"
    return Finding("found", (*words, note), counts, ("left_truncated",))


def _worded(ages: list[dict[str, Any]], period: str, money: str) -> tuple[str, ...]:
    told = [row for row in ages if row["age"] in _TOLD] or ages[-1:]
    return tuple(
        f"{row['age']} {period}{'s' if row['age'] > 1 else ''} after the first order: "
        f"{row['retention']:.1%} of {row['customers']:,} customers ordered in that {period}; a "
        f"customer had brought {row['value']:,.2f} {money} by its end".replace("  ", " ")
        for row in told
    )


def draw(warehouse: Warehouse, name: str) -> Mapping[str, bytes]:
    """Return retention by cohort and age, and what a customer brought by age."""
    from cdp.analyses import pictures  # noqa: PLC0415 - matplotlib is slow to import

    cells = warehouse.query(_CELLS, analysis=name).rows()
    ages = warehouse.query(_AGES, analysis=name).to_dicts()
    customers = {cohort: n for cohort, _, n, _ in cells}
    found = {(cohort, age): retention for cohort, age, _, retention in cells}
    grid = [[found.get((cohort, row["age"])) for row in ages] for cohort in customers]
    return {
        "retention.svg": pictures.grid(
            "Retention",
            (
                [f"{cohort:%Y-%m} ({n:,})" for cohort, n in customers.items()],
                [str(row["age"]) for row in ages],
            ),
            grid,
            [["" if one is None else f"{one:.0%}" for one in row] for row in grid],
        ),
        "value.svg": pictures.line(
            [(row["age"], row["value"]) for row in ages],
            ("age", f"brought by customer, {currency(warehouse)}"),
            "Value of a customer by age",
        ),
    }


KINDS.add("cohorts", Analysis("cohorts", CohortAnalysis, ("gold.analysis_cohort",), find, draw))
