"""DuckDB's scalar functions on Python values, None being NULL.

Invariant: each function returns what DuckDB returns, to the last bit; DuckDB measures Jaro-Winkler
and Damerau-Levenshtein on the bytes of the UTF-8 text, and finds two empty texts not alike at all.
"""

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from functools import cache
from math import fsum
from typing import Any, Final

from rapidfuzz.distance import DamerauLevenshtein, Jaro, JaroWinkler

from cdp.store import scratch

Items = list[Any] | None
BOOSTED_ABOVE: Final = 0.7
PREFIX: Final = 4
PREFIX_WEIGHT: Final = 0.1
DOUBTFUL: Final = 1e-9
PAIR: Final = 2
PROBE: Final = ("aa\u00e9a\u00e9", "a\u00e9a\u00e9a\u00e9")
"""Two texts whose similarity tells one rounding from two."""
_jaro = Jaro.similarity
_similarity = JaroWinkler.similarity
_distance = DamerauLevenshtein.distance


def alike(one: str | None, other: str | None) -> float | None:
    """Return `jaro_winkler_similarity` (Winkler 1990)."""
    if one is None or other is None:
        return None
    if not one or not other:
        return 0.0
    left_bytes, right_bytes = one.encode(), other.encode()
    similarity = _jaro(left_bytes, right_bytes)
    if similarity <= BOOSTED_ABOVE:
        return similarity
    prefix = 0
    for mine, theirs in zip(left_bytes[:PREFIX], right_bytes[:PREFIX], strict=False):
        if mine != theirs:
            break
        prefix += 1
    return multiply_add()(prefix * PREFIX_WEIGHT, 1.0 - similarity, similarity)


def _rounded_twice(factor: float, other: float, added: float) -> float:
    return factor * other + added


def _rounded_once(factor: float, other: float, added: float) -> float:
    """Return factor * other + added as a fused instruction does (Dekker 1971 for the product)."""
    product = factor * other
    high, rest = _halves(factor)
    other_high, other_rest = _halves(other)
    error = rest * other_rest - (
        ((product - high * other_high) - rest * other_high) - high * other_rest
    )
    return fsum((product, error, added))


def _halves(number: float) -> tuple[float, float]:
    scaled = 134217729.0 * number
    high = scaled - (scaled - number)
    return high, number - high


@cache
def multiply_add() -> Callable[[float, float, float], float]:
    """Return the multiplication with addition that this build of DuckDB computes Winkler's with.

    Compilers may fuse the two into one instruction with one rounding; a text whose similarity is
    a level's very limit would else fall on the other side of it.
    """
    with closing(scratch()) as connection:
        found = connection.execute("select jaro_winkler_similarity(?, ?)", list(PROBE))
        answer = found.fetchall()[0][0]
    similarity = _jaro(PROBE[0].encode(), PROBE[1].encode())
    is_plain = answer == _rounded_twice(PREFIX_WEIGHT, 1.0 - similarity, similarity)
    return _rounded_twice if is_plain else _rounded_once


def edits(one: str | None, other: str | None) -> int | None:
    """Return `damerau_levenshtein`, the unrestricted distance."""
    if one is None or other is None:
        return None
    if one.isascii() and other.isascii():
        return _distance(one, other)
    return _distance(one.encode(), other.encode())


def is_alike(one: str | None, other: str | None, limit: float) -> bool:
    """Return whether `jaro_winkler_similarity` is known and at least this."""
    if not one or not other:
        return one is not None and other is not None and limit <= 0.0
    if one.isascii() and other.isascii():
        similarity = _similarity(one, other)
    else:
        similarity = _similarity(one.encode(), other.encode())
    if abs(similarity - limit) > DOUBTFUL:
        return similarity >= limit
    exact = alike(one, other)
    return exact is not None and exact >= limit


def is_within(one: str | None, other: str | None, most: int) -> bool:
    """Return whether `damerau_levenshtein` is known and at most this."""
    if one is None or other is None:
        return False
    if one.isascii() and other.isascii():
        if abs(len(one) - len(other)) > most:
            return False
        return _distance(one, other, score_cutoff=most) <= most
    return _distance(one.encode(), other.encode(), score_cutoff=most) <= most


def left(text: str | None, count: int | None) -> str | None:
    """Return `left`: the first characters, or all but the last ones for a negative count."""
    return None if text is None or count is None else text[:count]


def starts_with(text: str | None, prefix: str | None) -> bool | None:
    """Return `starts_with`."""
    return None if text is None or prefix is None else text.startswith(prefix)


