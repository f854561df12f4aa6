"""Products in orders that were heard of since the run, as `purchases` of a generation tells them.

Invariant: an order counts as the standard mapping of events counts it: once, as the latest event
that states it says, and not at all where it was cancelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.realtime.subject import Happened

_STATED: Final = frozenset({"Order Completed", "Order Updated"})
_CANCELLED: Final = frozenset({"Order Cancelled", "Order Canceled"})
_CANCELLED_STATUS: Final = frozenset({"cancelled", "canceled"})
_TOTALS: Final = ("total", "value", "revenue")
_NUMBERS: Final = ("sku", "product_id")
_DAY: Final = 10


class _Event(msgspec.Struct):
    event: str | None = None
    properties: dict[str, Any] | None = None


def purchases_of(happened: Iterable[Happened]) -> list[dict[str, Any]]:
    """Return `product`, `name`, `category` and `days`, the latest first, of each product bought."""
    found: dict[str, dict[str, Any]] = {}
    for day, product in _lines(happened):
        number = next((str(product[name]) for name in _NUMBERS if product.get(name)), None)
        if number is None:
            continue
        called, category = str(product.get("name") or number), product.get("category")
        row = found.setdefault(
            number,
            {
                "product": number,
                "name": called,
                "category": category if isinstance(category, str) else None,
                "days": set(),
            },
        )
        row["days"].add(day)
    return [row | {"days": sorted(row["days"], reverse=True)} for row in found.values()]


def _lines(happened: Iterable[Happened]) -> list[tuple[str, dict[str, Any]]]:
    """Return the day and the product of each line of orders that stand."""
    orders: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    cancelled: set[tuple[str, str]] = set()
    for one in sorted((o for o in happened if o.payload), key=lambda o: (o.at, o.id)):
        try:
            event = msgspec.json.decode(one.payload, type=_Event, strict=False)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue  # a run will refuse to read it
        said = event.properties or {}
        if one.type != "track" or not said.get("order_id"):
            continue
        order = one.source, str(said["order_id"])
        if event.event in _CANCELLED:
            cancelled.add(order)
        elif event.event in _STATED and any(said.get(n) not in (None, "") for n in _TOTALS):
            is_gone = str(said.get("status") or "").casefold() in _CANCELLED_STATUS
            cancelled = cancelled | {order} if is_gone else cancelled
            products = said.get("products")
            if isinstance(products, list):
                rows = [product for product in products if isinstance(product, dict)]
                orders[order] = [(one.at[:_DAY], product) for product in rows]
    return [line for order, lines in orders.items() if order not in cancelled for line in lines]
