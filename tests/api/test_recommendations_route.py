"""What to show a customer, asked over a real socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from builders import Value, add, opened
from cdp.settings import Workspace
from cdp.store import Warehouse
from live_server import Live, running
from published import ACME, ADA, BOB, VISITOR, copied, publish

RULES = "rules:\n- because: goes with pots\n  bought: [pot]\n  show: [soil]\n"


def _sold(warehouse: Warehouse) -> None:
    rows: dict[str, list[dict[str, Value]]] = {
        "gold.order": [{"order_id": "s1", "profile_id": ADA, "account_id": ACME}],
        "gold.order_line": [{"order_id": "s1", "line": 1, "product_id": "shop:pot"}],
        "gold.product": [
            {"product_id": "shop:pot", "source": "shop", "name": "Pot", "category": "Garden"}
        ],
        "gold.best_seller": [
            {"category": "", "place": n, "product": p, "name": p.title(), "buyers": 9}
            for n, p in enumerate(("pot", "saw"), 1)
        ],
        "gold.product_affinity": [
            {
                "product": "pot",
                "other": "lamp",
                "other_name": "Lamp",
                "both_buyers": 4,
                "cosine": 0.5,
            }
        ],
        "gold.recommender": [
            {
                "list": "discovery",
                "status": "published",
                "customers": 600,
                "hits": 0.5,
                "baseline": 0.4,
                "gain_low": 0.05,
                "gain_high": 0.15,
            }
        ],
        "gold.consent": [
            {"profile_id": BOB, "purpose": "personalisation", "state": "denied", "losers": "[]"}
        ],
    }
    for table, found in rows.items():
        add(warehouse, table, *found)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("shop")
    copied(base, folder)
    (folder / "recommendations.yaml").write_text(RULES, encoding="utf-8")
    place = Workspace(folder)
    with opened(folder) as warehouse:
        _sold(warehouse)
        publish(place, warehouse, 2)
    with running(place) as live:
        yield live


def test_one_call_tells_what_to_show_and_why(shop: Live) -> None:
    body = shop.get("/v1/profiles/email:ada@example.org/recommendations?limit=3").json()
    assert body["profile_id"] == ADA
    assert body["personalised"] is True
    found = {
        one["list"]: [(p["product"], p["because"]) for p in one["products"]]
        for one in body["lists"]
    }
    assert found["rules"] == [("soil", "goes with pots")]
    assert found["repeat"] == [("pot", "bought on 2026-01-01")]
    assert found["discovery"] == [
        ("lamp", "4 customers bought it as well as Pot"),
        ("saw", "best seller number 2"),
    ]
    assert [product for product, _ in found["best_sellers"]] == ["pot", "saw"]
    basis = {one["list"]: one["basis"] for one in body["lists"]}
    assert basis["discovery"] == "own"
    assert basis["repeat"] == "fallback"
    trials = {one["list"]: one["trial"] for one in body["lists"]}
    assert trials.pop("discovery") == {
        "status": "published",
        "customers": 600,
        "hits": 0.5,
        "baseline": 0.4,
        "gain_low": 0.05,
        "gain_high": 0.15,
    }
    assert set(trials.values()) == {None}


def test_accounts_and_visitors_are_shown_something_too(shop: Live) -> None:
    firm = shop.get(f"/v1/accounts/{ACME}/recommendations?lists=repeat").json()
    assert [one["list"] for one in firm["lists"]] == ["repeat"]
    assert firm["lists"][0]["products"][0]["product"] == "pot"
    visitor = shop.get(f"/v1/profiles/{VISITOR}/recommendations").json()
    assert {one["list"]: len(one["products"]) for one in visitor["lists"]} == {
        "rules": 0,
        "repeat": 0,
        "discovery": 2,
        "interests": 0,
        "best_sellers": 2,
    }


def test_who_denied_personalisation_sees_best_sellers_alone(shop: Live) -> None:
    body = shop.get(f"/v1/profiles/{BOB}/recommendations").json()
    assert body["personalised"] is False
    assert [one["list"] for one in body["lists"]] == ["best_sellers"]


@pytest.mark.parametrize("query", ["limit=0", "limit=51", "limit=x", "limit=", "lists=magic"])
def test_a_wrong_wish_is_refused(shop: Live, query: str) -> None:
    answer = shop.get(f"/v1/profiles/{ADA}/recommendations?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.partition("=")[0]
