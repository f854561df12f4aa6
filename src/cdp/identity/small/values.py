"""Plain lists of values: paired, ordered, told apart, null being None."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.identity.small.beyond import BeyondSmallError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Values = list[Any]


def aligned(one: Values, other: Values) -> Iterable[tuple[Any, Any]]:
    """Return the values in pairs, a single one beside each of the others."""
    if len(one) == len(other):
        return zip(one, other, strict=True)
    if len(other) == 1:
        return [(value, other[0]) for value in one]
    if len(one) == 1:
        return [(one[0], value) for value in other]
    raise BeyondSmallError


def conjunction(one: bool | None, other: bool | None) -> bool | None:
    """Return whether both are true; null is unknown."""
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def disjunction(one: bool | None, other: bool | None) -> bool | None:
    """Return whether either is true; null is unknown."""
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


def ordered(values: Values, *, descending: bool = False) -> Values:
    """Return the values in order, nulls first."""
    known = sorted((v for v in values if v is not None), reverse=descending)
    return [None] * (len(values) - len(known)) + known


def sort_order(
    keys: list[Values], descending: Sequence[bool], *, nulls_last: bool = False
) -> list[int]:
    """Return the places in the order of the keys, equal ones as they are."""
    places = list(range(len(keys[0])))
    downward = list(descending) or [False] * len(keys)
    for values, down in reversed(list(zip(keys, downward, strict=True))):
        known = sorted(
            (p for p in places if values[p] is not None), key=values.__getitem__, reverse=down
        )
        if down:
            known = _stable(known, values, places)
        unknown = [p for p in places if values[p] is None]
        places = [*known, *unknown] if nulls_last else [*unknown, *known]
    return places


def _stable(known: list[int], values: Values, places: list[int]) -> list[int]:
    """Return a falling order with equal values in the order they had."""
    rank = {place: number for number, place in enumerate(places)}
    groups: dict[Any, list[int]] = {}
    for place in known:
        groups.setdefault(values[place], []).append(place)
    return [place for group in groups.values() for place in sorted(group, key=rank.__getitem__)]


def firsts(values: Values) -> Values:
    """Return, per value, whether none before it is the same."""
    seen: set[Any] = set()
    return [not (value in seen or seen.add(value)) for value in values]  # type: ignore[func-returns-value]  # add() gives None, which is the point


def listed(values: Any) -> list[Any]:
    """Return the values of a column or any other series as a list."""
    found: list[Any] = values.to_list() if hasattr(values, "to_list") else list(values)
    return found
