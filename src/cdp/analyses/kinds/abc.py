"""ABC: who brings the revenue; customers in order of it, cut at shares of the whole.

A are the customers who make up the first 80 % of net revenue, B those up to 95 %, C the rest.
Dickie, "ABC inventory analysis shoots for dollars, not pennies" (1951), describes the method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from pydantic import Field, model_validator

from cdp.analyses.analysis import KINDS, Analysis, Finding
from cdp.analyses.purchases import OfCustomers
from cdp.scores.bought import currency
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.stage import Run
    from cdp.store import Warehouse

LEAST_CUSTOMERS: Final = 20
"""Below it one customer is more than 5 % of all, and a class is a name instead of a group."""
_CLASSES: Final = """
select class, count(*) as customers, sum(revenue) as revenue, sum(share) as share
from gold.analysis_abc
where analysis = $analysis
group by class
order by class
"""
_CURVE: Final = """
select
    place / max(place) over () as customers,
    cumulative_share as share
from gold.analysis_abc
where analysis = $analysis
-- every customer up to 200, of more an even choice with the last
qualify place % greatest(1, (max(place) over ()) // 200) = 0 or place = max(place) over ()
order by place
"""


class AbcAnalysis(OfCustomers):
    """An ABC analysis: customers by the revenue they brought, in three classes."""

    days: int = Field(365, gt=0, description="revenue of the last so many days")
    a: float = Field(0.8, gt=0, lt=1, description="share of revenue that class A makes up")
    b: float = Field(0.95, gt=0, lt=1, description="share of revenue that A and B make up")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.a >= self.b:
            msg = "`a` is less than `b`: class B begins where A ends"
            raise ValueError(msg)
        return self


def find(run: Run, name: str, definition: AbcAnalysis) -> Finding:
    """List customers with revenue by it, each with its class."""
    warehouse = run.warehouse
    customers = warehouse.append(
        Statement.load("cdp.analyses", "abc"),
        analysis=name,
        as_of=run.as_of,
        days=definition.days,
        kinds=list(definition.of),
        a=definition.a,
        b=definition.b,
    )
    if customers < LEAST_CUSTOMERS:
        why = (
            f"{customers:,} customers brought revenue in the last {definition.days:,} days; "
            f"classes are told from {LEAST_CUSTOMERS} on"
        )
        return Finding("insufficient_data", (why,), {"customers": customers})
    rows = warehouse.query(_CLASSES, analysis=name).rows()
    money = currency(warehouse)
    words = tuple(
        f"{class_}: {n:,} of {customers:,} customers ({n / customers:.1%}) brought {share:.1%} of "
        f"net revenue in the last {definition.days:,} days, {revenue:,.2f} {money}".rstrip()
        for class_, n, revenue, share in rows
    )
    return Finding("found", words, {"customers": customers} | {c: n for c, n, *_ in rows})


def draw(warehouse: Warehouse, name: str) -> Mapping[str, bytes]:
    """Return the concentration curve, and the classes by customers and by revenue."""
    from cdp.analyses import pictures  # noqa: PLC0415 - matplotlib is slow to import

    classes = warehouse.query(_CLASSES, analysis=name).rows()
    curve = warehouse.query(_CURVE, analysis=name).rows()
    customers = sum(n for _, n, *_ in classes)
    shares = [(f"class {c}", n / customers, share) for c, n, _, share in classes]
    return {
        "concentration.svg": pictures.concentration(curve),
        "classes.svg": pictures.shares(shares, ("of customers", "of revenue"), "ABC"),
    }


KINDS.add("abc", Analysis("abc", AbcAnalysis, ("gold.analysis_abc",), find, draw))
