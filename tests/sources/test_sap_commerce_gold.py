"""From SAP Commerce to golden records, by the mapping that the type comes with."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from builders import opened, workspace
from cdp import pipeline
from cdp.settings import Settings
from published import NOW
from simulators.odata import date
from simulators.sap_commerce import Row, Shop, serving

RULES: dict[str, object] = {
    "cdp.yaml": {"name": "shop", "country": "FR", "as_of": "2026-07-01"},
    "survivorship.yaml": {"default": ["recency"]},
}
NORA, GUEST = "Nora@example.org", "0f-417|Gus@example.org"
CHANGED = date(datetime(2026, 3, 3, 10))  # noqa: DTZ001 - UTC, as OData says
GIVEN = date(datetime(2026, 1, 5, 9))  # noqa: DTZ001 - UTC, as OData says
STAMPS = {"creationtime": GIVEN, "modifiedtime": CHANGED}
HOME = {
    "firstname": "Nora",
    "line1": "4B Quai du Havre",
    "town": "Rouen",
    "postalcode": "76000",
    "country": {"isocode": "FR"},
}


def inner(*rows: Row) -> Row:
    return {"results": [{"__metadata": {"uri": "x"}, **row} for row in rows]}


def entry(product: str, quantity: int, amount: str) -> Row:
    sold = {"code": product, "name": f"The {product}"}
    return {"quantity": quantity, "product": sold, "totalPrice": amount}


def bought(code: str, uid: str, status: str, *entries: Row) -> Row:
    return {
        "code": code,
        "date": CHANGED,
        **STAMPS,
        "user": {"uid": uid},
        "status": {"code": status},
        "currency": {"isocode": "EUR"},
        "totalPrice": "66.4",
        "entries": inner(*entries),
        "deliveryAddress": {**HOME, "lastname": "Guest", "firstname": "Gus"},
        "consignments": {"__deferred": {"uri": "x"}},
    }


SETS: dict[str, list[Row]] = {
    "Customers": [
        {
            "uid": NORA,
            "name": "Nora Quint",
            "customerID": "4417",
            "sessionLanguage": {"isocode": "fr"},
            "addresses": inner(HOME),
            "loyaltyTier": "gold",
            **STAMPS,
        },
        {"uid": "old@example.org", "name": "Old Quill", "deactivationDate": GIVEN, **STAMPS},
        {"uid": GUEST, "name": "Guest", **STAMPS},
    ],
    "Orders": [
        bought("0001", NORA, "COMPLETED", entry("P-1", 3, "61.5"), entry("P-2", 1, "4.9")),
        bought("0002", NORA, "CANCELLED", entry("P-1", 1, "20.5")),
        bought("0003", GUEST, "CREATED", entry("P-2", 1, "4.9")),
    ],
    "Carts": [
        {**bought("c1", NORA, "", entry("P-2", 2, "9.8")), "totalPrice": "9.8"},
        {**bought("c2", NORA, ""), "totalPrice": "0"},
    ],
    "Consents": [
        {
            "code": "k1",
            "consentGivenDate": GIVEN,
            "consentWithdrawnDate": CHANGED,
            "customer": {"uid": NORA},
            "consentTemplate": {"id": "NEWSLETTER", "version": 2},
            **STAMPS,
        }
    ],
}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    for name, value in {"OCC_ID": "trusted", "OCC_SECRET": "occ-secret"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BULK_USER", "integrator")
    monkeypatch.setenv("BULK_SECRET", "bulk-secret")
    shop = Shop()
    shop.bulk.sets = SETS
    shop.users[NORA.lower()] = {"uid": NORA, "firstName": "Nora", "lastName": "Quint"}
    paid = {"currencyIso": "EUR", "value": 7.5}
    shop.orders["0009"] = {
        "code": "0009",
        "status": "COMPLETED",
        "created": "2026-05-01T10:00:00+0200",
        "changed": "2026-05-01T10:00:00+0000",
        "user": {"uid": NORA.lower()},
        "totalPrice": paid,
        "totalPriceWithTax": paid,
        "entries": [{"quantity": 1, "product": {"code": "P-1"}, "totalPrice": paid}],
    }
    with serving(shop) as running:
        yield running


def declared(shop: Shop, **options: Any) -> Row:
    return {
        "type": "sap_commerce",
        "url": shop.url,
        "region": "EU",
        "auth": {
            "kind": "client_credentials",
            "token_url": f"{shop.url}/authorizationserver/oauth/token",
            "client_id": {"env": "OCC_ID"},
            "client_secret": {"env": "OCC_SECRET"},
        },
        "options": {
            "integration_auth": {
                "kind": "basic",
                "user": {"env": "BULK_USER"},
                "password": {"env": "BULK_SECRET"},
            },
            **options,
        },
    }


def test_integration_objects_get_to_gold_and_orders_of_occ_are_the_same(
    shop: Shop, tmp_path: Path, settings: Settings
) -> None:
    place = workspace(tmp_path, {**RULES, "sources/shop.yaml": declared(shop)})
    pipeline.run(place, settings, lambda: NOW, pipeline.Request(to_stage="golden"))
    with opened(place.root) as warehouse:

        def rows(sql: str) -> list[tuple[Any, ...]]:
            return warehouse.query(sql).rows()

        assert rows("select full_name, language, status, email from gold.profile order by 1") == [
            ("Gus Guest", None, None, "gus@example.org"),
            ("Nora Quint", "fr", "active", "nora@example.org"),
            ("Old Quill", None, "obsolete", "old@example.org"),
        ]
        ((custom,),) = rows("select custom::varchar from gold.profile where language = 'fr'")
        assert json.loads(custom)["shop"]["loyaltyTier"] == "gold"
        assert rows("select order_id, record_id, status, amount from gold.order order by 1") == [
            ("shop:0001", "shop:nora@example.org", "completed", Decimal("66.4")),
            ("shop:0002", "shop:nora@example.org", "cancelled", Decimal("66.4")),
            ("shop:0003", "shop:guest:gus@example.org", "open", Decimal("66.4")),
        ]
        assert rows(
            "select product_id, quantity, amount from gold.order_line where order_id = 'shop:0001' "
            "order by 1"
        ) == [("shop:P-1", Decimal(3), Decimal("61.5")), ("shop:P-2", Decimal(1), Decimal("4.9"))]
        assert rows("select cart_id, record_id, status, amount from gold.cart") == [
            ("shop:c1", "shop:nora@example.org", "open", Decimal("9.8"))
        ]
        assert rows(
            "select contact_value, category, state, given_at::varchar from silver.consent "
            "order by given_at"
        ) == [
            ("nora@example.org", "NEWSLETTER", "granted", "2026-01-05 09:00:00"),
            ("nora@example.org", "NEWSLETTER", "denied", "2026-03-03 10:00:00"),
        ]
        assert rows("select native_id, reason from quality.quarantined") == [
            ("c2", "nothing_applies")  # it is empty
        ]
    occ = declared(shop, integration={}, sites=[shop.site]) | {"objects": ["orders", "customers"]}
    workspace(place.root, {"sources/shop.yaml": occ})
    later = pipeline.Request(to_stage="canonical")
    pipeline.run(place, settings, lambda: NOW + timedelta(minutes=1), later)
    with opened(place.root) as warehouse:
        told = "record_id, status, amount, currency, ordered_at::varchar"
        assert warehouse.query(
            f"select {told} from silver.order where order_id = 'shop:0009'"  # noqa: S608 - of this test
        ).rows() == [
            ("shop:nora@example.org", "completed", Decimal("7.5"), "EUR", "2026-05-01 08:00:00")
        ]
        lines = "select product_id, amount from silver.order_line where order_id = 'shop:0009'"
        assert warehouse.query(lines).rows() == [("shop:P-1", Decimal("7.5"))]
    shop.orders["0009"] |= {"status": "CANCELLED", "changed": "2099-01-01T00:00:00+0000"}
    pipeline.run(place, settings, lambda: NOW + timedelta(minutes=2), later)
    with opened(place.root) as warehouse:
        changed = "select status from silver.order where order_id = 'shop:0009'"
        assert warehouse.query(changed).rows() == [("cancelled",)]
        assert warehouse.query("select count(*) from silver.order").item() == 4


def test_a_cart_of_occ_waits_since_it_was_seen_so_and_no_position_names_its_owner(
    shop: Shop, tmp_path: Path, settings: Settings
) -> None:
    login = NORA.lower()
    shop.users |= {login: {"uid": login}}
    cart = {
        "code": "c9",
        "entries": [entry("P-1", 1, "4.9")],
        "totalPrice": {"value": 4.9, "currencyIso": "EUR"},
    }
    shop.carts = {login: [cart]}
    occ = declared(shop, integration={}, sites=[shop.site], users=[login])
    place = workspace(
        tmp_path, {**RULES, "sources/shop.yaml": occ | {"objects": ["customers", "carts"]}}
    )
    seen = []
    for day in range(4):
        if day == 2:
            shop.carts = {login: [cart | {"totalPrice": {"value": 5.9, "currencyIso": "EUR"}}]}
        if day == 3:
            shop.carts = {}
        request = pipeline.Request(to_stage="canonical")
        moment = NOW + timedelta(days=day)
        pipeline.run(place, settings, lambda: moment, request)  # noqa: B023 - it is called at once
        with opened(place.root) as warehouse:
            waiting = "select created_at, changed_at from silver.cart where cart_id = 'shop:c9'"
            seen += [[each.day for each in row] for row in warehouse.query(waiting).rows()]
            positions = warehouse.query("select * from bronze.cursor").write_csv()
            assert "changes" in positions
            assert "example" not in positions
    first = NOW.day
    assert seen == [[first, first], [first, first], [first, first + 2]]
