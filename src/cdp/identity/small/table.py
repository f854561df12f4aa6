"""A table of a few rows, with the words of a polars frame.

Invariant: columns keep their order and height; `lists` names those that hold lists, which a value
alone does not always show.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from cdp.identity.records import RECORD_SCHEMA
from cdp.identity.small.beyond import BeyondSmallError, Bounded
from cdp.identity.small.expression import Expr, column, named
from cdp.identity.small.kinds import Kind, ListKind
from cdp.identity.small.program import program_of
from cdp.identity.small.values import firsts, sort_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

Values = list[Any]


class Series(Expr):
    """A column by itself: an expression that needs no table."""

    __slots__ = ()

    def __init__(
        self,
        name: Any = "",
        values: Any = None,
        dtype: Kind | None = None,
        *,
        is_list: bool = False,
    ) -> None:
        title, given = (name, values or ()) if isinstance(name, str) else ("", name)
        own = list(given)
        super().__init__(lambda _: own, title, is_list or isinstance(dtype, ListKind))


LIST = ListKind("List")
TEXT = Kind("String")


class DataFrame(Bounded):
    """Columns of one height."""

    __slots__ = ("columns_by_name", "height", "lists", "memo")

    def __init__(
        self,
        columns: Mapping[str, Iterable[Any]] | None = None,
        schema: Mapping[str, Kind] | None = None,
        *,
        lists: Iterable[str] = (),
    ) -> None:
        known = dict.fromkeys(schema or {}, ()) if columns is None else columns
        self.columns_by_name = {
            name: values if type(values) is list else list(values) for name, values in known.items()
        }
        self.lists = set(lists)
        if schema:
            self.lists |= {n for n, kind in schema.items() if isinstance(kind, ListKind)}
        self.height = len(next(iter(self.columns_by_name.values()), ()))
        self.memo: dict[int, tuple[Expr, Values]] = {}

    @staticmethod
    def of(columns: dict[str, Values], lists: set[str], height: int) -> DataFrame:
        """Return the table of these very columns."""
        made = object.__new__(DataFrame)
        made.columns_by_name, made.lists, made.height, made.memo = columns, lists, height, {}
        return made

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.columns_by_name)

    @property
    def schema(self) -> dict[str, Kind]:
        """The types of the columns, as far as they matter."""
        return {n: LIST if n in self.lists else TEXT for n in self.columns_by_name}

    def __len__(self) -> int:
        return self.height

    def __iter__(self) -> Iterator[Series]:
        return (self[name] for name in self.columns_by_name)

    def __getitem__(self, name: str) -> Series:
        return Series(name, self.columns_by_name[name], is_list=name in self.lists)

    def is_empty(self) -> bool:
        return self.height == 0

    def select(self, *given: Any, **titled: Any) -> DataFrame:
        found, lists = self._computed(given, titled)
        sizes = {len(values) for values in found.values()}
        if len(sizes) == 1:
            return DataFrame.of(found, lists, sizes.pop())
        height = 0 if 0 in sizes else max(sizes, default=0)
        return DataFrame.of({n: _stretched(v, height) for n, v in found.items()}, lists, height)

    def with_columns(self, *given: Any, **titled: Any) -> DataFrame:
        found, lists = self._computed(given, titled)
        height = self.height if self.columns_by_name else len(next(iter(found.values())))
        added = {name: _stretched(values, height) for name, values in found.items()}
        kept = self.lists - found.keys()
        return DataFrame.of({**self.columns_by_name, **added}, kept | lists, height)

    def _computed(
        self, given: Iterable[Any], titled: Mapping[str, Any]
    ) -> tuple[dict[str, Values], set[str]]:
        found: dict[str, Values] = {}
        lists: set[str] = set()
        wanted = [(e.name, e) for e in self._expressions(given)]
        wanted += [(name, column(value)) for name, value in titled.items()]
        program = program_of([expression for _, expression in wanted]) if self.height == 1 else None
        if program:
            values = program(self.columns_by_name)
            for (name, expression), value in zip(wanted, values, strict=True):
                found[name] = [value]
                if expression.listed is not False and expression.is_list(self):
                    lists.add(name)
            return found, lists
        is_empty = self.height == 0 and bool(self.columns_by_name)
        for name, expression in wanted:
            # without rows there is nothing to compute, unless it is a single value for all of them
            skipped = is_empty and expression.known and not expression.one
            found[name] = [] if skipped else expression.on(self)
            if expression.listed is not False and expression.is_list(self):
                lists.add(name)
        return found, lists

    def _expressions(self, given: Iterable[Any]) -> Iterator[Expr]:
        for one in given:
            if isinstance(one, Many):
                yield from one.of(self)
            elif isinstance(one, Expr | str):
                yield column(one)
            elif isinstance(one, Kind):
                raise BeyondSmallError
            else:
                yield from self._expressions(one)

    def taken(self, places: Sequence[int]) -> DataFrame:
        """Return the rows at these places."""
        found = {n: [v[p] for p in places] for n, v in self.columns_by_name.items()}
        return DataFrame.of(found, self.lists, len(places))

    def grouped(self, keys: Sequence[Values]) -> dict[Any, list[int]]:
        """Return the places of the rows by their keys, in order."""
        groups: dict[Any, list[int]] = {}
        for place in range(self.height):
            groups.setdefault(tuple(key[place] for key in keys), []).append(place)
        return groups

    def filter(self, *masks: Any) -> DataFrame:
        places = list(range(self.height))
        for mask in masks:
            kept = _stretched(column(mask).on(self), self.height)
            places = [place for place in places if kept[place]]
        return self if len(places) == self.height else self.taken(places)

    def drop_nulls(self, name: str | None = None) -> DataFrame:
        names = self.columns if name is None else [name]
        return self.filter(*(named(n).is_not_null() for n in names))

    def drop(self, *names: str) -> DataFrame:
        found = {n: v for n, v in self.columns_by_name.items() if n not in names}
        return DataFrame.of(found, self.lists - set(names), self.height)

    def rename(self, names: Mapping[str, str]) -> DataFrame:
        found = {names.get(n, n): v for n, v in self.columns_by_name.items()}
        return DataFrame(found, lists={names.get(n, n) for n in self.lists})

    def sort(
        self,
        *by: Any,
        descending: Sequence[bool] = (),
        maintain_order: bool = False,  # noqa: ARG002 - order is always kept
    ) -> DataFrame:
        if self.height <= 1:
            return self
        names = [n for one in by for n in ([one] if isinstance(one, str) else one)]
        keys = [self.columns_by_name[name] for name in names]
        return self.taken(sort_order(keys, descending))

    def unique(
        self,
        subset: Any = None,
        *,
        keep: str = "first",
        maintain_order: bool = False,  # noqa: ARG002 - order is always kept
    ) -> DataFrame:
        if keep not in {"first", "any"}:
            raise BeyondSmallError
        names = [subset] if isinstance(subset, str) else subset or self.columns
        rows = list(zip(*(self.columns_by_name[name] for name in names), strict=True))
        return self.taken([place for place, is_new in enumerate(firsts(rows)) if is_new])

    def head(self, count: int) -> DataFrame:
        return self.taken(range(min(count, self.height)))

    def with_row_index(self, name: str, offset: int = 0) -> DataFrame:
        numbers = list(range(offset, offset + self.height))
        return DataFrame({name: numbers, **self.columns_by_name}, lists=self.lists)

    def to_series(self) -> Series:
        return self[self.columns[0]]

    def item(self) -> Any:
        return next(iter(self.columns_by_name.values()))[0]

    def row(self, place: int) -> tuple[Any, ...]:
        return tuple(values[place] for values in self.columns_by_name.values())

    def to_dicts(self) -> list[dict[str, Any]]:
        names = self.columns
        return [dict(zip(names, self.row(place), strict=True)) for place in range(self.height)]

    def explode(self, name: str) -> DataFrame:
        places, values = [], []
        for place, items in enumerate(self.columns_by_name[name]):
            for item in items or [None]:
                places.append(place)
                values.append(item)
        shown = self.taken(places)
        shown.columns_by_name[name] = values
        return DataFrame(shown.columns_by_name, lists=self.lists - {name})

    def unnest(self, name: str) -> DataFrame:
        found = {n: values for n, values in self.columns_by_name.items() if n != name}
        structs = self.columns_by_name[name]
        shape = structs[0] if structs else _fields(name)
        for part in shape:
            found[part] = [struct[part] for struct in structs]
        return DataFrame(found, lists=self.lists - {name})

    def group_by(self, *keys: Any, maintain_order: bool = False) -> Groups:  # noqa: ARG002
        return Groups(self, [k for one in keys for k in ([one] if isinstance(one, str) else one)])

    def join(
        self,
        other: DataFrame,
        on: Any,
        how: str = "inner",
        *,
        suffix: str = "_right",
        maintain_order: str = "left",  # noqa: ARG002 - order is always kept
    ) -> DataFrame:
        if how not in {"inner", "left"}:
            raise BeyondSmallError
        keys = [on] if isinstance(on, str) else list(on)
        places = other.grouped([other.columns_by_name[key] for key in keys])
        mine: list[int] = []
        theirs: list[int | None] = []
        own = zip(*(self.columns_by_name[key] for key in keys), strict=True)
        for place, key in enumerate(own):
            met: Sequence[int | None] = () if None in key else places.get(key, ())
            for match in met or ((None,) if how == "left" else ()):
                mine.append(place)
                theirs.append(match)
        return self._beside(other, keys, suffix, (mine, theirs))

    def _beside(
        self,
        other: DataFrame,
        keys: list[str],
        suffix: str,
        places: tuple[list[int], list[int | None]],
    ) -> DataFrame:
        found = self.taken(places[0]).columns_by_name
        lists = set(self.lists)
        for name, values in other.columns_by_name.items():
            if name in keys:
                continue
            title = f"{name}{suffix}" if name in found else name
            found[title] = [None if place is None else values[place] for place in places[1]]
            if name in other.lists:
                lists.add(title)
        return DataFrame(found, lists=lists)


class Groups(Bounded):
    """The rows of a table by keys."""

    def __init__(self, table: DataFrame, keys: list[str]) -> None:
        self._table = table
        self._keys = keys

    def first(self) -> DataFrame:
        return self._table.unique(self._keys)

    def agg(self, *given: Any, **titled: Any) -> DataFrame:
        table = self._table
        wanted = [(e.name, e) for e in table._expressions(given)]  # noqa: SLF001 - its own table
        wanted += [(name, column(value)) for name, value in titled.items()]
        groups = table.grouped([table.columns_by_name[key] for key in self._keys])
        found: dict[str, Values] = {
            key: [group[place] for group in groups] for place, key in enumerate(self._keys)
        }
        lists = {key for key in self._keys if key in table.lists}
        for name, expression in wanted:
            parts = [expression.on(table.taken(places)) for places in groups.values()]
            found[name] = [part[0] for part in parts] if expression.one else parts
            if not expression.one or expression.is_list(table):
                lists.add(name)
        return DataFrame(found, lists=lists)


class Many:
    """Several columns at once, and what is done to each of them."""

    def __init__(
        self,
        names: Callable[[DataFrame], Iterable[str]],
        steps: tuple[Callable[[Any], Any], ...] = (),
    ) -> None:
        self._names = names
        self._steps = steps

    def __getattr__(self, word: str) -> Many:
        return Many(self._names, (*self._steps, lambda thing: getattr(thing, word)))

    def __call__(self, *given: Any, **titled: Any) -> Many:
        return Many(self._names, (*self._steps, lambda thing: thing(*given, **titled)))

    def of(self, table: DataFrame) -> Iterator[Expr]:
        """Yield the expression of every column that is meant."""
        for name in self._names(table):
            thing: Any = named(name)
            for step in self._steps:
                thing = step(thing)
            yield thing


@cache
def _fields(name: str) -> list[str]:
    """Return the fields of the structs in a list column of the records."""
    kind = RECORD_SCHEMA.get(name)
    inner = kind.inner if isinstance(kind, pl.List) else kind
    if not isinstance(inner, pl.Struct):
        raise BeyondSmallError
    return [field.name for field in inner.fields]


def _stretched(values: Values, height: int) -> Values:
    if len(values) == height:
        return values
    if len(values) == 1:
        return values * height
    raise BeyondSmallError
