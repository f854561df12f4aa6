"""Features know nothing of what came later, and say what they should."""

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cdp.scores.predict.log import purchase_log
from cdp.scores.predict.panel import panel
from cdp.scores.predict.snapshot import FEATURES, LABELS, snapshot
from purchase_logs import START, buyers, log_of


@pytest.mark.parametrize("days", [60, 200, 399])
def test_a_log_that_ends_at_the_cut_gives_the_same_features(days: int) -> None:
    log = log_of(150, 400)
    cut = START + days
    whole = snapshot(log, [cut, cut - 30], 60)
    ended = snapshot(log.until(cut), [cut, cut - 30], 60)
    mine = pl.col("cut") == cut
    assert_frame_equal(whole.filter(mine).drop(LABELS), ended.filter(mine).drop(LABELS))
    alone = snapshot(log, [cut], 60)
    assert_frame_equal(whole.filter(mine), alone)


def test_the_rhythm_knows_no_later_purchase_either() -> None:
    log = log_of(150, 400)
    cut = START + 200
    whole, ended = (panel(each, [cut], 60) for each in (log, log.until(cut)))
    np.testing.assert_array_equal(whole.matrix, ended.matrix)
    assert whole.count.sum() > 0
    assert ended.count.sum() == 0


def test_features_of_one_customer_by_hand() -> None:
    log = purchase_log(
        pl.DataFrame(
            {
                "customer": ["a"] * 6,
                "day": [100, 110, 140, 150, 165, 180],
                "amount": [10.0, 20.0, 30.0, -5.0, 40.0, 50.0],
            }
        )
    )
    row = snapshot(log, [160], 20).row(0, named=True)
    assert row["x"] == 2
    assert (row["recency"], row["tenure"]) == (1.0, 3.0)
    assert row["gap_mean"] == pytest.approx(20 / 20)
    assert row["gap_spread"] == pytest.approx(10 / 20)
    assert row["gap_last"] == pytest.approx(30 / 20)
    assert row["recency_in_longest_gap"] == pytest.approx(20 / 30)
    assert row["overdue"] == pytest.approx(20 / ((40 + 20) / 3))
    assert (row["n_1"], row["n_2"], row["n_4"]) == (0, 1, 2)
    assert row["basket_last"] == pytest.approx(30 / 20)
    assert (row["spent"], row["mean_amount"]) == (55.0, 20.0)
    assert (row["label_count"], row["label_spend"]) == (2, 90.0)


def test_without_amounts_the_money_is_missing() -> None:
    log = purchase_log(pl.DataFrame({"customer": [1, 1, 2], "day": [10, 20, 15]}))
    row = snapshot(log, [30], 28).row(0, named=True)
    assert row["basket_mean"] is None
    assert set(FEATURES) <= set(row)


def test_days_are_netted() -> None:
    log = purchase_log(
        pl.DataFrame(
            {
                "customer": ["b", "b", "b", "b", "a", "a", "a"],
                "day": [1, 1, 2, 3, 1, 1, 4],
                "amount": [10.0, -4.0, -6.0, None, 5.0, -5.0, 7.0],
            }
        )
    )
    assert log.ids.to_list() == ["a", "b"]
    assert log.rows.rows() == [(0, 4, 7.0), (1, 1, 6.0), (1, 2, -6.0), (1, 3, None)]
    assert len(log.purchases) == 3
    assert log.has_amounts == pytest.approx(2 / 3)


def test_rows_in_another_order_make_the_same_log() -> None:
    frame = buyers(50, 200)
    one, other = purchase_log(frame), purchase_log(frame.sample(fraction=1, shuffle=True, seed=2))
    assert_frame_equal(one.rows, other.rows)
