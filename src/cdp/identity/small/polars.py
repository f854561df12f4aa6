"""What the modules of normalisation import as polars, when they read a single record."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from cdp.identity.small.beyond import BeyondSmallError
from cdp.identity.small.expression import Expr, column, literal, named
from cdp.identity.small.kinds import Kind, ListKind
from cdp.identity.small.remembering import remembered
from cdp.identity.small.table import DataFrame, Many, Series
from cdp.identity.small.values import conjunction, disjunction
from cdp.identity.small.words import ELEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Values = list[Any]
_size = list.__len__
List = ListKind
String, Int32, Int64, UInt32, Boolean, Float64, UInt64, Null = (
    Kind(name)
    for name in ["String", "Int32", "Int64", "UInt32", "Boolean", "Float64", "UInt64", "Null"]
)
DataType = Kind


class Struct(Kind):
    """The type of structs, by the names of their fields."""

    def __init__(self, fields: Iterable[str]) -> None:
        super().__init__("Struct", tuple(fields))


def col(*names: Any) -> Any:
    """Return a column, or several at once."""
    wanted = [n for one in names for n in ([one] if isinstance(one, str) else one)]
    return named(wanted[0]) if _size(wanted) == 1 else Many(lambda _: wanted)


def all() -> Many:
    """Return all columns."""
    return Many(lambda table: table.columns)


selectors = SimpleNamespace(
    starts_with=lambda beginning: Many(
        lambda table: [name for name in table.columns if name.startswith(beginning)]
    )
)


def element() -> Expr:
    """Return an item of the list that is looked at."""
    return named(ELEMENT)


def lit(value: Any, dtype: Kind | None = None) -> Expr:
    """Return a constant."""
    return literal(value, dtype)


def len() -> Expr:
    """Return the number of rows."""
    return Expr(lambda table: [table.height], "len", one=True)


def int_range(first: Any, last: Any = None) -> Expr:
    """Return the numbers up to the last, without it."""
    start, end = (0, first) if last is None else (first, last)
    if not isinstance(end, Expr) or start != 0:
        raise BeyondSmallError
    return Expr(lambda table: list(range(end.on(table)[0])), "literal")


class _When:
    """Choices in their order; what none of them takes is null."""

    def __init__(self, before: tuple[tuple[Expr, Expr], ...], mask: Expr) -> None:
        self._before = before
        self._mask = mask

    def then(self, value: Any) -> _Then:
        return _Then((*self._before, (self._mask, column(value))))


class _Then(Expr):
    """Choices so far, null otherwise."""

    __slots__ = ("_choices",)

    def __init__(self, choices: tuple[tuple[Expr, Expr], ...]) -> None:
        self._choices = choices
        made = _chosen(choices, literal(None))
        super().__init__(made.on, made.name, made.listed, made.one)

    def when(self, mask: Any) -> _When:
        return _When(self._choices, column(mask))

    def otherwise(self, value: Any) -> Expr:
        return _chosen(self._choices, column(value))


def when(mask: Any) -> _When:
    """Begin a choice."""
    return _When((), column(mask))


def _chosen(choices: tuple[tuple[Expr, Expr], ...], otherwise: Expr) -> Expr:
    found = otherwise
    for mask, value in reversed(choices):
        found = _either(mask, value, found)
    return found


def _either(mask: Expr, value: Expr, other: Expr) -> Expr:
    parts = (mask, value, other)
    return remembered(("either", *map(id, parts)), parts, lambda: _choice(mask, value, other))


def _choice(mask: Expr, value: Expr, other: Expr) -> Expr:
    def on(table: DataFrame) -> Values:
        masks, values, others = mask.on(table), value.on(table), other.on(table)
        if _size(masks) == _size(values) == _size(others):
            rows = zip(masks, values, others, strict=True)
            return [one if is_so else two for is_so, one, two in rows]
        size = max(map(_size, (masks, values, others)))
        if not masks or not values or not others:
            size = 0
        rows = zip(*(_spread(part, size) for part in (masks, values, others)), strict=True)
        return [one if is_so else two for is_so, one, two in rows]

    made = Expr(on, value.name, value, mask.one and value.one and other.one)
    made.code = ("either", (mask, value, other), None)
    return made


def _spread(values: Values, size: int) -> Values:
    found = _size(values)
    if found == size:
        return values
    if found == 1:
        return values * size
    raise BeyondSmallError


def _all_of(given: tuple[Any, ...], table: DataFrame) -> list[Expr]:
    """Return the expressions that arguments mean, lists and selections of them included."""
    found: list[Expr] = []
    for one in given:
        if isinstance(one, Many):
            found += one.of(table)
        elif isinstance(one, Expr | str) or not hasattr(one, "__iter__"):
            found.append(column(one))
        else:
            found += _all_of(tuple(one), table)
    return found


def _rows(given: tuple[Any, ...], table: DataFrame) -> list[tuple[Any, ...]]:
    return _beside([expression.on(table) for expression in _all_of(given, table)])


def _beside(columns: list[Values]) -> list[tuple[Any, ...]]:
    sizes = {_size(values) for values in columns}
    if sizes.__len__() == 1:
        return list(zip(*columns, strict=True))
    size = 0 if 0 in sizes else max(sizes, default=1)
    return list(zip(*(_spread(values, size) for values in columns), strict=True))


def _across(given: tuple[Any, ...], change: Callable[[tuple[Any, ...]], Any], name: str) -> Expr:
    flat = tuple(part for one in given for part in (one if _is_many(one) else (one,)))
    if not all_known(flat):
        return Expr(lambda table: [change(row) for row in _rows(flat, table)], name)
    parts = tuple(column(part) for part in flat)

    def on(table: DataFrame) -> Values:
        columns = [part.on(table) for part in parts]
        return [change(row) for row in _beside(columns)]

    def make() -> Expr:
        made = Expr(on, name)
        made.code = ("row", parts, change)
        return made

    return remembered((name, *map(id, parts)), parts, make)


def all_known(parts: tuple[Any, ...]) -> bool:
    """Return whether all parts are single columns or remembered expressions."""
    return not [p for p in parts if not isinstance(p, str) and not getattr(p, "known", False)]


def _is_many(one: Any) -> bool:
    return hasattr(one, "__iter__") and not isinstance(one, str | Expr | Many)


def coalesce(*given: Any) -> Expr:
    """Return the first value that is not null."""
    flat = [part for one in given for part in (one if _is_many(one) else (one,))]
    first = column(flat[0])

    def chosen(row: tuple[Any, ...]) -> Any:
        return next((value for value in row if value is not None), None)

    made = _across(tuple(flat), chosen, "coalesce")
    made.name, made.listed = first.name, first
    return made


def any_horizontal(*given: Any) -> Expr:
    """Return whether any is true."""
    return _across(given, lambda row: _folded(row, disjunction, start=False), "any")


def all_horizontal(*given: Any) -> Expr:
    """Return whether all are true."""
    return _across(given, lambda row: _folded(row, conjunction, start=True), "all")


def _folded(row: tuple[Any, ...], both: Callable[[Any, Any], Any], *, start: bool) -> bool | None:
    found: bool | None = start
    for value in row:
        found = both(found, value)
    return found


def sum_horizontal(*given: Any) -> Expr:
    """Return the sum, null counting nothing."""
    return _across(given, lambda row: sum(value for value in row if value is not None), "sum")


def max_horizontal(*given: Any) -> Expr:
    """Return the largest value that is not null."""
    return _across(given, lambda row: max((v for v in row if v is not None), default=None), "max")


def min_horizontal(*given: Any) -> Expr:
    """Return the smallest value that is not null."""
    return _across(given, lambda row: min((v for v in row if v is not None), default=None), "min")


def concat_str(*given: Any, separator: str = "", ignore_nulls: bool = False) -> Expr:
    """Return the texts joined; null where one is, unless nulls are passed over."""

    def joined(row: tuple[Any, ...]) -> str | None:
        if not ignore_nulls and None in row:
            return None
        return separator.join(value for value in row if value is not None)

    return _across(given, joined, f"concat_str {separator} {ignore_nulls}")


def concat_list(*given: Any) -> Expr:
    """Return one list of all values; null where a list is."""
    flat = [column(part) for one in given for part in (one if _is_many(one) else (one,))]

    def on(table: DataFrame) -> Values:
        are_lists = [part.is_list(table) for part in flat]
        return [_one_list(row, are_lists) for row in _rows(tuple(flat), table)]

    return Expr(on, flat[0].name, listed=True)


def _one_list(row: tuple[Any, ...], are_lists: list[bool]) -> Values | None:
    found: Values = []
    for value, is_list in zip(row, are_lists, strict=True):
        if not is_list:
            found.append(value)
        elif value is None:
            return None
        else:
            found += value
    return found


def struct(*given: Any) -> Expr:
    """Return the values under their names."""
    kept = tuple(tuple(one) if _is_many(one) else one for one in given)

    def on(table: DataFrame) -> Values:
        names = [expression.name for expression in _all_of(kept, table)]
        return [dict(zip(names, row, strict=True)) for row in _rows(kept, table)]

    return Expr(on, "struct")


def __getattr__(word: str) -> NoReturn:
    raise BeyondSmallError(word)


def concat(tables: Iterable[DataFrame], how: str = "vertical") -> DataFrame:
    """Return the tables below or beside one another."""
    parts = list(tables)
    if how == "horizontal":
        return DataFrame(
            {n: v for part in parts for n, v in part.columns_by_name.items()},
            lists={name for part in parts for name in part.lists},
        )
    if how != "vertical":
        raise BeyondSmallError
    names = parts[0].columns
    found: dict[str, Values] = {
        name: [value for part in parts for value in part.columns_by_name[name]] for name in names
    }
    return DataFrame(found, lists={name for part in parts for name in part.lists})


__all__ = ["DataFrame", "Series"]
