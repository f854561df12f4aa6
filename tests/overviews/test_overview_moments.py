"""A log that ends at a moment gives the very overviews that the whole log gives as of it."""

from collections.abc import Iterator
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.overviews.stage import STAGE
from cdp.settings import Workspace
from cdp.store import Warehouse
from cdp.store.schema import quoted

CUT = (AS_OF - timedelta(days=40)).replace(tzinfo=None)
TABLES = ("gold.order", "gold.order_line", "gold.interaction")
Rows = dict[str, list[dict[str, Value]]]
World = tuple[Warehouse, Workspace]

# Few hours, those of the cut and of the ends of windows among them, so that times are often equal.
HOURS = st.sampled_from([-1, 0, 1, 24 * 30, 24 * 90, 24 * 180, -24 * 35])
PARTY = st.sampled_from([("P-1", None), ("P-2", "A-1"), (None, "A-1"), (None, None)])


def _order(draw: st.DrawFn, number: int) -> dict[str, Value]:
    person, account = draw(PARTY)
    hours = draw(HOURS)
    changed = draw(st.sampled_from([None, hours, hours - 24 * 60]))
    copied = draw(st.sampled_from([None, None, *range(number)])) if number else None
    return {
        "order_id": f"shop:{number}",
        "source": "shop",
        "profile_id": person,
        "account_id": account,
        "ordered_at": CUT - timedelta(hours=hours),
        "changed_at": None if changed is None else CUT - timedelta(hours=changed),
        "status": draw(st.sampled_from(["completed", "cancelled", "returned", "open"])),
        "duplicate_of": None if copied is None else f"shop:{copied}",
    }


def _interaction(draw: st.DrawFn, number: int) -> dict[str, Value]:
    person, account = draw(PARTY)
    type_ = draw(st.sampled_from(["product_viewed", "products_searched", "email_sent"]))
    return {
        "interaction_id": f"web:{number}",
        "profile_id": person,
        "account_id": account,
        "occurred_at": CUT - timedelta(hours=draw(HOURS)),
        "type": type_,
        "channel": "email" if type_ == "email_sent" else "web",
        "subject": draw(st.sampled_from(["7", "8", None])),
    }


@st.composite
def logs(draw: st.DrawFn) -> Rows:
    """Return rows of events around the cut as they are known long after it."""
    orders = [_order(draw, number) for number in range(draw(st.integers(0, 10)))]
    lines: list[dict[str, Value]] = [
        {
            "order_id": order["order_id"],
            "line": number,
            "product": draw(st.sampled_from(["a lamp", "a desk"])),
            "quantity": draw(st.sampled_from([2.0, 1.0, -1.0])),
        }
        for order in orders
        for number in range(2)
    ]
    interactions = [_interaction(draw, number) for number in range(draw(st.integers(0, 10)))]
    return dict(zip(TABLES, (orders, lines, interactions), strict=True))


def ended(rows: Rows) -> Rows:
    """Return the log as it stood at the cut: what came later is away, what was set later unset.

    What came back later was sold before: no source tells when an order was completed.
    """
    placed = {row["order_id"] for row in rows["gold.order"] if _until(row["ordered_at"])}

    def order(row: dict[str, Value]) -> dict[str, Value]:
        copied = row["duplicate_of"] if row["duplicate_of"] in placed else None
        later = row["changed_at"] is not None and not _until(row["changed_at"])
        told = {"status": "completed"} if later and row["status"] == "returned" else {}
        return row | told | ({"changed_at": None} if later else {}) | {"duplicate_of": copied}

    return {
        "gold.order": [order(r) for r in rows["gold.order"] if r["order_id"] in placed],
        "gold.order_line": [r for r in rows["gold.order_line"] if r["order_id"] in placed],
        "gold.interaction": [r for r in rows["gold.interaction"] if _until(r["occurred_at"])],
    }


def _until(moment: Value) -> bool:
    return bool(moment <= CUT)  # type: ignore[operator]


def as_of_cut(rows: Rows, world: World) -> list[pl.DataFrame]:
    """Return the overviews over these rows as of the cut."""
    warehouse, place = world
    for table in TABLES:
        warehouse.connection.execute(f"delete from {quoted(table)}")  # noqa: S608 - quoted
        if rows[table]:
            add(warehouse, table, *rows[table])
    carry_out(STAGE, warehouse, place, as_of=CUT.replace(tzinfo=AS_OF.tzinfo))
    return [warehouse.query(f"from {table} order by all") for table in STAGE.writes]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("moments")
    with in_memory(folder) as warehouse:
        yield warehouse, workspace(folder)


@settings(max_examples=25, deadline=None)
@given(logs())
def test_a_log_that_ends_there_gives_the_same_overviews(world: World, rows: Rows) -> None:
    for one, other in zip(as_of_cut(rows, world), as_of_cut(ended(rows), world), strict=True):
        assert_frame_equal(one, other)


@pytest.mark.parametrize(("days", "quantity"), [(-1, 2), (0, None), (1, None)])
def test_what_came_back_is_owned_until_it_came_back(
    world: World, days: int, quantity: int | None
) -> None:
    whose: dict[str, Value] = {"order_id": "shop:1", "source": "shop", "profile_id": "P-1"}
    order = whose | {
        "status": "returned",
        "ordered_at": CUT - timedelta(days=9),
        "changed_at": CUT - timedelta(days=days),
    }
    line: dict[str, Value] = {"order_id": "shop:1", "line": 1, "product": "a lamp", "quantity": 2}
    rows: Rows = {"gold.order": [order], "gold.order_line": [line], "gold.interaction": []}
    owned = as_of_cut(rows, world)[-1]
    assert owned["quantity"].to_list() == ([] if quantity is None else [quantity])


def test_a_copy_is_owned_until_its_original_is_placed(world: World) -> None:
    def rows(hours: int) -> Rows:
        whose: dict[str, Value] = {"source": "shop", "profile_id": "P-1", "status": "completed"}
        placed: dict[str, Value] = {
            "order_id": "shop:1",
            "ordered_at": CUT - timedelta(hours=hours),
        }
        copied: dict[str, Value] = {"order_id": "shop:2", "ordered_at": CUT}
        line: dict[str, Value] = {"line": 1, "product": "a lamp", "quantity": 1}
        return {
            "gold.order": [
                whose | placed | {"duplicate_of": None},
                whose | copied | {"duplicate_of": "shop:1"},
            ],
            "gold.order_line": [line | {"order_id": f"shop:{n}"} for n in (1, 2)],
            "gold.interaction": [],
        }

    for hours, order_id in ((-1, "shop:2"), (0, "shop:1"), (48, "shop:1")):
        owned = as_of_cut(rows(hours), world)[-1]
        assert owned.select("order_id", "quantity").rows() == [(order_id, 1)]