def field(struct: dict[str, Any] | None, name: str) -> Any:  # noqa: ANN401 - any value
    """Return `struct.name`; what a struct lacks is NULL."""
    return None if struct is None else struct.get(name)


def contains(text: Any, part: Any) -> bool | None:  # noqa: ANN401 - text in text, or item in list
    """Return `contains` and `list_contains`."""
    return None if text is None or part is None else part in text


def length(value: Any) -> int | None:  # noqa: ANN401 - text or list
    """Return `length` of a text in characters, or of a list."""
    return None if value is None else len(value)


def magnitude(number: Any) -> Any:  # noqa: ANN401 - any number
    """Return `abs`."""
    return None if number is None else abs(number)


def least(*values: Any) -> Any:  # noqa: ANN401 - any comparable
    """Return `least`, which passes over NULL."""
    if len(values) == PAIR:
        one, other = values
        if one is not None and other is not None:
            return min(one, other)
    return min((value for value in values if value is not None), default=None)


def greatest(*values: Any) -> Any:  # noqa: ANN401 - any comparable
    """Return `greatest`, which passes over NULL."""
    return max((value for value in values if value is not None), default=None)


def coalesce(*values: Any) -> Any:  # noqa: ANN401 - any value
    """Return `coalesce`."""
    return next((value for value in values if value is not None), None)


def has_any(one: Items, other: Items) -> bool | None:
    """Return `list_has_any`: whether an item that is not NULL is in both."""
    if one is None or other is None:
        return None
    for item in one:  # noqa: SIM110 - a generator costs more than the search
        if item is not None and item in other:
            return True
    return False


def has_all(one: Items, other: Items) -> bool | None:
    """Return `list_has_all`: whether the first holds every item of the second but NULL."""
    if one is None or other is None:
        return None
    return all(item in one for item in other if item is not None)


def intersection(one: Items, other: Items) -> Items:
    """Return `list_intersect`: the distinct shared items; only a NULL on the left gives NULL."""
    if one is None:
        return None
    shared = other or ()
    return [item for item in dict.fromkeys(one) if item is not None and item in shared]


def distinct(items: Items) -> Items:
    """Return `list_distinct`."""
    return None if items is None else [i for i in dict.fromkeys(items) if i is not None]


def transformed(items: Items, change: Callable[[Any], Any]) -> Items:
    """Return `list_transform`."""
    return None if items is None else [change(item) for item in items]


def filtered(items: Items, is_kept: Callable[[Any], Any]) -> Items:
    """Return `list_filter`, which keeps what is true, not what is NULL."""
    return None if items is None else [item for item in items if is_kept(item)]


def any_true(items: Items) -> bool | None:
    """Return `list_bool_or`: NULL without a known item."""
    known = [item for item in items or () if item is not None]
    return any(known) if known else None


def some(items: Items, holds: Callable[[Any], Any]) -> bool:
    """Return whether a condition holds of some item."""
    for item in items or ():  # noqa: SIM110 - a generator costs more than the search
        if holds(item):
            return True
    return False


def all_true(items: Items) -> bool | None:
    """Return `list_bool_and`: NULL without a known item."""
    known = [item for item in items or () if item is not None]
    return all(known) if known else None


def largest(items: Items) -> Any:  # noqa: ANN401 - any comparable
    """Return `list_max`."""
    return greatest(*(items or ()))


def smallest(items: Items) -> Any:  # noqa: ANN401 - any comparable
    """Return `list_min`."""
    return least(*(items or ()))


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "jaro_winkler_similarity": alike,
    "damerau_levenshtein": edits,
    "left": left,
    "starts_with": starts_with,
    "contains": contains,
    "list_contains": contains,
    "length": length,
    "abs": magnitude,
    "least": least,
    "greatest": greatest,
    "coalesce": coalesce,
    "list_has_any": has_any,
    "list_has_all": has_all,
    "list_intersect": intersection,
    "list_distinct": distinct,
    "list_transform": transformed,
    "list_filter": filtered,
    "list_bool_or": any_true,
    "list_bool_and": all_true,
    "list_max": largest,
    "list_min": smallest,
}
"""By DuckDB's name; what is not here cannot be compiled."""
COUNTS: Final = frozenset({"damerau_levenshtein", "length"})
"""Functions that return whole numbers."""
NAMES: Final[dict[str, Callable[..., Any]]] = {
    **FUNCTIONS,
    "is_alike": is_alike,
    "is_within": is_within,
    "field": field,
    "some": some,
    "Decimal": Decimal,
}
"""What compiled conditions may call, by the name they call it."""
