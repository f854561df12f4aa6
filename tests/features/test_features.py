"""Features: each fact by hand in a small world, nothing later read, money in one currency."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.errors import ConfigError
from cdp.features.stage import STAGE
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def order(number: int, days: float, amount: float, **more: Value) -> dict[str, Value]:
    base: dict[str, Value] = {
        "order_id": f"shop:{number}",
        "profile_id": "P-1",
        "ordered_at": ago(days),
        "status": "completed",
        "currency": "EUR",
        "amount": amount,
    }
    return base | more


def interaction(number: int, days: float, type_: str, **more: Value) -> dict[str, Value]:
    base: dict[str, Value] = {
        "interaction_id": f"web:{number}",
        "profile_id": "P-1",
        "occurred_at": ago(days),
        "type": type_,
        "channel": "web",
    }
    return base | more


def people(warehouse: Warehouse) -> None:
    add(
        warehouse,
        "gold.profile",
        {"profile_id": "P-1", "profile_type": "person"},
        {"profile_id": "P-2", "profile_type": "visitor"},
    )
    add(warehouse, "gold.account", {"account_id": "A-1"})


def features(warehouse: Warehouse, *columns: str, of: str = "P-1") -> tuple[object, ...]:
    frame = warehouse.query("select * from gold.feature where profile_id = $of", of=of)
    return frame.select(columns).row(0)


def test_everybody_has_a_row_even_without_events(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        report = carry_out(STAGE, warehouse, workspace(tmp_path))
        rows = warehouse.query(
            "select profile_id, entity_type, orders, revenue, recency_days, currency "
            "from gold.feature order by profile_id"
        ).rows()
    assert rows == [
        ("A-1", "organisation", 0, Decimal("0.00"), None, None),
        ("P-1", "person", 0, Decimal("0.00"), None, None),
        ("P-2", "visitor", 0, Decimal("0.00"), None, None),
    ]
    assert report.counts == {"profiles": 3, "with_orders": 0, "with_interactions": 0}


def test_orders_are_summed_and_cancelled_ones_left_out(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        add(
            warehouse,
            "gold.order",
            order(1, 400, 100),
            order(2, 365, 10),
            order(3, 10.5, 50, account_id="A-1"),
            order(4, 3, 70, status="cancelled"),
            order(5, 5, 20, status="cancelled", changed_at=NOW + timedelta(days=1)),
            order(6, -1, 999),
            order(7, 1, 5, profile_id=None),
            order(8, 1, 50, duplicate_of="shop:3"),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path))
        person = features(
            warehouse,
            "orders",
            "orders_365d",
            "revenue",
            "revenue_365d",
            "average_basket",
            "recency_days",
            "tenure_days",
            "first_order_at",
        )
        account = features(warehouse, "orders", "revenue", "recency_days", of="A-1")
    assert person == (4, 2, Decimal(180), Decimal(70), Decimal(45), 5, 400, ago(400))
    assert account == (1, Decimal(50), 10)


def test_what_came_back_brought_nothing_from_that_day_on(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        add(
            warehouse,
            "gold.order",
            order(1, 400, 100, status="returned", changed_at=ago(380)),
            order(2, 20, 60, status="returned", changed_at=ago(1)),
            order(3, 10, 30, status="returned", changed_at=NOW + timedelta(days=1)),
            order(4, 5, 10),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path))
        found = features(warehouse, "orders", "revenue", "revenue_365d", "average_basket")
    assert found == (4, Decimal(40), Decimal(40), Decimal(50))


def test_the_moment_itself_is_still_read(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        add(warehouse, "gold.order", order(1, 0, 10))
        carry_out(STAGE, warehouse, workspace(tmp_path))
        assert features(warehouse, "orders", "recency_days") == (1, 0)


def test_other_currencies_need_a_rate(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        add(
            warehouse,
            "gold.order",
            order(1, 3, 100),
            order(2, 2, 50),
            order(3, 1, 200, currency="CHF"),
        )
        report = carry_out(STAGE, warehouse, workspace(tmp_path))
        assert features(warehouse, "orders", "revenue", "average_basket", "currency") == (
            3,
            Decimal(150),
            Decimal(75),
            "EUR",
        )
        assert "1 orders in CHF" in report.notes[0]
        rates = {"features.yaml": {"currency": "EUR", "rates": {"CHF": 1.05}}}
        report = carry_out(STAGE, warehouse, workspace(tmp_path, rates))
        assert features(warehouse, "revenue", "average_basket") == (Decimal(360), Decimal(120))
        assert report.notes == ()


def test_a_currency_is_three_letters(tmp_path: Path) -> None:
    place = workspace(tmp_path, {"features.yaml": {"currency": "Euro"}})
    with in_memory(tmp_path) as warehouse, pytest.raises(ConfigError, match=r"features\.yaml"):
        carry_out(STAGE, warehouse, place)


def test_engagement_counts_fall_into_their_windows(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        add(
            warehouse,
            "gold.interaction",
            interaction(1, 1, "page_viewed", subject="tea"),
            interaction(2, 29, "product_viewed", subject="tea"),
            interaction(3, 31, "page_viewed", subject="coffee"),
            interaction(4, 60, "email_opened", channel="email", subject="coffee"),
            interaction(5, 89, "email_clicked", channel="email", subject="zebra"),
            interaction(6, 91, "email_opened", channel="email"),
            interaction(7, 200, "page_viewed", subject="old"),
            interaction(8, -1, "page_viewed", subject="future"),
            interaction(9, 2, "email_sent", channel="email", subject="news"),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path))
        found = features(
            warehouse,
            "interactions_30d",
            "interactions_90d",
            "emails_opened_90d",
            "emails_clicked_90d",
            "web_views_30d",
            "last_interaction_at",
            "preferred_channel",
            "top_interest",
        )
    # three each by mail and web, two each of tea and coffee: the first in the alphabet wins
    assert found == (2, 5, 1, 1, 2, ago(1), "email", "coffee")


def test_a_cart_is_open_until_it_is_recovered(tmp_path: Path) -> None:
    def cart(number: int, created: float, changed: float, status: str) -> dict[str, Value]:
        return {
            "cart_id": f"shop:{number}",
            "profile_id": "P-1",
            "created_at": ago(created),
            "changed_at": ago(changed),
            "status": status,
        }

    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        add(
            warehouse,
            "gold.cart",
            cart(1, 5, 5, "open"),
            cart(2, 6, 4, "abandoned"),
            cart(3, 7, 1, "recovered"),
            cart(4, 8, -1, "recovered"),
            cart(5, 31, 31, "abandoned"),
            cart(6, -1, -1, "open"),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path))
        assert features(warehouse, "open_carts") == (3,)


def test_what_happens_later_changes_nothing(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        people(warehouse)
        add(warehouse, "gold.order", order(1, 3, 100))
        add(warehouse, "gold.interaction", interaction(1, 1, "page_viewed", subject="tea"))
        place = workspace(tmp_path)
        carry_out(STAGE, warehouse, place)
        before = warehouse.digest("gold.feature")
        add(warehouse, "gold.order", order(2, -0.01, 100), order(3, -30, 100))
        add(warehouse, "gold.interaction", interaction(2, -1, "page_viewed", subject="milk"))
        carry_out(STAGE, warehouse, place, run_id=2)
        assert warehouse.digest("gold.feature") == before
