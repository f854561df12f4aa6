"""The lists of one customer, by tables of cases."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cdp.recommendations.choosing import LISTS, Bought, Customer, ListName, lists
from cdp.recommendations.definition import RecommendationFile

TODAY = date(2026, 7, 1)
BEST: dict[str, list[tuple[str, str | None]]] = {
    "": [("pot", "Garden"), ("saw", "Tools"), ("lamp", None)],
    "garden": [("pot", "Garden"), ("soil", "Garden")],
}
NEAR = {
    "pot": [("soil", 0.9), ("saw", 0.2)],
    "soil": [("pot", 0.9), ("saw", 0.3), ("seed", 0.4)],
}


def best(category: str) -> Iterable[Mapping[str, Any]]:
    rows = BEST.get(category, [])
    return [
        {"place": n, "product": p, "name": p.title(), "of_category": c, "buyers": 9}
        for n, (p, c) in enumerate(rows, 1)
    ]


def near(product: str) -> Iterable[Mapping[str, Any]]:
    return [
        {
            "other": other,
            "other_name": other.title(),
            "other_category": None,
            "both_buyers": 3,
            "cosine": cosine,
        }
        for other, cosine in NEAR.get(product, [])
    ]


def bought(product: str, *ago: int, category: str | None = None) -> Bought:
    days = tuple(sorted((TODAY - timedelta(days=n) for n in ago), reverse=True))
    return Bought(product, product.title(), category, days)


def customer(*products: Bought, interests: tuple[str, ...] = ()) -> Customer:
    return Customer(products, interests, near, best, frozenset({"discovery", "repeat"}))


def shown(who: Customer, name: ListName, limit: int = 10, **rules: object) -> list[str]:
    made = lists(who, RecommendationFile.model_validate(rules), TODAY, limit)
    return [one.product for one in made[name]]


def test_what_is_bought_often_and_lately_comes_first() -> None:
    who = customer(bought("pot", 5), bought("soil", 100, 120, 140), bought("saw", 4, 8))
    assert shown(who, "repeat") == ["saw", "pot", "soil"]


def test_what_goes_with_purchases_is_new_and_then_come_best_sellers() -> None:
    who = customer(bought("pot", 1), bought("soil", 2))
    assert shown(who, "discovery") == ["saw", "seed", "lamp"]
    assert shown(customer(), "discovery") == ["pot", "saw", "lamp"]


def test_a_list_that_was_no_better_falls_back_to_best_sellers() -> None:
    who = Customer([bought("pot", 1)], (), near, best, frozenset())
    assert shown(who, "discovery") == ["saw", "lamp"]


def test_interests_show_best_sellers_of_their_categories() -> None:
    who = customer(bought("pot", 1), interests=("Garden", "Boats"))
    assert shown(who, "interests") == ["soil"]


def test_rules_show_what_goes_with_a_product_or_a_category() -> None:
    rules = [
        {"because": "goes with it", "bought": ["pot"], "within_days": 10, "show": ["soil", "x"]},
        {"because": "care", "bought_category": ["TOOLS"], "show": ["oil"]},
    ]
    late = customer(bought("pot", 10), bought("saw", 300, category="Tools"))
    assert shown(late, "rules", rules=rules) == ["oil"]
    who = customer(bought("pot", 9), bought("soil", 1))
    assert shown(who, "rules", rules=rules) == ["x"]


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        ({"products": ["saw"]}, ["pot", "lamp"]),
        ({"categories": ["garden"]}, ["saw", "lamp"]),
        ({"bought_within_days": 8}, ["saw", "lamp"]),
        ({"bought_within_days": 7}, ["pot", "saw", "lamp"]),
    ],
)
def test_what_is_excluded_is_in_no_list(exclude: dict[str, object], left: list[str]) -> None:
    assert shown(customer(bought("pot", 7)), "best_sellers", exclude=exclude) == left


@given(
    st.lists(
        st.tuples(st.sampled_from(["pot", "soil", "saw", "x"]), st.integers(0, 900)), max_size=6
    ),
    st.integers(1, 4),
)
def test_lists_are_short_hold_nothing_twice_and_say_why(
    purchases: list[tuple[str, int]], limit: int
) -> None:
    who = customer(*(bought(p, n) for p, n in dict(purchases).items()), interests=("Garden",))
    made = lists(who, RecommendationFile.model_validate({}), TODAY, limit)
    assert tuple(made) == LISTS
    for found in made.values():
        products = [one.product for one in found]
        assert len(products) == len(set(products)) <= limit
        assert all(one.because for one in found)
    had = {product for product, _ in purchases}
    names: tuple[ListName, ...] = ("discovery", "interests")
    for name in names:
        assert not had & {one.product for one in made[name]}
