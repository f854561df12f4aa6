"""From a shop of Shopify to golden records, by the mapping that the type comes with."""

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from builders import opened, workspace
from cdp import pipeline
from cdp.canonical.check import Known, unknown
from cdp.canonical.chosen import choose
from cdp.canonical.fit import unfit
from cdp.collect.arrival import Arrival, Taken
from cdp.collect.receivers import Receivers
from cdp.collect.webhook import SignatureError
from cdp.settings import Settings, Workspace
from cdp.sources import INSTANCES, SOURCES, Opening
from cdp.sources.remote.schema import types_of
from cdp.store.eventlog import EventLog
from published import NOW
from shopify_place import address, custom, line, money, order, person
from simulators.shopify import serving
from simulators.shopify_shop import Shop

RULES: dict[str, object] = {
    "cdp.yaml": {"name": "shop", "country": "FR", "as_of": "2026-07-01"},
    "survivorship.yaml": {"default": ["recency"]},
}
SAID = {"marketingUpdatedAt": "2025-01-05T09:00:00Z"}
MAIL = {
    "emailAddress": "Nora@example.org",
    "marketingState": "SUBSCRIBED",
    "marketingOptInLevel": "CONFIRMED_OPT_IN",
    **SAID,
}
PHONE = {
    "phoneNumber": "+33600000417",
    "marketingState": "UNSUBSCRIBED",
    "marketingOptInLevel": "SINGLE_OPT_IN",
    **SAID,
}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    monkeypatch.setenv("SHOP_TOKEN", "shpat-secret")
    shop = Shop()
    nora = person(
        7,
        lastName="Quint",
        defaultEmailAddress=MAIL,
        defaultPhoneNumber=PHONE,
        defaultAddress=address(1),
        addressesV2=[address(1), address(2, city="Caen", zip="14000")],
        metafields=[custom("loyalty", "tier", "gold")],
    )
    key = shop.put("customers", 7, **nora)
    buyer = {"customer": shop.tables["customers"][key]}
    lamp, mat = line(1, "P-1", 3, "30.00"), line(2, "P-2", 1, "5.00", discountedTotalSet=money("4"))
    shop.put("orders", 1, **order(1, "34.00", lamp, mat, **buyer))
    partly = {"displayFinancialStatus": "PARTIALLY_REFUNDED", "totalRefundedSet": money("20.00")}
    left = lamp | {"currentQuantity": 1}
    shop.put("orders", 2, **order(2, "34.00", left, mat, **buyer, **partly))
    shop.put("orders", 3, **order(3, "30.00", lamp, **buyer, cancelledAt="2025-03-04T00:00:00Z"))
    whole = {"displayFinancialStatus": "REFUNDED", "totalRefundedSet": money("30.00")}
    shop.put("orders", 4, **order(4, "30.00", lamp | {"currentQuantity": 0}, **buyer, **whole))
    shop.put("orders", 5, **order(5, "30.00", lamp, **buyer, test=True))
    guest = {"email": "nora@example.org", "processedAt": "2019-03-03T11:06:40Z"}
    shop.put("orders", 6, **order(6, "30.00", lamp, **guest))
    told = {"originalTotalPriceSet": money("9"), "discountedTotalPriceSet": money("8")}
    item = {"id": "gid://shopify/AbandonedCheckoutLineItem/1", "title": "Lamp", "sku": "P-1"}
    cart = {"name": "#C1", "discountCodes": [], "totalPriceSet": money("8.00")}
    lines = {"lineItems": [item | told | {"quantity": 2}]}
    shop.put("abandonedCheckouts", 1, **cart, **lines, **buyer, abandonedCheckoutUrl="https://x")
    about = {"title": "Lamp", "handle": "lamp", "productType": "Light", "vendor": "L", "tags": []}
    price = {"minVariantPrice": {"amount": "10.0", "currencyCode": "EUR"}}
    variant = {"id": "gid://shopify/ProductVariant/1", "title": "t", "sku": "P-1", "price": "10.00"}
    more = {"status": "ACTIVE", "priceRangeV2": price, "variants": [variant]}
    shop.put("products", 1, **about, **more)
    with serving(shop) as running:
        yield running


