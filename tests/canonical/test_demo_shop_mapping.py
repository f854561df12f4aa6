"""The demo's mapping of the shop, on objects as Shopify sends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from demo_room import at

if TYPE_CHECKING:
    from canonical_room import Room


@pytest.mark.parametrize(
    ("state", "level", "expected"),
    [
        ("SUBSCRIBED", "CONFIRMED_OPT_IN", [("granted", True, "double opt-in in the shop")]),
        ("SUBSCRIBED", "SINGLE_OPT_IN", [("granted", False, None)]),
        ("UNSUBSCRIBED", None, [("denied", False, None)]),
        ("PENDING", None, [("pending", False, None)]),
        ("NOT_SUBSCRIBED", None, []),
    ],
)
def test_the_shops_marketing_state_is_a_consent(
    demo_room: Room, state: str, level: str | None, expected: list[tuple[object, ...]]
) -> None:
    email = {
        "emailAddress": "N@example.org",
        "marketingState": state,
        "marketingOptInLevel": level,
        "marketingUpdatedAt": "2025-03-03T11:06:40Z",
    }
    demo_room.land("shop", "customers", "7", {"firstName": "Nora", "defaultEmailAddress": email})
    demo_room.rebuild()
    assert demo_room.all("select state, provable, proof from silver.consent") == expected
    said = demo_room.all("select contact_value, given_at from silver.consent")
    assert said == [("n@example.org", at("2025-03-03T11:06:40"))] * len(expected)


def test_an_order_of_a_guest_is_known_by_its_address(demo_room: Room) -> None:
    money = {"shopMoney": {"amount": "5.00", "currencyCode": "EUR"}}
    payload = {
        "name": "#1001",
        "createdAt": "2025-03-03T11:06:40Z",
        "cancelledAt": "2025-03-04T11:06:40Z",
        "displayFinancialStatus": "REFUNDED",
        "customer": None,
        "email": "Guest@example.org",
        "totalPriceSet": money,
        "lineItems": {"nodes": [{"sku": "P", "quantity": 1, "originalTotalSet": money}]},
    }
    known = {**payload, "customer": {"id": "gid://shopify/Customer/77"}, "cancelledAt": None}
    demo_room.land("shop", "orders", "1", payload)
    demo_room.land("shop", "orders", "2", known)
    demo_room.rebuild()
    rows = demo_room.all(
        "select record_id, ref_kind, ref_value, status from silver.order order by 4, 1"
    )
    assert rows == [
        (None, "email", "guest@example.org", "cancelled"),
        ("shop:77", None, None, "returned"),
    ]
