"""Customers with a few orders each, for analyses of all of them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from builders import AS_OF, Value, add, workspace
from cdp.analyses.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Report, Run
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)
Order = tuple[date | int, float]
"""When (or how many days ago), and for how much."""
Row = dict[str, Value]
Files = Mapping[str, Mapping[str, Any]]


def customers(
    warehouse: Warehouse, orders: Mapping[str, Iterable[Order]], kind: str = "person"
) -> None:
    """Add customers with these orders, all at once: an insert of each takes its time."""
    facts: dict[str, Value] = {"entity_type": kind, "currency": "EUR"}
    add(warehouse, "gold.feature", *({"profile_id": who, **facts} for who in orders))
    if _owner(kind) == "account_id":
        accounts: list[Row] = [{"account_id": who, "account_type": kind} for who in orders]
        add(warehouse, "gold.account", *accounts)
    rows = [
        _order(who, number, when, amount, kind)
        for who, all_of in orders.items()
        for number, (when, amount) in enumerate(all_of)
    ]
    if rows:
        add(warehouse, "gold.order", *rows)


def customer(warehouse: Warehouse, who: str, *orders: Order, kind: str = "person") -> None:
    """Add a customer with these orders."""
    customers(warehouse, {who: orders}, kind)


def order(
    warehouse: Warehouse, who: str, number: int, given: Order, kind: str = "person", **more: Value
) -> None:
    """Add an order of a customer who is there."""
    add(warehouse, "gold.order", _order(who, number, *given, kind) | more)


def buyers(warehouse: Warehouse, amounts: Iterable[float]) -> None:
    """Add a customer for each amount, who spent it ten days ago: P-000, P-001, ..."""
    customers(warehouse, {f"P-{n:03}": [(10, amount)] for n, amount in enumerate(amounts)})


def _owner(kind: str) -> str:
    return "account_id" if kind in {"organisation", "group"} else "profile_id"


def _order(who: str, number: int, when: date | int, amount: float, kind: str) -> Row:
    at = NOW - timedelta(days=when) if isinstance(when, int) else when
    return {
        "order_id": f"shop:{who}.{number}",
        _owner(kind): who,
        "ordered_at": datetime(at.year, at.month, at.day),  # noqa: DTZ001 - UTC without a zone
        "status": "completed",
        "currency": "EUR",
        "amount": amount,
    }


def analysed(
    warehouse: Warehouse,
    folder: Path,
    *,
    as_of: datetime = AS_OF,
    ask: Iterable[str] = (),
    files: Files | None = None,
) -> Report:
    """Run the stage with these files of `analyses/`, as the pipeline would."""
    place = declared(folder, files or {})
    with warehouse.transaction():
        return STAGE.run(Run(1, as_of, as_of, 1, warehouse, place, analyse=frozenset(ask)))


def declared(folder: Path, files: Files) -> Workspace:
    """Return a workspace that declares these analyses."""
    return workspace(folder, {f"analyses/{name}.yaml": one for name, one in files.items()})