SECRET = "hush"  # noqa: S105 - of a shop that is none
OPTIONS: dict[str, Any] = {"webhooks": {"secrets": [{"env": "SHOP_APP_SECRET"}]}}


@dataclass
class Hub:
    """A workspace that reads the shop and takes its messages."""

    place: Workspace
    settings: Settings
    runs: int = 0

    def run(self, to_stage: str = "canonical") -> None:
        self.runs += 1
        asked = pipeline.Request(to_stage=to_stage)
        pipeline.run(self.place, self.settings, lambda: NOW + timedelta(minutes=self.runs), asked)

    def hear(self, topic: str, message: dict[str, Any]) -> Taken:
        """Take a message as the server does, signed as Shopify signs."""
        body = json.dumps(message).encode()
        signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256"))
        headers = {b"x-shopify-topic": topic.encode(), b"x-shopify-hmac-sha256": signature}
        hook = Receivers(self.place).hook("shop")
        hook.check(headers, body, NOW)
        taken = hook.taken(Arrival("shop", NOW, f"r-{self.runs}"), headers, body)
        log = EventLog.open(self.place.home)
        log.append(taken.entries).result()
        log.close()
        return taken

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with opened(self.place.root) as warehouse:
            return warehouse.query(sql).rows()


@pytest.fixture
def hub(shop: Shop, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Hub:
    monkeypatch.setenv("SHOP_APP_SECRET", SECRET)
    token = {"env": "SHOP_TOKEN"}
    auth = {"kind": "header", "name": "X-Shopify-Access-Token", "value": token}
    source = {"type": "shopify", "url": shop.url, "auth": auth, "options": OPTIONS}
    return Hub(workspace(tmp_path, {**RULES, "sources/shop.yaml": source}), settings)


def test_a_shop_gets_to_gold_by_the_standard_mapping(hub: Hub) -> None:
    hub.run("golden")
    ((told,),) = hub.rows("select custom::varchar from gold.profile")
    assert json.loads(told) == {
        "shop": {"state": "ENABLED", "tags": ["vip"], "loyalty.tier": "gold"}
    }
    assert hub.rows(
        "select order_id, status, amount, ordered_at.year() from gold.order order by order_id"
    ) == [
        ("shop:1", "completed", Decimal("34.00"), 2025),
        ("shop:2", "completed", Decimal("14.00"), 2025),
        ("shop:3", "cancelled", Decimal("30.00"), 2025),
        ("shop:4", "returned", Decimal("30.00"), 2025),
        ("shop:6", "completed", Decimal("30.00"), 2019),
    ]
    assert hub.rows(
        "select product_id, quantity, amount from gold.order_line where order_id = 'shop:2' "
        "order by product_id"
    ) == [("shop:P-1", Decimal(1), Decimal(10)), ("shop:P-2", Decimal(1), Decimal(4))]
    assert hub.rows("select status, amount, record_id, url from gold.cart") == [
        ("abandoned", Decimal(8), "shop:7", "https://x")
    ]
    said = datetime.fromisoformat("2025-01-05T09:00:00")
    assert hub.rows(
        "select channel, contact_value, state, given_at, proof from gold.consent order by channel"
    ) == [
        ("email", "nora@example.org", "granted", said, "double opt-in in the shop"),
        ("sms", "+33600000417", "denied", said, None),
    ]
    cities = "select value->>'city' from silver.attribute where attribute = 'address' order by 1"
    assert hub.rows(cities) == [("Caen",), ("Rouen",)]
    assert hub.rows("select product_id, price, currency from silver.product") == [
        ("shop:P-1", Decimal("10.00"), "EUR")
    ]


WITHDRAWN = {
    "id": 7,
    "admin_graphql_api_id": "gid://shopify/Customer/7",
    "email": "nora@example.org",
    "first_name": "Nora",
    "last_name": "Quint-Vale",
    "created_at": "2026-01-01T01:00:00+01:00",
    "updated_at": "2026-02-01T01:00:00+01:00",
    "state": "enabled",
    "tags": "vip, b2b",
    "verified_email": True,
    "email_marketing_consent": {
        "state": "unsubscribed",
        "opt_in_level": "single_opt_in",
        "consent_updated_at": "2026-02-01T01:00:00+01:00",
    },
    "sms_marketing_consent": None,
}
REFUNDED = {
    "id": 9,
    "name": "#9",
    "created_at": "2026-02-01T01:00:00+01:00",
    "updated_at": "2026-02-02T01:00:00+01:00",
    "customer": {"id": 7},
    "currency": "EUR",
    "total_price": "30.00",
    "financial_status": "partially_refunded",
    "line_items": [
        {
            "id": 1,
            "sku": "P-1",
            "title": "Lamp",
            "quantity": 3,
            "current_quantity": 1,
            "price": "10.00",
            "total_discount": "0.00",
        }
    ],
    "refunds": [
        {"id": 1, "transactions": [{"kind": "refund", "status": "success", "amount": "20.00"}]}
    ],
}


def test_a_message_is_a_version_of_the_row_that_is_read(hub: Hub, shop: Shop) -> None:
    hub.run("ingest")
    assert hub.hear("customers/update", WITHDRAWN).accepted == 1
    assert hub.hear("orders/updated", REFUNDED).accepted == 1
    hub.run()
    assert hub.rows("select value from silver.attribute where attribute = 'family_name'") == [
        ("Quint-Vale",)
    ]
    assert hub.rows("select state, given_at, provable from silver.consent") == [
        ("denied", datetime.fromisoformat("2026-02-01T00:00:00"), False)
    ]
    assert hub.rows("select json_extract(custom, '$.tags') from silver.record") == [
        ('["vip","b2b"]',)
    ]
    of = "where order_id = 'shop:9'"
    assert hub.rows(f"select record_id, status, amount, currency from silver.order {of}") == [  # noqa: S608
        ("shop:7", "completed", Decimal(10), "EUR")
    ]
    assert hub.rows(f"select quantity, amount from silver.order_line {of}") == [  # noqa: S608
        (Decimal(1), Decimal(10))
    ]
    shop.put("customers", 7, lastName="Quint-Vale", updatedAt="2026-02-01T00:00:00Z")
    hub.run()
    ((told,),) = hub.rows("select custom::varchar from silver.record")
    assert json.loads(told)["loyalty.tier"] == "gold"  # what was read says more
    hub.hear("customers/delete", {"id": 7, "phone": None, "addresses": []})
    hub.run()
    assert hub.rows("select count(*) from silver.record") == [(0,)]


def test_a_message_that_is_none_is_kept_as_refused(hub: Hub) -> None:
    assert hub.hear("customers/update", {"id": "x"}).refusals[0].code == "unexpected_payload"
    assert hub.hear("carts/update", {"id": "x"}).refusals[0].code == "unknown_topic"


def test_a_signature_of_another_secret_does_not_hold(hub: Hub) -> None:
    body = b'{"id": 7}'
    signature = base64.b64encode(hmac.digest(b"other", body, "sha256"))
    headers = {b"x-shopify-topic": b"customers/update", b"x-shopify-hmac-sha256": signature}
    with pytest.raises(SignatureError, match="X-Shopify-Hmac-Sha256 does not hold"):
        Receivers(hub.place).hook("shop").check(headers, body, NOW)


def test_the_standard_mapping_reads_what_the_shop_has(hub: Hub, shop: Shop) -> None:
    instance = hub.place.many(INSTANCES)["shop"]
    there = SOURCES.get("shopify").fields(Opening("shop", instance, Path()))
    known = {
        name: Known(fields, True, "it lacks", types_of(fields), True)
        for name, fields in there.items()
    }
    mapping = choose(hub.place, "shop").mapping
    # The carts of saved pages may say an e-mail, those of the API say it of their customer.
    assert not [each.says for each in (*unknown(mapping, known), *unfit(mapping, known))]
    assert known.keys() == shop.tables.keys()
