"""What goes together and sells best, and when lists made of it are offered."""

from datetime import timedelta
from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest

from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.privacy.person import Person
from cdp.privacy.tables import Tables
from cdp.privacy.telling import Telling
from cdp.recommendations.stage import STAGE
from cdp.recommendations.trial import verdicts
from cdp.stage import Delta, Run
from cdp.store import Warehouse

NOW = AS_OF.replace(tzinfo=None)


def basket(warehouse: Warehouse, who: str, *products: str, days: int = 100, **more: Value) -> None:
    number = f"{who}{days}{'.'.join(products)}"
    at = NOW - timedelta(days=days)
    order: dict[str, Value] = {"order_id": number, "profile_id": who, "ordered_at": at}
    add(warehouse, "gold.order", order | more)
    for line, product in enumerate(products, 1):
        row: dict[str, Value] = {"order_id": number, "line": line, "product_id": product}
        add(warehouse, "gold.order_line", row)


def product(warehouse: Warehouse, source: str, sku: str, category: str) -> None:
    row: dict[str, Value] = {"product_id": f"{source}:{sku}", "source": source}
    add(warehouse, "gold.product", row | {"name": sku.title(), "category": category})


def test_what_the_same_customers_bought_goes_together(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        for source in ("shop", "erp"):
            product(warehouse, source, "pot", "Garden")
            product(warehouse, source, "saw", "Tools")
        for who in ("a", "b", "c"):
            basket(warehouse, who, "shop:pot", days=50)
            basket(warehouse, who, "erp:saw", days=200)
        basket(warehouse, "d", "shop:pot", "shop:soil", days=20)
        basket(warehouse, "e", "shop:saw", status="cancelled")
        basket(warehouse, "f", "shop:saw", duplicate_of="x")
        basket(warehouse, "g", "shop:saw", days=-1)
        basket(warehouse, "h", "shop:saw", days=9000)
        carry_out(STAGE, warehouse, workspace(tmp_path))
        pairs = warehouse.query(
            "select product, other, other_name, other_category, both_buyers, cosine "
            "from gold.product_affinity order by all"
        ).rows()
        best = warehouse.query(
            "select category, place, product, buyers from gold.best_seller order by all"
        ).rows()
    assert pairs == [
        ("pot", "saw", "Saw", "Tools", 3, pytest.approx(3 / (4 * 3) ** 0.5)),
        ("saw", "pot", "Pot", "Garden", 3, pytest.approx(3 / (4 * 3) ** 0.5)),
    ]
    assert best == [("", 1, "pot", 4), ("", 2, "shop:soil", 1), ("garden", 1, "pot", 4)]


def shop(warehouse: Warehouse, customers: int, *, habit: bool) -> None:
    """Fill a shop of 40 products; with a habit, customers buy what they bought before."""
    random = Random(7)  # noqa: S311 - invented data
    orders: list[dict[str, Value]] = []
    lines: list[dict[str, Value]] = []
    for number in range(customers):
        own = random.sample(range(40), 3)
        for days in (400, 300, 200, 100, 10):
            name = f"o{number}.{days}"
            at = NOW - timedelta(days=days + random.randint(0, 9))
            orders.append({"order_id": name, "profile_id": f"P-{number}", "ordered_at": at})
            chosen = own if habit else random.sample(range(40), 3)
            lines += [
                {"order_id": name, "line": n, "product_id": f"p{one}"}
                for n, one in enumerate(chosen, 1)
            ]
    add(warehouse, "gold.order", *orders)
    add(warehouse, "gold.order_line", *lines)


@pytest.mark.parametrize(
    ("customers", "habit", "status"),
    [
        (600, True, "published"),
        (600, False, "not_better_than_baseline"),
        (100, True, "insufficient_data"),
    ],
)
def test_a_list_is_offered_where_it_was_better_on_held_out_days(
    tmp_path: Path, customers: int, habit: bool, status: str
) -> None:
    with in_memory(tmp_path) as warehouse:
        shop(warehouse, customers, habit=habit)
        report = carry_out(STAGE, warehouse, workspace(tmp_path))
        found = dict(warehouse.query("select list, status from gold.recommender").rows())
    assert found["repeat"] == status
    assert any(
        note.startswith(f"repeat: {status}, named what {customers}") for note in report.notes
    )


def test_a_day_keeps_what_goes_together(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        place = workspace(tmp_path)
        run = Run(2, AS_OF, AS_OF, 1, warehouse, place)
        assert STAGE.delta is not None
        assert STAGE.delta(run, Delta(1, {})) is None
        basket(warehouse, "a", "pot", days=5)
        whole = carry_out(STAGE, warehouse, place)
        before = [warehouse.digest(table) for table in STAGE.writes]
        basket(warehouse, "b", "saw", days=5)
        kept = STAGE.delta(run, Delta(1, {}))
        assert kept is not None
        assert (kept.counts, kept.notes) == (whole.counts, whole.notes)
        assert [warehouse.digest(table) for table in STAGE.writes] == before
        later = Run(3, AS_OF + timedelta(days=1), AS_OF, 1, warehouse, place)
        assert STAGE.delta(later, Delta(1, {})) is None


def test_working_tables_know_nothing_more_of_a_customer_who_is_erased(tmp_path: Path) -> None:
    kept = ("step.recommend_bought", "step.recommend_held", "step.recommend_trial")
    with in_memory(tmp_path) as warehouse:
        shop(warehouse, 20, habit=True)
        carry_out(STAGE, warehouse, workspace(tmp_path))
        person = Person(("P-1",))
        tables = Tables(warehouse, person, Telling.of(person))
        assert set(kept) <= set(tables.count())
        with warehouse.transaction():
            tables.erase()
        left = [set(warehouse.query(f"select customer from {t}")["customer"]) for t in kept]  # noqa: S608
    assert [("P-1" in found, "P-2" in found) for found in left] == [(False, True)] * 3


def test_the_interval_is_that_of_the_difference() -> None:
    random = np.random.default_rng(1)
    own, best = random.random(4_000) < 0.5, random.random(4_000) < 0.4
    columns = ("repeated", "popular", "discovered", "popular_new")
    trial = pl.DataFrame(dict(zip(columns, (own, best, best, own), strict=True)))
    found = verdicts(trial.with_columns(has_new=True), 10_000, 1).rows(named=True)
    assert [row["status"] for row in found] == ["not_better_than_baseline", "published"]
    sd = (own.astype(float) - best).std() / 4_000**0.5
    middle = own.mean() - best.mean()
    assert found[1]["gain_low"] == pytest.approx(middle - 1.96 * sd, abs=sd / 4)
    assert found[1]["gain_high"] == pytest.approx(middle + 1.96 * sd, abs=sd / 4)
