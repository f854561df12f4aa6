"""Every outcome that is learned from lies before the day it serves."""

from hypothesis import given
from hypothesis import strategies as st

from cdp.scores.predict.schedule import YEAR, cut_offs, trainable, training_cuts, trial


@given(st.integers(1, 1500), st.integers(1, 800))
def test_outcomes_are_known(history: int, horizon: int) -> None:
    until = 20_000
    first = until - history
    length = trainable(first, until, horizon)
    assert length <= horizon
    assert all(first < cut <= until - length for cut in training_cuts(first, until, length))
    plan = trial(first, until, length)
    assert plan.length <= length
    for window in plan.windows:
        assert window.origin + plan.length <= until
        assert window.cuts
        assert all(cut + plan.length <= window.origin for cut in window.cuts)
    assert len({w.origin for w in plan.windows}) == len(plan.windows)


def test_a_long_history_is_tried_a_year_ago_as_well() -> None:
    plan = trial(0, 1000, 60)
    assert [w.is_year_ago for w in plan.windows] == [False] * 4 + [True]
    assert plan.windows[-1].origin == 1000 - YEAR
    assert plan.windows[0].origin == 940
    assert len(plan.windows[0].cuts) == 8


def test_a_short_history_shortens_the_horizon() -> None:
    assert trainable(0, 400, 90) == 90
    assert trainable(0, 150, 90) == 60
    assert cut_offs(0, 40, 28) == []
    assert trial(0, 40, 28).windows == ()
    assert not any(w.is_year_ago for w in trial(0, 300, 28).windows)
