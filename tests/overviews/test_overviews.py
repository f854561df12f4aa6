"""Overviews by hand in a small world: behaviour, tracking, products owned; nothing later counts."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from builders import AS_OF, Value, add, carry_out, in_memory, parsed, workspace
from cdp.overviews.stage import STAGE
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)
_COUNTER = iter(range(10_000))


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def did(type_: str, days: float, **more: Value) -> dict[str, Value]:
    base: dict[str, Value] = {
        "interaction_id": f"web:{next(_COUNTER):05}",
        "profile_id": "P-1",
        "record_id": "web:u-1",
        "occurred_at": ago(days),
        "type": type_,
        "channel": "email" if type_.startswith("email") else "web",
    }
    return base | more


def order(number: int, days: float, **more: Value) -> dict[str, Value]:
    base: dict[str, Value] = {
        "order_id": f"shop:{number}",
        "source": "shop",
        "profile_id": "P-1",
        "ordered_at": ago(days),
        "status": "completed",
    }
    return base | more


def line(number: int, quantity: float, sku: str | None = "7", at: int = 1) -> dict[str, Value]:
    return {
        "order_id": f"shop:{number}",
        "line": at,
        "product_id": None if sku is None else f"shop:{sku}",
        "product": "a lamp",
        "quantity": quantity,
    }


def row(warehouse: Warehouse, table: str, of: str = "P-1") -> dict[str, object]:
    frame = warehouse.query(f"select * from gold.{table} where profile_id = $of", of=of)  # noqa: S608
    return frame.row(0, named=True)


def products(warehouse: Warehouse) -> None:
    add(
        warehouse,
        "gold.product",
        {"product_id": "shop:7", "source": "shop", "name": "Floor lamp", "category": "Living"},
        {"product_id": "shop:8", "source": "shop", "name": "Kettle", "category": "Kitchen"},
    )


def test_behaviour_is_counted_over_thirty_days_and_what_was_seen_last_is_named(
    tmp_path: Path,
) -> None:
    with in_memory(tmp_path) as warehouse:
        products(warehouse)
        add(
            warehouse,
            "gold.interaction",
            did("page_viewed", 10),
            did("product_viewed", 10 - 0.01, subject="7"),
            did("product_viewed", 3, subject="7"),
            did("product_viewed", 40, subject="8"),
            did("product_viewed", 3, subject="x", properties='{"name": "Odd", "category": "Rest"}'),
            did("products_searched", 2, subject="/search", properties='{"query": "lamp"}'),
            did("products_searched", 1.5, subject="desk"),
            did("cart_added", 1, subject="7"),
            did("product_viewed", 200, subject="old"),
            did("product_viewed", -1, subject="later"),
            did("email_opened", 0.5),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path))
        found = row(warehouse, "browsing")
    counts = {k: found[k] for k in found if k.endswith("_30d")}
    assert counts == {
        "visits_30d": 5,
        "actions_30d": 7,
        "anonymous_30d": 0,
        "pages_30d": 1,
        "products_30d": 3,
        "searches_30d": 2,
        "cart_changes_30d": 1,
    }
    assert found["last_visit_at"] == ago(1)
    seen = parsed(str(found["products"]))
    assert [(p["product_id"], p["product"], p["times"]) for p in seen] == [
        ("7", "Floor lamp", 2),
        ("x", "Odd", 1),
        ("8", "Kettle", 1),
    ]
    assert seen[0]["last_seen_at"] == "2026-06-28T00:00:00Z"
    liked = [(c["category"], c["times"]) for c in parsed(str(found["categories"]))]
    assert liked == [("Living", 2), ("Rest", 1), ("Kitchen", 1)]
    assert [s["query"] for s in parsed(str(found["searches"]))] == ["desk", "lamp"]


def test_a_page_is_named_without_what_its_address_tells_of_its_reader(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.interaction",
            did("product_viewed", 3, subject="https://shop.example/lamp?email=ada@mail.example"),
            did("product_viewed", 2, subject="HTTPS://shop.example/lamp#ada@mail.example"),
            did("product_viewed", 1, subject="https://shop.example/lamp?utm_source=mail"),
            did("product_viewed", 4, subject="/desk?name=Ada\nQuint"),
            did("product_viewed", 5, subject="why? not/a page"),
            did("products_searched", 1, subject="https://shop.example/search?q=lamp&u=ada"),
            did("products_searched", 2, subject="/search?q=desk"),
            did("products_searched", 3, subject="tea/coffee?"),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path))
        found = row(warehouse, "browsing")
    seen = [(p["product_id"], p["times"]) for p in parsed(str(found["products"]))]
    assert seen == [
        ("https://shop.example/lamp", 2),
        ("HTTPS://shop.example/lamp", 1),
        ("/desk", 1),
        ("why? not/a page", 1),
    ]
    assert [s["query"] for s in parsed(str(found["searches"]))] == ["tea/coffee?"]
    assert found["searches_30d"] == 3


def test_what_a_device_did_before_its_user_was_known_is_theirs_and_counted(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.source_record",
            {"record_id": "web:anon", "profile_id": "P-1", "native_id": "anon"},
            {"record_id": "web:u-1", "profile_id": "P-1", "native_id": "u-1"},
            {"record_id": "shop:anon", "profile_id": "P-1", "native_id": "anon"},
        )
        identifiers: list[dict[str, Value]] = [
            {"profile_id": "P-1", "kind": kind, "value": value, "records": [f"web:{value}"]}
            for kind, value in (("anonymous_id", "anon"), ("user_id", "u-1"))
        ]
        add(warehouse, "gold.identifier", *identifiers)
        anonymous = did("page_viewed", 2, record_id="web:anon")
        known = did("page_viewed", 1), did("page_viewed", 3, record_id="shop:anon")
        add(warehouse, "gold.interaction", anonymous, *known)
        carry_out(STAGE, warehouse, workspace(tmp_path))
        found = row(warehouse, "browsing")
    assert (found["actions_30d"], found["anonymous_30d"]) == (3, 1)


def test_messages_are_counted_by_channel_and_machines_apart(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(
            warehouse,
            "gold.interaction",
            did("email_sent", 80),
            did("email_sent", 20),
            did("email_opened", 20),
            did("email_machine_opened", 19),
            did("email_clicked", 60),
            did("email_soft_bounced", 70),
            did("email_unsubscribed", 5),
            did("email_complained", 5),
            did("email_opened", 100),
            did("email_opened", -1),
            did("sms_sent", 3, channel="sms"),
            did("push_not_sent", 3, channel="push"),
            did("page_viewed", 1),
            did("email_sent", 2, channel="other"),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path))
        rows = warehouse.query("from gold.tracking order by channel").rows(named=True)
    assert [r["channel"] for r in rows] == ["email", "sms"]
    mail = rows[0]
    assert {k: mail[k] for k in mail if k.endswith(("30d", "90d")) and mail[k]} == {
        "sent_30d": 1,
        "sent_90d": 2,
        "opened_30d": 1,
        "opened_90d": 1,
        "machine_opened_90d": 1,
        "clicked_90d": 1,
        "bounced_90d": 1,
        "unsubscribed_30d": 1,
        "unsubscribed_90d": 1,
        "complained_90d": 1,
    }
    assert mail["last_engaged_at"] == mail["last_opened_at"] == ago(20)
    assert mail["last_bounced_at"] == ago(70)
    assert mail["unreachable_since"] is None, "it came back for a while only"
    assert (rows[1]["sent_30d"], rows[1]["last_engaged_at"]) == (1, None)


@pytest.mark.parametrize(
    ("after", "since"),
    [(None, 10), ("email_sent", 10), ("email_delivered", None), ("email_clicked", None)],
)
def test_who_came_back_for_good_is_unreachable_until_something_arrives(
    tmp_path: Path, after: str | None, since: int | None
) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.interaction", did("email_opened", 30), did("email_hard_bounced", 10))
        if after is not None:
            add(warehouse, "gold.interaction", did(after, 5))
        carry_out(STAGE, warehouse, workspace(tmp_path))
        found = row(warehouse, "tracking")["unreachable_since"]
    assert found == (None if since is None else ago(since))


def test_owned_is_what_was_bought_and_kept(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        products(warehouse)
        add(
            warehouse,
            "gold.order",
            order(1, 100),
            order(2, 10, account_id="A-1"),
            order(3, 5, status="cancelled"),
            order(4, 4, status="returned"),
            order(5, 3, duplicate_of="shop:2"),
            order(6, 2, status="open"),
            order(7, -1),
        )
        add(
            warehouse,
            "gold.order_line",
            line(1, 2),
            line(1, -1, at=2),
            line(1, 3, "8", at=3),
            line(1, -3, "8", at=4),
            line(1, 1, None, at=5),
            line(2, 4),
            *(line(n, 9) for n in (3, 4, 5, 6, 7)),
        )
        carry_out(STAGE, warehouse, workspace(tmp_path))
        rows = warehouse.query("from gold.owned_product order by profile_id, number").rows(
            named=True
        )
    told = [(r["profile_id"], r["number"], r["quantity"], r["orders"]) for r in rows]
    assert told == [
        ("A-1", "7", Decimal(4), 1),
        ("P-1", "7", Decimal(5), 2),
        ("P-1", "a lamp", Decimal(1), 1),
    ]
    lamp = rows[1]
    assert (lamp["product"], lamp["category"]) == ("Floor lamp", "Living")
    assert (lamp["first_ordered_at"], lamp["ordered_at"]) == (ago(100), ago(10))
    assert (lamp["order_id"], lamp["product_id"]) == ("shop:2", "shop:7")


def test_one_number_in_two_systems_is_one_product(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        products(warehouse)
        add(warehouse, "gold.order", order(1, 9), order(2, 8, order_id="erp:2", source="erp"))
        add(warehouse, "gold.order_line", line(1, 1))
        other = line(2, 1) | {"order_id": "erp:2", "product_id": "erp:7"}
        add(warehouse, "gold.order_line", other)
        carry_out(STAGE, warehouse, workspace(tmp_path))
        found = row(warehouse, "owned_product")
    assert (found["number"], found["quantity"], found["product_id"]) == ("7", Decimal(2), "erp:7")


def test_who_did_nothing_has_no_rows(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        add(warehouse, "gold.profile", {"profile_id": "P-1", "profile_type": "person"})
        add(warehouse, "gold.interaction", did("page_viewed", 1, profile_id=None))
        report = carry_out(STAGE, warehouse, workspace(tmp_path))
    assert report.counts == {"browsing": 0, "tracking": 0, "owned_product": 0}
