"""Orders and carts that several events tell of: one row each, whatever order they arrive in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

import cdp
from canonical_room import Room
from cdp.canonical.mapping import MappingFile

if TYPE_CHECKING:
    from cdp.store import Warehouse

EVENTS = (Path(cdp.__file__).parent / "mappings" / "events.yaml").read_text("utf-8")
SHOE = {"sku": "shoe", "name": "Shoe", "price": 40, "quantity": 2}
HAT = {"sku": "hat", "name": "Hat", "price": 20, "quantity": 1}
PLACED = {"order_id": "o-1", "total": 100, "currency": "EUR", "products": [SHOE, HAT]}
ORDER = "select status, amount, ordered_at, changed_at from silver.order"
LINES = "select product_id, quantity, amount from silver.order_line order by line"
CART = "select status, amount, lines from silver.cart"
Event = tuple[str, int, dict[str, Any]]


def moment(minute: int) -> datetime:
    return datetime(2026, 1, 1, 9, minute, tzinfo=UTC).replace(tzinfo=None)


def land(room: Room, *events: Event) -> None:
    """Land what was done in these minutes; an event is known by what it says."""
    for name, minute, properties in events:
        at = moment(minute)
        said = {"type": "track", "userId": "u-1", "event": name, "properties": properties}
        payload = {**said, "timestamp": at.isoformat() + "Z"}
        room.land("web", "events", f"{name} {minute} {properties}", payload, at)


def after(room: Room, *events: Event) -> Room:
    room.maps("web", EVENTS)
    land(room, *events)
    room.rebuild()
    return room


def amounts(room: Room) -> list[tuple[Any, ...]]:
    return [(status, amount) for status, amount, *_ in room.all(ORDER)]


def test_an_order_that_is_updated_is_the_order_as_it_is_now(room: Room) -> None:
    more = {**PLACED, "total": 120, "products": [SHOE, {**HAT, "quantity": 2}]}
    after(room, ("Order Completed", 1, PLACED), ("Order Updated", 5, more))
    assert room.all(ORDER) == [("completed", 120, moment(1), moment(5))]
    assert room.all(LINES) == [("web:shoe", 2, 80), ("web:hat", 2, 40)]


def test_what_was_refunded_lowers_the_order_and_its_lines(room: Room) -> None:
    refund = {"order_id": "o-1", "total": 40, "currency": "EUR", "products": [HAT | SHOE]}
    refund["products"] = [{**SHOE, "quantity": 1}]
    after(room, ("Order Completed", 1, PLACED), ("Order Refunded", 7, refund))
    assert room.all(ORDER) == [("completed", 60, moment(1), moment(7))]
    assert room.all(LINES) == [("web:shoe", 2, 80), ("web:hat", 1, 20), ("web:shoe", -1, -40)]


def test_a_refund_of_products_alone_counts_at_the_price_they_were_ordered_at(room: Room) -> None:
    refund = {"order_id": "o-1", "products": [{"sku": "shoe", "quantity": 1}]}
    after(room, ("Order Completed", 1, PLACED), ("Order Refunded", 7, refund))
    assert amounts(room) == [("completed", 60)]


@pytest.mark.parametrize(
    "refunds",
    [
        [{"order_id": "o-1"}],
        [{"order_id": "o-1", "total": 100, "currency": "EUR"}],
        [{"order_id": "o-1", "products": [SHOE]}, {"order_id": "o-1", "total": 20}],
    ],
)
def test_an_order_of_which_all_came_back_is_returned(
    room: Room, refunds: list[dict[str, Any]]
) -> None:
    sent = [("Order Refunded", 5 + at, refund) for at, refund in enumerate(refunds)]
    after(room, ("Order Completed", 1, PLACED), *sent)
    assert amounts(room) == [("returned", 100)]
    assert room.all(LINES) == [("web:shoe", 2, 80), ("web:hat", 1, 20)]


def test_a_refund_in_another_currency_is_not_taken_from_the_order(room: Room) -> None:
    refund = {"order_id": "o-1", "total": 40, "currency": "USD"}
    after(room, ("Order Completed", 1, PLACED), ("Order Refunded", 7, refund))
    assert amounts(room) == [("completed", 100)]


def test_a_cancelled_order_keeps_what_it_was(room: Room) -> None:
    after(room, ("Order Completed", 1, PLACED), ("Order Cancelled", 9, PLACED))
    assert room.all(ORDER) == [("cancelled", 100, moment(1), moment(9))]


def test_a_change_of_an_order_that_nobody_stated_makes_none(room: Room) -> None:
    after(room, ("Order Refunded", 7, {"order_id": "o-1", "total": 40, "products": [HAT]}))
    assert room.all(ORDER) == room.all(LINES) == []
    assert room.all("select type from silver.interaction") == [("order_refunded",)]
    assert room.all("select * from silver.quarantine") == []


def test_a_cart_follows_what_is_put_in_and_taken_out(room: Room) -> None:
    here = {"cart_id": "c-1", "currency": "EUR"}
    after(
        room,
        ("Product Added", 1, {**here, **SHOE}),
        ("Cart Viewed", 2, {**here, "products": [SHOE]}),
        ("Product Added", 3, {"cart_id": "c-1", **HAT}),
        ("Product Removed", 4, {"cart_id": "c-1", **SHOE, "quantity": 1}),
    )
    [(status, amount, lines)] = room.all(CART)
    assert (status, amount) == ("open", 60)
    assert '"product":"Shoe","quantity":1.000,"price":40.00,"amount":40.00' in lines
    assert '"product_id":"web:hat"' in lines
    assert room.all("select created_at, changed_at from silver.cart") == [(moment(1), moment(4))]


def test_a_cart_that_was_emptied_is_none_and_one_that_was_ordered_is_recovered(room: Room) -> None:
    here = {"cart_id": "c-1", "currency": "EUR"}
    ordered = {"checkout_id": "c-2", "currency": "EUR"}
    after(
        room,
        ("Product Added", 1, {**here, **HAT}),
        ("Product Removed", 2, {**here, **HAT}),
        ("Checkout Started", 3, {**ordered, "value": 100, "products": [SHOE, HAT]}),
        ("Order Completed", 4, {**ordered, **PLACED}),
    )
    rows = room.all("select cart_id, status, amount from silver.cart")
    assert rows == [("web:c-2", "recovered", 100)]


def test_changes_need_orders_that_several_records_may_state() -> None:
    mapping = yaml.safe_load(EVENTS)
    mapping["objects"]["events"]["orders"][0]["merge"] = False
    with pytest.raises(ValidationError, match="orders that other records change need merge: true"):
        MappingFile.model_validate(mapping)


CHECKOUT = {"checkout_id": "c-2", "currency": "EUR", "value": 100, "products": [SHOE, HAT]}
TOLD: list[Event] = [
    ("Checkout Started", 0, CHECKOUT),
    ("Order Completed", 1, PLACED | {"checkout_id": "c-2"}),
    ("Order Updated", 5, {**PLACED, "total": 80, "products": [SHOE]}),
    ("Order Updated", 5, {**PLACED, "total": 90, "products": [SHOE]}),
    ("Order Refunded", 7, {"order_id": "o-1", "total": 15}),
    ("Order Refunded", 8, {"order_id": "o-1", "products": [{"sku": "shoe", "quantity": 1}]}),
    ("Product Added", 9, {"checkout_id": "c-2", **HAT}),
    ("Order Cancelled", 9, {"order_id": "o-1"}),
]
KNOWN = ("order", "order_line", "cart", "interaction", "quarantine")


def rows_of(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """Return silver without when things arrived, which is another in each order of arrival."""
    late = "exclude (received_at)"
    return {
        table: warehouse.query(
            f"select * {late if table == 'interaction' else ''} from silver.{table} order by all"  # noqa: S608
        ).rows()
        for table in KNOWN
    }


@pytest.mark.long
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.permutations(TOLD), st.lists(st.sampled_from(TOLD), max_size=3), st.integers(1, 7))
def test_any_order_of_arrival_and_every_repetition_gives_the_same_rows(
    told: dict[str, list[tuple[Any, ...]]],
    memory: Warehouse,
    arrived: list[Event],
    again: list[Event],
    first: int,
) -> None:
    room = emptied(memory)
    land(room, *arrived[:first])
    room.arrive(1)
    room.rebuild()
    land(room, *arrived[first:], *again)
    room.arrive(2)
    assert room.follow(1) is not None
    assert rows_of(memory) == told
    room.rebuild()
    assert rows_of(memory) == told


@pytest.fixture
def told(memory: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    """What all of them make where they arrive as they happened."""
    room = emptied(memory)
    land(room, *TOLD)
    room.rebuild()
    rows = rows_of(memory)
    assert len(rows["order"]) == len(rows["cart"]) == 1
    return rows


def emptied(memory: Warehouse) -> Room:
    for table in ("bronze.record", "bronze.rejected", "bronze.load"):
        memory.connection.execute(f"delete from {table}")  # noqa: S608 - a constant
    return Room(memory).maps("web", EVENTS)
