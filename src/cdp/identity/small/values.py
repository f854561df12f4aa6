"""Plain lists of values: ordered, told apart, grouped, null being None."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.identity.small.beyond import BeyondSmallError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Values = list[Any]


def ordered(values: Values, *, descending: bool = False) -> Values:
    """Return the values in order, nulls first."""
    known = sorted((v for v in values if v is not None), reverse=descending)
    return [None] * (len(values) - len(known)) + known


def falling(values: Values) -> Values:
    """Return the values in falling order, nulls first."""
    return ordered(values, descending=True)


def sort_order(
    keys: Iterable[Values], descending: Sequence[bool], *, nulls_last: bool = False
) -> list[int]:
    """Return the places in the order of the keys, equal ones as they are."""
    columns = list(keys)
    places = list(range(len(columns[0])))
    for values, down in reversed(list(zip(columns, descending, strict=True))):
        # a falling order is found from the end, so that equal ones stay as they are
        turned = places[::-1] if down else places
        known = sorted((p for p in turned if values[p] is not None), key=values.__getitem__)
        unknown = [p for p in places if values[p] is None]
        known = known[::-1] if down else known
        places = [*known, *unknown] if nulls_last else [*unknown, *known]
    return places


def firsts(values: Iterable[Any]) -> Values:
    """Return, per value, whether none before it is the same."""
    seen: set[Any] = set()
    return [not (value in seen or seen.add(value)) for value in values]  # type: ignore[func-returns-value]  # add() gives None, which is the point


def only(values: Values) -> Any:
    """Return the value of the row that is there, None where there is none.

    Raises:
        BeyondSmallError: there are several.
    """
    if len(values) > 1:
        raise BeyondSmallError
    return values[0] if values else None


def grouped(keys: Iterable[Values]) -> dict[tuple[Any, ...], list[int]]:
    """Return the places of the rows by their keys, in order."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, key in enumerate(zip(*keys, strict=True)):
        groups.setdefault(key, []).append(place)
    return groups


def aggregated(
    keys: Sequence[Values], columns: Mapping[str, Values], change: Callable[[Any], Values]
) -> list[tuple[Any, ...]]:
    """Return a row a group: its keys, then what it is changed to."""
    return [
        (*key, *change({name: [v[place] for place in places] for name, v in columns.items()}))
        for key, places in grouped(keys).items()
    ]


def windowed(
    keys: Sequence[Values], columns: Mapping[str, Values], change: Callable[[Any], Values]
) -> Values:
    """Return, at every place, what its group is changed to there."""
    found: dict[int, Any] = {}
    for places in grouped(keys).values():
        part = change({n: [v[p] for p in places] for n, v in columns.items()})
        found |= dict(zip(places, part, strict=True))
    return [found[place] for place in range(len(found))]
