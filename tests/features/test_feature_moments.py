"""A log that ends at a moment gives the very rows that the whole log gives as of that moment."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from builders import AS_OF, Value, add, bare, carry_out, workspace
from cdp.features.stage import STAGE
from cdp.scores.bought import bought
from cdp.settings import Workspace
from cdp.store import Statement, Warehouse
from cdp.store.schema import quoted

NOW = AS_OF.replace(tzinfo=None)
CUT = AS_OF - timedelta(days=40)
Rows = dict[str, list[dict[str, Value]]]

# Few hours, those of the cut and of the ends of windows among them, so that times are often equal.
HOURS = st.sampled_from(
    [-1, 0, 1, 24, 24 * 30, 24 * 90, 24 * 180, 24 * 365, 24 * 400, -24, -24 * 35]
)
PARTY = st.sampled_from([("P-1", None), ("P-2", "A-1"), (None, "A-1"), (None, None)])
WORDS = st.sampled_from(["tea", "coffee", None])


def _at(hours: int) -> Value:
    return CUT.replace(tzinfo=None) - timedelta(hours=hours)


@st.composite
def logs(draw: st.DrawFn) -> Rows:
    """Return rows of events around the cut as they are known long after it."""
    orders: list[dict[str, Value]] = []
    for number in range(draw(st.integers(0, 12))):
        person, account = draw(PARTY)
        hours = draw(HOURS)
        changed = draw(st.sampled_from([None, hours, hours - 24, hours - 24 * 60]))
        copied = draw(st.sampled_from([None, None, *range(number)])) if number else None
        orders.append(
            {
                "order_id": f"shop:{number}",
                "profile_id": person,
                "account_id": account,
                "ordered_at": _at(hours),
                "changed_at": None if changed is None else _at(changed),
                "status": draw(st.sampled_from(["completed", "cancelled", "returned", "open"])),
                "currency": draw(st.sampled_from(["EUR", "CHF"])),
                "amount": draw(st.integers(0, 50)),
                "duplicate_of": None if copied is None else f"shop:{copied}",
            }
        )
    carts: list[dict[str, Value]] = []
    for number in range(draw(st.integers(0, 6))):
        person, account = draw(PARTY)
        hours = draw(HOURS)
        carts.append(
            {
                "cart_id": f"shop:{number}",
                "profile_id": person,
                "account_id": account,
                "created_at": _at(hours),
                "changed_at": _at(hours - draw(st.sampled_from([0, 1, 24, 24 * 40]))),
                "status": draw(st.sampled_from(["open", "abandoned", "recovered"])),
            }
        )
    interactions: list[dict[str, Value]] = []
    for number in range(draw(st.integers(0, 15))):
        person, account = draw(PARTY)
        hours = draw(HOURS)
        interactions.append(
            {
                "interaction_id": f"web:{number}",
                "profile_id": person,
                "account_id": account,
                "occurred_at": _at(hours),
                "received_at": _at(hours - draw(st.sampled_from([0, 24 * 50]))),
                "type": draw(st.sampled_from(["page_viewed", "email_opened", "email_sent"])),
                "channel": draw(st.sampled_from(["web", "email"])),
                "subject": draw(WORDS),
            }
        )
    return {"gold.order": orders, "gold.cart": carts, "gold.interaction": interactions}


def ended(rows: Rows) -> Rows:
    """Return the log as it stood at the cut: what came later is away, what was set later unset."""
    placed = {row["order_id"] for row in rows["gold.order"] if _until(row["ordered_at"])}

    def order(row: dict[str, Value]) -> dict[str, Value]:
        copied = row["duplicate_of"] if row["duplicate_of"] in placed else None
        later = row["changed_at"] is not None and not _until(row["changed_at"])
        told = {"status": "open", "changed_at": None} if later else {}
        return row | told | {"duplicate_of": copied}

    def cart(row: dict[str, Value]) -> dict[str, Value]:
        later = not _until(row["changed_at"])
        return row | ({"status": "open", "changed_at": row["created_at"]} if later else {})

    return {
        "gold.order": [order(r) for r in rows["gold.order"] if _until(r["ordered_at"])],
        "gold.cart": [cart(r) for r in rows["gold.cart"] if _until(r["created_at"])],
        "gold.interaction": [r for r in rows["gold.interaction"] if _until(r["occurred_at"])],
    }


def _until(moment: Value) -> bool:
    return bool(moment <= CUT.replace(tzinfo=None))  # type: ignore[operator]


World = tuple[Warehouse, Workspace]


def as_of_cut(rows: Rows, world: World) -> pl.DataFrame:
    """Return gold.feature over these rows as of the cut."""
    warehouse, place = world
    for table in ("gold.order", "gold.cart", "gold.interaction"):
        warehouse.connection.execute(f"delete from {quoted(table)}")  # noqa: S608 - quoted
        if rows.get(table):
            add(warehouse, table, *rows[table])
    carry_out(STAGE, warehouse, place, as_of=CUT)
    return warehouse.query("from gold.feature order by profile_id")


def learned_from(rows: Rows, world: World) -> list[pl.DataFrame]:
    """Return the purchases and contract events that scores are learned from, as of the cut."""
    as_of_cut(rows, world)
    warehouse, moment = world[0], {"as_of": CUT}
    rates = pl.DataFrame({"currency": ["EUR"], "rate": [Decimal(1)]})
    warehouse.put("step.score_rate", rates)
    with bought(warehouse):
        warehouse.make(Statement.load("cdp.scores", "purchase"), **moment)
    warehouse.make(Statement.load("cdp.scores", "contract_event"), **moment)
    return [
        warehouse.query(f"from step.{t} order by all") for t in ("score_purchase", "contract_event")
    ]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("moments")
    warehouse = bare(threads=1)
    with closing(warehouse.connection):
        people: list[dict[str, Value]] = [
            {"profile_id": name, "profile_type": "person"} for name in ("P-1", "P-2")
        ]
        add(warehouse, "gold.profile", *people)
        add(warehouse, "gold.account", {"account_id": "A-1"})
        yield warehouse, workspace(folder)


@settings(max_examples=15, deadline=None)
@given(logs())
def test_a_log_that_ends_there_gives_the_same_rows(world: World, rows: Rows) -> None:
    assert_frame_equal(as_of_cut(rows, world), as_of_cut(ended(rows), world))


@settings(max_examples=10, deadline=None)
@given(logs())
def test_learned_scores_are_found_from_the_same(world: World, rows: Rows) -> None:
    whole = rows | {"gold.order": [o | {"duplicate_of": None} for o in rows["gold.order"]]}
    for one, other in zip(
        learned_from(whole, world), learned_from(ended(whole), world), strict=True
    ):
        assert_frame_equal(one, other)


def test_what_was_told_later_is_not_known_yet(world: World) -> None:
    told = {"profile_id": "P-1", "changed_at": _at(-24)}
    order = {"order_id": "shop:1", "ordered_at": _at(24), "currency": "EUR", "amount": 10}
    cart = {"cart_id": "shop:1", "created_at": _at(24), "status": "recovered"}
    rows: Rows = {
        "gold.order": [told | order | {"status": "cancelled", "duplicate_of": None}],
        "gold.cart": [told | cart],
        "gold.interaction": [],
    }
    whole, log_ended = as_of_cut(rows, world), as_of_cut(ended(rows), world)
    assert_frame_equal(whole, log_ended)
    assert whole.filter(profile_id="P-1").select("orders", "open_carts").row(0) == (1, 1)
    for one, other in zip(learned_from(rows, world), learned_from(ended(rows), world), strict=True):
        assert_frame_equal(one, other)
        assert len(one) == 1


def test_a_copy_counts_until_its_original_is_placed(world: World) -> None:
    def order(number: int, hours: int, copied: str | None = None) -> dict[str, Value]:
        return {
            "order_id": f"shop:{number}",
            "profile_id": "P-1",
            "ordered_at": _at(hours),
            "status": "completed",
            "currency": "EUR",
            "amount": 10,
            "duplicate_of": copied,
        }

    for hours, counted in ((-1, 1), (0, 1), (48, 1)):
        rows: Rows = {"gold.order": [order(1, hours), order(2, 24, "shop:1")]}
        found = as_of_cut(rows, world).row(by_predicate=pl.col("profile_id") == "P-1", named=True)
        assert (found["orders"], found["revenue"]) == (counted, 10)
        assert found["last_order_at"] == (_at(24) if hours < 0 else _at(hours))


def test_what_arrived_late_counts_from_when_it_happened(world: World) -> None:
    late: dict[str, Value] = {
        "interaction_id": "web:1",
        "profile_id": "P-1",
        "occurred_at": _at(1),
        "received_at": NOW,
        "type": "page_viewed",
        "channel": "web",
    }
    found = as_of_cut({"gold.interaction": [late]}, world)
    assert found["interactions_30d"].to_list() == [0, 1, 0]
