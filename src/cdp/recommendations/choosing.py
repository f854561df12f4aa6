"""The lists of one customer, made of what it bought and of what goes together.

Pure: purchases, products that go together and best sellers in, lists out. Amounts of evidence
are comparable within a list, never between lists.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from cdp.recommendations.definition import Promotion, RecommendationFile

ListName = Literal["rules", "repeat", "discovery", "interests", "best_sellers"]
LISTS: Final[tuple[ListName, ...]] = ("rules", "repeat", "discovery", "interests", "best_sellers")
HALF_LIFE_DAYS: Final = 60
_MOST_BOUGHT: Final = 50


@dataclass(frozen=True, slots=True)
class Bought:
    """One product that the customer bought.

    Attributes:
        product: its number, without the source.
        name: as it was sold.
        category: its category, in the catalogue's spelling.
        days: the days on which it was bought, latest first.
    """

    product: str
    name: str
    category: str | None
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One product to show, and why."""

    product: str
    name: str | None
    category: str | None
    because: str


@dataclass(frozen=True, slots=True)
class Customer:
    """What lists are made for.

    Attributes:
        bought: products bought, any order.
        interests: categories, most wanted first.
        near: what goes with a product: rows of gold.product_affinity.
        best: best sellers of a category, `''` for all: rows of gold.best_seller.
        trusted: lists that were better than best sellers on held-out days.
    """

    bought: Sequence[Bought]
    interests: Sequence[str]
    near: Callable[[str], Iterable[Mapping[str, Any]]]
    best: Callable[[str], Iterable[Mapping[str, Any]]]
    trusted: frozenset[str] = field(default_factory=frozenset)


def lists(
    customer: Customer, rules: RecommendationFile, today: date, limit: int
) -> dict[ListName, list[Shown]]:
    """Return up to `limit` products for each list, best first, none twice in a list."""
    makers: dict[ListName, Callable[[], Iterable[Shown]]] = {
        "rules": lambda: _by_rules(customer, rules.rules, today),
        "repeat": lambda: _again(customer, today),
        "discovery": lambda: _new(customer),
        "interests": lambda: _of_interests(customer),
        "best_sellers": lambda: _best(customer, ""),
    }
    refused = _refused(customer, rules, today)
    return {name: _first(make(), refused, limit) for name, make in makers.items()}


def _first(found: Iterable[Shown], refused: Callable[[Shown], bool], limit: int) -> list[Shown]:
    chosen: dict[str, Shown] = {}
    for one in found:
        if len(chosen) == limit:
            break
        if one.product not in chosen and not refused(one):
            chosen[one.product] = one
    return list(chosen.values())


def _refused(customer: Customer, rules: RecommendationFile, today: date) -> Callable[[Shown], bool]:
    """Return what tells whether a product may not be shown."""
    within = rules.exclude.bought_within_days
    lately = {b.product for b in customer.bought if within and (today - max(b.days)).days < within}
    products = lately | set(rules.exclude.products)
    categories = {name.casefold() for name in rules.exclude.categories}
    return lambda one: one.product in products or (one.category or "").casefold() in categories


def _again(customer: Customer, today: date) -> list[Shown]:
    """Return what was bought, by how often and how lately: a purchase fades by half in 60 days."""
    worth = {
        b.product: sum(0.5 ** ((today - day).days / HALF_LIFE_DAYS) for day in b.days)
        for b in customer.bought
    }
    ordered = sorted(customer.bought, key=lambda b: (-worth[b.product], b.product))
    return [Shown(b.product, b.name, b.category, _times(b)) for b in ordered]


def _times(bought: Bought) -> str:
    last = max(bought.days).isoformat()
    days = len(bought.days)
    return f"bought on {last}" if days == 1 else f"bought on {days} days, last on {last}"


def _new(customer: Customer) -> Iterable[Shown]:
    """Yield what goes with what was bought and was not bought, then best sellers."""
    had = {b.product for b in customer.bought}
    lately = sorted(customer.bought, key=lambda b: (b.days, b.product), reverse=True)
    weight: dict[str, float] = defaultdict(float)
    reason: dict[str, tuple[float, Mapping[str, Any], str]] = {}
    for bought in lately[:_MOST_BOUGHT] if "discovery" in customer.trusted else ():
        for row in customer.near(bought.product):
            other, cosine = row["other"], row["cosine"]
            weight[other] += cosine
            if other not in reason or cosine > reason[other][0]:
                reason[other] = (cosine, row, bought.name)
    for other in sorted(weight, key=lambda o: (-weight[o], o)):
        _, row, name = reason[other]
        if other not in had:
            because = f"{row['both_buyers']} customers bought it as well as {name}"
            yield Shown(other, row["other_name"], row["other_category"], because)
    yield from (one for one in _best(customer, "") if one.product not in had)


def _of_interests(customer: Customer) -> Iterable[Shown]:
    had = {b.product for b in customer.bought}
    for interest in customer.interests:
        yield from (one for one in _best(customer, interest) if one.product not in had)


def _best(customer: Customer, category: str) -> Iterable[Shown]:
    inside = f" in {category}" if category else ""
    for row in customer.best(category.casefold()):
        because = f"best seller number {row['place']}{inside}"
        yield Shown(row["product"], row["name"], row["of_category"], because)


def _by_rules(customer: Customer, rules: Iterable[Promotion], today: date) -> Iterable[Shown]:
    had = {b.product: b for b in customer.bought}
    for rule in rules:
        wanted = {name.casefold() for name in rule.bought_category}
        for bought in customer.bought:
            named = bought.product in rule.bought
            if not named and (bought.category or "").casefold() not in wanted:
                continue
            if (today - max(bought.days)).days < rule.within_days:
                yield from (_known(customer, p, rule.because) for p in rule.show if p not in had)


def _known(customer: Customer, product: str, because: str) -> Shown:
    """Return a product that a rule names, called as the best sellers call it."""
    for row in customer.best(""):
        if row["product"] == product:
            return Shown(product, row["name"], row["of_category"], because)
    return Shown(product, None, None, because)
