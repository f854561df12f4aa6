"""The purchase rhythm: likelihood, its slope, and what follows from it."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import approx_fprime
from scipy.stats import beta

from cdp.scores.predict import mbg

# invented: repeat purchases, weeks to the last one, weeks of tenure
X = np.array([0.0, 0, 1, 2, 5, 12, 80, 300])
TX = np.array([0.0, 0, 10, 3, 30, 38, 39, 39.5])
T = np.array([39.0, 12, 39, 20, 33, 39, 40, 40])


@pytest.mark.parametrize("modified", [True, False])
def test_slope_is_that_of_the_likelihood(modified: bool) -> None:
    rows = mbg.Buyers.of(X, TX, T)
    at = np.array([0.1, 1.0, -0.3, 0.7])

    def value(logs: mbg.Numbers) -> float:
        return mbg._likelihood(logs, rows, modified=modified)[0]

    slope = mbg._likelihood(at, rows, modified=modified)[1]
    assert slope == pytest.approx(approx_fprime(at, value, 1e-6), rel=1e-4)


def test_likelihood_of_one_buyer_of_one_order() -> None:
    # BG: no purchase in T weeks of a rate Gamma(r, alpha): (alpha / (alpha + T)) ** r
    rows = mbg.Buyers.of(np.zeros(1), np.zeros(1), np.array([30.0]))
    told = mbg.Rhythm(0.243, 4.414, 0.793, 2.426, modified=False)
    expected = 0.243 * np.log(4.414 / 34.414)
    assert mbg.log_likelihood(rows, told) == pytest.approx(expected)
    # MBG: or gone at once, with chance a / (a + b)
    gone = 0.793 / (0.793 + 2.426)
    modified = mbg.Rhythm(0.243, 4.414, 0.793, 2.426)
    both = np.log(gone + (1 - gone) * np.exp(expected))
    assert mbg.log_likelihood(rows, modified) == pytest.approx(both)


def test_fit_finds_what_made_the_data() -> None:
    random = np.random.default_rng(3)
    n, weeks = 4000, 60.0
    rate = random.gamma(0.8, 1 / 6.0, n)
    drop = random.beta(0.9, 2.5, n)
    x, tx = np.zeros(n), np.zeros(n)
    for i in range(n):
        now = 0.0
        while random.random() >= drop[i]:
            now += random.exponential(1 / rate[i])
            if now > weeks:
                break
            x[i], tx[i] = x[i] + 1, now
    found = mbg.fit(mbg.Buyers.of(x, tx, np.full(n, weeks)))
    assert found.r == pytest.approx(0.8, rel=0.2)
    assert found.alpha == pytest.approx(6.0, rel=0.25)
    assert found.a / (found.a + found.b) == pytest.approx(0.9 / 3.4, rel=0.15)


def test_one_time_buyers_are_not_held_alive_for_ever() -> None:
    told = mbg.Rhythm(0.5, 6.0, 0.8, 1.5)
    alive = mbg.p_alive(told, np.zeros(2), np.zeros(2), np.array([1.0, 60.0]))
    assert alive[1] < alive[0] < 1
    bg = mbg.Rhythm(0.5, 6.0, 0.8, 1.5, modified=False)
    assert mbg.p_alive(bg, np.zeros(1), np.zeros(1), np.array([60.0]))[0] == 1


def test_expected_purchases_by_quadrature() -> None:
    told = mbg.Rhythm(0.55, 6.4, 0.86, 1.46)
    said = mbg.expected_purchases(told, X, TX, T, 26.0)
    alive = mbg.p_alive(told, X, TX, T)
    for i in range(len(X)):

        def inner(p: float, i: int = i) -> float:
            left = ((told.alpha + T[i]) / (told.alpha + T[i] + p * 26)) ** (told.r + X[i])
            return float((1 - left) / p * beta.pdf(p, told.a, told.b + X[i] + 1))

        right = quad(inner, 0, 1, limit=400)[0] * alive[i]
        assert said[i] == pytest.approx(right, rel=1e-6)


def test_next_purchase_is_when_the_chance_is_reached() -> None:
    told = mbg.Rhythm(0.55, 6.4, 0.86, 1.46)
    weeks = mbg.weeks_until(told, X, TX, T, 0.25)
    alive = mbg.p_alive(told, X, TX, T)
    known = ~np.isnan(weeks)
    assert (known == (alive > 0.25)).all()
    for i in np.flatnonzero(known):
        one = X[[i]], TX[[i]], T[[i]]
        assert mbg.p_buy(told, *one, float(weeks[i]))[0] == pytest.approx(0.25)


def test_nobody_gives_the_prior() -> None:
    none = np.empty(0)
    assert mbg.fit(mbg.Buyers.of(none, none, none)).r == 1
