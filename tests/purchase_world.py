"""Invented customers who buy in their own rhythm and stop at some time, drawn by a seed."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from builders import AS_OF, add

if TYPE_CHECKING:
    from builders import Value
    from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)


def orders(customers: int, *, days: int = 800, seed: int = 1) -> list[dict[str, Value]]:
    """Return orders of so many customers, the last ones placed a day before the moment."""
    found: list[dict[str, Value]] = []
    for number in range(customers):
        random = Random(f"{seed} {number}")  # noqa: S311 - invented data
        pause, basket = random.lognormvariate(3.6, 0.7), random.lognormvariate(3.8, 0.5)
        day = random.uniform(1, days)
        gone = day - random.expovariate(1 / 250)
        while day > 1 and day > gone:
            found.append(_order(len(found), number, NOW - timedelta(days=day), basket, random))
            day -= 1 + random.expovariate(1 / pause)
    return found


def _order(
    number: int, customer: int, at: datetime, basket: float, random: Random
) -> dict[str, Value]:
    return {
        "order_id": f"shop:{number}",
        "profile_id": f"P-{customer:04}",
        "ordered_at": at,
        "status": "completed",
        "currency": "EUR",
        "amount": round(basket * random.uniform(0.6, 1.5), 2),
    }


def fill(warehouse: Warehouse, placed: list[dict[str, Value]]) -> None:
    """Put orders and the facts of who placed them into gold."""
    add(warehouse, "gold.order", *placed)
    times: dict[str, list[dict[str, Value]]] = {}
    for order in placed:
        times.setdefault(str(order["profile_id"]), []).append(order)
    facts: list[dict[str, Value]] = [
        {
            "profile_id": who,
            "entity_type": "person",
            "currency": "EUR",
            "orders": len(mine),
            "revenue": sum(float(str(order["amount"])) for order in mine),
            "recency_days": min((NOW - _at(order)).days for order in mine),
        }
        for who, mine in sorted(times.items())
    ]
    add(warehouse, "gold.feature", *facts)


def _at(order: dict[str, Value]) -> datetime:
    at = order["ordered_at"]
    assert isinstance(at, datetime)
    return at
