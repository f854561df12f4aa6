"""Products of orders that were heard of since the run."""

from typing import Any

import msgspec

from cdp.realtime.live_purchases import purchases_of
from cdp.realtime.subject import Happened

POT = {"sku": "pot", "name": "Pot", "category": "Garden", "price": 5}


def heard(at: str, event: str, order: object = "o1", type_: str = "track", **said: Any) -> Happened:
    body = {"event": event, "properties": {"order_id": order, "total": 5, **said}}
    return Happened(f"{at}T10:00:00Z", f"{at}{event}", "web", type_, msgspec.json.encode(body))


def test_what_was_ordered_is_bought_on_its_days() -> None:
    rows = purchases_of(
        [
            heard(
                "2026-07-01", "Order Completed", products=[POT, {"product_id": 7}, {"name": "?"}]
            ),
            heard("2026-07-03", "Order Completed", "o2", products=[POT]),
        ]
    )
    assert rows == [
        {
            "product": "pot",
            "name": "Pot",
            "category": "Garden",
            "days": ["2026-07-03", "2026-07-01"],
        },
        {"product": "7", "name": "7", "category": None, "days": ["2026-07-01"]},
    ]


def test_an_order_counts_as_its_latest_statement_says() -> None:
    first = heard("2026-07-01", "Order Completed", products=[POT])
    changed = heard("2026-07-02", "Order Updated", products=[{"sku": "saw"}])
    assert [row["product"] for row in purchases_of([changed, first])] == ["saw"]
    for gone in (
        heard("2026-07-02", "Order Cancelled"),
        heard("2026-07-02", "Order Updated", status="Cancelled", products=[POT]),
    ):
        assert purchases_of([first, gone]) == []


def test_what_is_no_order_is_passed_over() -> None:
    assert (
        purchases_of(
            [
                heard("2026-07-01", "Product Viewed", products=[POT]),
                heard("2026-07-01", "Order Completed", None, products=[POT]),
                heard("2026-07-01", "Order Completed", products="pot"),
                heard("2026-07-01", "Order Completed", products=[POT], total=None),
                heard("2026-07-01", "Order Completed", type_="page", products=[POT]),
                Happened("2026-07-01T10:00:00Z", "x", "web", "track", b""),
            ]
        )
        == []
    )
