"""A shop of Shopify as tests read it, and people, orders and products to put into it."""

from typing import Any

import salesforce_place
from simulators.shopify_shop import Shop


class Place(salesforce_place.Place):
    """An instance that reads the shop, and what it has landed, each version once."""

    def __init__(self, shop: Shop, **declared: Any) -> None:
        super().__init__(shop, **declared)  # type: ignore[arg-type] # what `declare` takes here

    def declare(self, system: Shop, **declared: Any) -> None:  # type: ignore[override] # see above
        options = {"compare_days": None, "poll_seconds": 0.001}
        self.source = {
            "type": "shopify",
            "url": system.url,
            "auth": {
                "kind": "header",
                "name": "X-Shopify-Access-Token",
                "value": {"env": "SHOP_TOKEN"},
            },
            "limits": {"attempts": 3, "longest_wait": 0.5},
            "objects": ["customers"],
            **declared,
            "options": options | declared.get("options", {}),
        }


def money(amount: str) -> dict[str, Any]:
    said = {"amount": amount, "currencyCode": "EUR"}
    return {"shopMoney": said, "presentmentMoney": said}


def address(number: int, **others: Any) -> dict[str, Any]:
    key = f"gid://shopify/MailingAddress/{number}?model_name=CustomerAddress"
    lines = {"address1": "4B Quai du Hâvre", "zip": "76000", "city": "Rouen"}
    return {"id": key, **lines, "countryCodeV2": "FR", **others}


def custom(namespace: str, key: str, value: object) -> dict[str, Any]:
    told = {"namespace": namespace, "key": key, "value": str(value), "jsonValue": value}
    return {"id": f"gid://shopify/Metafield/{namespace}{key}", **told}


def person(number: int, **others: Any) -> dict[str, Any]:
    """Return the values of a customer."""
    said = {"marketingOptInLevel": "SINGLE_OPT_IN", "marketingUpdatedAt": "2025-01-05T09:00:00Z"}
    mail = {"emailAddress": f"c{number}@example.org", "marketingState": "SUBSCRIBED", **said}
    return {
        "firstName": "Nora",
        "lastName": f"N{number}",
        "locale": "fr-FR",
        "state": "ENABLED",
        "verifiedEmail": True,
        "tags": ["vip"],
        "numberOfOrders": "1",
        "amountSpent": {"amount": "1.00", "currencyCode": "EUR"},
        "defaultEmailAddress": mail,
        **others,
    }


def line(number: int, sku: str, quantity: int, amount: str, **others: Any) -> dict[str, Any]:
    """Return a line of an order."""
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": f"Product {sku}",
        "sku": sku,
        "quantity": quantity,
        "currentQuantity": quantity,
        "originalTotalSet": money(amount),
        "discountedTotalSet": money(amount),
        **others,
    }


def order(number: int, amount: str, *lines: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Return the values of an order."""
    return {
        "name": f"#{number}",
        "processedAt": "2025-03-03T11:06:40Z",
        "createdAt": "2025-03-03T11:06:40Z",
        "test": False,
        "tags": [],
        "discountCodes": [],
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "totalPriceSet": money(amount),
        "totalDiscountsSet": money("0.0"),
        "totalRefundedSet": money("0.0"),
        "refunds": [],
        "lineItems": list(lines),
        **others,
    }
