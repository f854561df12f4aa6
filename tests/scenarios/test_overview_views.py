"""Carts, behaviour, tracking and products owned in views: what is shown, and what is masked."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from builders import AS_OF, Value, add, carry_out, opened, workspace
from cdp.overviews.stage import STAGE
from cdp.privacy.masking_views import mask_row, mask_view
from cdp.privacy.seen import seeing
from cdp.publish.served import Generation, Published
from cdp.scenarios.scenario import View, load
from cdp.scenarios.view import view_of
from published import ADA, BOB, NOW, fill, publish

DEMO = Path(__file__).parents[2] / "pipelines" / "demo"
BLOCKS = ("carts", "browsing", "tracking", "products_owned")
Views = tuple[Generation, dict[str, View]]


def ago(days: float) -> datetime:
    return AS_OF.replace(tzinfo=None) - timedelta(days=days)


def did(number: int, type_: str, days: float, **more: Value) -> dict[str, Value]:
    channel = "email" if type_.startswith("email") else "web"
    base: dict[str, Value] = {"interaction_id": f"x:{number}", "profile_id": ADA, "type": type_}
    return base | {"channel": channel, "occurred_at": ago(days)} | more


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> Views:
    """Publish the blocks of the demo over a small world."""
    folder = tmp_path_factory.mktemp("overview_views")
    files: dict[str, object] = {
        f"blocks/{name}.yaml": yaml.safe_load((DEMO / "blocks" / f"{name}.yaml").read_text("utf-8"))
        for name in BLOCKS
    }
    files["scenarios/all.yaml"] = {
        "description": "x",
        "purpose": "commerce",
        "fields": ["full_name"],
        "blocks": list(BLOCKS),
    }
    place = workspace(folder, {"cdp.yaml": {"name": "t", "country": "DE"}} | files)
    line = {"product_id": "shop:7", "product": "Lamp", "quantity": 2, "price": 4.5, "amount": 9}
    cart: dict[str, Value] = {
        "cart_id": "shop:c",
        "profile_id": ADA,
        "created_at": ago(3),
        "changed_at": ago(2),
        "abandoned_at": ago(2),
        "status": "abandoned",
        "currency": "EUR",
        "amount": 9.0,
        "lines": json.dumps([line]),
        "url": "https://shop.example/carts/secret",
    }
    order: dict[str, Value] = {"order_id": "shop:kept", "profile_id": ADA, "source": "shop"}
    with opened(folder) as warehouse:
        fill(warehouse)
        add(warehouse, "gold.cart", cart, cart | {"cart_id": "shop:d", "status": "recovered"})
        add(
            warehouse,
            "gold.interaction",
            did(1, "product_viewed", 1, subject="7", properties='{"name": "Lamp"}'),
            did(2, "products_searched", 1, properties='{"query": "a gift for Bob"}'),
            did(3, "email_sent", 4),
            did(4, "email_hard_bounced", 3),
        )
        bought = order | {"status": "completed", "ordered_at": ago(9), "amount": 9.0}
        add(warehouse, "gold.order", bought)
        sold: dict[str, Value] = {"order_id": "shop:kept", "line": 1, "product_id": "shop:7"}
        add(warehouse, "gold.order_line", sold | {"product": "Lamp", "quantity": 2, "amount": 9})
        carry_out(STAGE, warehouse, place)
        publish(place, warehouse)
    return Published(place.home).current(), load(place)


def rows(views: Views, name: str, *, masked: bool = False, of: str = ADA) -> list[dict[str, Any]]:
    found = view_of(views[0], "profile", of, views[1]["all"], NOW)
    shown = mask_view("profile", found) if masked else found
    listed: list[dict[str, Any]] = shown["blocks"][name]["rows"]
    return listed


def test_a_cart_shows_its_lines_its_total_since_when_it_waits_and_its_link(views: Views) -> None:
    [cart] = rows(views, "carts")
    assert cart["abandoned_at"] == "2026-06-29T00:00:00Z"
    assert (cart["amount"], cart["currency"]) == (9.0, "EUR")
    assert cart["url"] == "https://shop.example/carts/secret"
    assert [(e["product"], e["quantity"], e["price"]) for e in cart["lines"]] == [("Lamp", 2, 4.5)]


def test_without_the_right_to_it_a_cart_shows_products_and_no_money_and_no_link(
    views: Views,
) -> None:
    [cart] = rows(views, "carts", masked=True)
    assert (cart["amount"], cart["url"]) == (None, None)
    [line] = cart["lines"]
    assert (line["product"], line["quantity"]) == ("Lamp", 2)
    assert (line["price"], line["amount"]) == (None, None)


def test_behaviour_is_shown_and_words_that_were_searched_are_hidden(views: Views) -> None:
    [whole], [masked] = rows(views, "browsing"), rows(views, "browsing", masked=True)
    assert whole["visits_30d"] == masked["visits_30d"] == 1
    assert [s["query"] for s in whole["searches"]] == ["a gift for Bob"]
    assert "Bob" not in json.dumps(masked)
    assert masked["searches"] == [{"query": None, "last_asked_at": "2026-06-30T00:00:00Z"}]
    assert [p["product"] for p in masked["products"]] == ["Lamp"]


def test_a_role_sees_of_overviews_the_classes_that_it_names(views: Views) -> None:
    with seeing(frozenset({"free_text"})):
        [browsing] = rows(views, "browsing", masked=True)
        [cart] = rows(views, "carts", masked=True)
    assert [s["query"] for s in browsing["searches"]] == ["a gift for Bob"]
    assert (cart["amount"], cart["url"], cart["lines"][0]["price"]) == (None, None, None)
    with seeing(frozenset({"financial"})):
        [cart] = rows(views, "carts", masked=True)
        [browsing] = rows(views, "browsing", masked=True)
    assert (cart["amount"], cart["url"], cart["lines"][0]["price"]) == (9.0, None, 4.5)
    assert "Bob" not in json.dumps(browsing)


def test_a_serial_number_is_masked_as_an_identifier() -> None:
    row = {"name": "Desk", "serial_number": "LW58834796", "warranty_until": "2027-01-01"}
    masked = {"name": None, "serial_number": "***", "warranty_until": "2027-01-01"}
    assert mask_row(row) == masked
    with seeing(frozenset({"identifier"})):
        assert mask_row(row) == masked | {"serial_number": "LW58834796"}


def test_tracking_says_who_cannot_be_reached(views: Views) -> None:
    [mail] = rows(views, "tracking", masked=True)
    assert (mail["channel"], mail["sent_30d"], mail["bounced_30d"]) == ("email", 1, 1)
    assert mail["unreachable_since"] == "2026-06-28T00:00:00Z"


def test_owned_products_say_how_many_since_when_and_of_which_order(views: Views) -> None:
    found = {row["product_id"]: row for row in rows(views, "products_owned")}
    lamp = found["shop:7"]
    assert (lamp["quantity"], lamp["order_id"]) == (2.0, "shop:kept")
    assert lamp["ordered_at"] == lamp["first_ordered_at"] == "2026-06-22T00:00:00Z"


@pytest.mark.parametrize("name", BLOCKS)
def test_who_has_nothing_of_it_has_no_rows(views: Views, name: str) -> None:
    assert rows(views, name, of=BOB) == []
