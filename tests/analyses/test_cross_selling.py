"""Rules of what is bought together: known figures, what was planted, and noise refused."""

from collections.abc import Iterable
from math import comb, exp, log, sqrt
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from analysed_world import analysed, customers
from builders import Value, add, in_memory
from cdp.analyses.kinds.cross_selling import adjusted, fisher, least_support, rules
from cdp.analyses.stage import STAGE
from cdp.store import Warehouse

RULES = "select * exclude analysis from gold.analysis_rule order by if_product, then_product"
NAMES = {"p1": "Mower", "p2": "Oil", "p3": "Gloves", "p4": "Rake"}


def shop(warehouse: Warehouse, baskets: Iterable[str]) -> None:
    """Add an order of one customer each for every basket, such as `p1 p2`."""
    held = [basket.split() for basket in baskets]
    customers(warehouse, {f"P-{n:04}": [(20, 10.0)] for n in range(len(held))})
    lines: list[dict[str, Value]] = [
        {"order_id": f"shop:P-{n:04}.0", "line": line, "product_id": f"shop:{product}"}
        for n, products in enumerate(held)
        for line, product in enumerate(products)
    ]
    add(warehouse, "gold.order_line", *lines)
    add(
        warehouse,
        "gold.product",
        *(
            {"product_id": f"shop:{p}", "source": "shop", "name": name, "category": f"C{p[1]}"}
            for p, name in NAMES.items()
        ),
    )


def chances(one: float, other: float, n: int) -> list[str]:
    """Return baskets in which four products have nothing to do with each other."""
    drawn = np.random.default_rng(5)
    shares = {"p1": one, "p2": other, "p3": 0.4, "p4": 0.3}
    found = [[p for p, share in shares.items() if drawn.random() < share] for _ in range(n)]
    return [" ".join(basket) or "p5" for basket in found]


PLANTED = ["p1 p2"] * 30 + ["p1 p3"] * 10 + ["p2 p3"] * 10 + ["p3"] * 50 + ["p3 p4"] * 100


def test_a_rule_is_what_a_hand_counts(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        shop(warehouse, PLANTED)
        analysed(warehouse, tmp_path, ask=["cross_selling"])
        found = {
            (row["if_product"], row["then_product"]): row
            for row in warehouse.query(RULES).to_dicts()
        }
        words = warehouse.query("select words from gold.analysis").item()
    # of 200 orders 40 hold the mower and 40 the oil, 30 both: by chance it would be 8
    rule = found["p1", "p2"]
    assert (rule["if_name"], rule["then_name"], rule["baskets"]) == ("Mower", "Oil", 30)
    assert rule["support"] == pytest.approx(0.15)
    assert rule["confidence"] == pytest.approx(0.75)
    assert rule["lift"] == pytest.approx(3.75)
    spread = sqrt(1 / 30 - 1 / 40 - 1 / 40 - 1 / 200 + 2 * 3.75 / 200)
    assert rule["lift_low"] == pytest.approx(3.75 * exp(-1.959964 * spread))
    exact = sum(comb(40, k) * comb(160, 40 - k) for k in range(30, 41)) / comb(200, 40)
    assert rule["p"] == pytest.approx(exact)
    assert rule["q"] == pytest.approx(exact * 6), "six pairs of four products were looked at"
    assert found["p2", "p1"]["lift"] == rule["lift"]
    assert ("p1", "p3") not in found, "ten baskets are too few"
    assert words[0].startswith("75.0% of orders with Mower also hold Oil, 3.8 times as many")


def test_independent_products_make_no_rule(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        shop(warehouse, chances(0.5, 0.3, 600))
        analysed(warehouse, tmp_path, ask=["cross_selling"])
        status, words = warehouse.query("select status, words from gold.analysis").row(0)
        assert warehouse.count("gold.analysis_rule") == 0
    assert status == "nothing_found"
    assert "none is together more often than chance explains" in words[0]


def test_too_few_baskets_are_said(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        shop(warehouse, ["p1 p2"] * 99 + ["p3"] * 500)
        analysed(warehouse, tmp_path, ask=["cross_selling"])
        status, words = warehouse.query("select status, words from gold.analysis").row(0)
    assert status == "insufficient_data"
    assert words[0].startswith("99 of 599 orders of the last 730 days hold two products or more")


def test_categories_and_the_same_rows_again(tmp_path: Path) -> None:
    with in_memory(tmp_path) as warehouse:
        shop(warehouse, PLANTED)
        files = {"ranges": {"kind": "cross_selling", "by": "category"}}
        analysed(warehouse, tmp_path, files=files)
        rows = warehouse.query(RULES).to_dicts()
        before = [warehouse.digest(table) for table in STAGE.writes]
        analysed(warehouse, tmp_path, files=files)
        assert [warehouse.digest(table) for table in STAGE.writes] == before
    assert {(r["if_product"], r["if_name"]) for r in rows} >= {("c1", "C1"), ("c2", "C2")}


@given(
    st.integers(2, 400).flatmap(
        lambda n: st.tuples(st.just(n), st.integers(1, n), st.integers(1, n), st.floats(0, 1))
    )
)
def test_fisher_is_the_tail_of_the_hypergeometric(given_: tuple[int, int, int, float]) -> None:
    n, a, b, share = given_
    least, most = max(1, int(a * b / n) + 1), min(a, b)
    least = min(least, most)
    k = least + round(share * (most - least))
    both, left, right = (np.array([float(x)]) for x in (k, a, b))
    found = fisher(both, left, right, n)
    assert found[0] == pytest.approx(hypergeom.sf(k - 1, n, a, b), rel=1e-8, abs=1e-300)


def test_the_share_of_chance_findings_is_benjamini_and_hochbergs() -> None:
    # their own example of 1995: fifteen p values, of which four stand at 5 %
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    p += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    q = adjusted(np.array(p[::-1]), 15)[::-1]
    assert (q <= 0.05).sum() == 4
    assert q[0] == pytest.approx(0.0015)
    assert adjusted(np.array(p[:4]), 15) == pytest.approx(q[:4])
    assert np.all(np.diff(q) >= 0)


def test_what_is_always_together_has_no_doubt() -> None:
    assert least_support(1_000) == 20
    assert least_support(50_001) == 51
    pair = {f"{side}_{what}": [what] for side in ("left", "right") for what in ("product", "name")}
    counts = {"left_baskets": [50], "right_baskets": [50], "both_baskets": [50]}
    found = rules(pl.DataFrame(pair | counts), 100, 1).row(0, named=True)
    assert found["confidence"] == 1
    assert log(2 / found["lift_low"]) == pytest.approx(1.959964 * 0.1)
