"""A table whose rows are not known yet, with the words of a polars frame.

Invariant: a column is a list of the values of all rows, or a single value that stands in each;
`lists` names the columns that hold lists, which a value alone does not always show. A table that
is known to have one row has single values only.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.identity.records import RECORD_SCHEMA
from cdp.identity.small.beyond import BeyondSmallError, Bounded
from cdp.identity.small.expression import KEPT, ROWS, Expr, column_of, named
from cdp.identity.small.kinds import Kind, ListKind
from cdp.identity.small.many import meant
from cdp.identity.small.node import CALL, NOTHING, Node, column, constant, mapped, whole
from cdp.identity.small.tracing import answer
from cdp.identity.small.values import firsts, only, sort_order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

LIST: Final = ListKind("List")
TEXT: Final = Kind("String")
ONE: Final = constant(1)
NONE: Final = constant(0)
MASKED: Final = "[{0}] if {1} else []"
SEVERAL: Final = 2


class Series(Expr):
    """A column by itself: an expression that needs no table."""

    __slots__ = ()

    def __init__(self, name: str = "", values: Any = None, dtype: Kind | None = None) -> None:
        own = list(values or ())
        node = constant(own[0]) if len(own) == 1 else constant(own, is_many=True)
        is_list = isinstance(dtype, ListKind)
        super().__init__(lambda _: node, name, is_list, count=constant(len(own)))


class DataFrame(Bounded):
    """Columns of one height."""

    __slots__ = ("columns_by_name", "count", "lists")

    def __init__(
        self, columns: Mapping[str, Any] | None = None, schema: Mapping[str, Kind] | None = None
    ) -> None:
        """Make a table of series or lists, or one without rows."""
        known = {
            name: values if isinstance(values, Expr) else Series(name, values)
            for name, values in (columns or dict.fromkeys(schema or {}, ())).items()
        }
        self.columns_by_name = {name: series.on(self) for name, series in known.items()}
        self.lists = {name for name, series in known.items() if series.listed is True}
        self.lists |= {n for n, kind in (schema or {}).items() if isinstance(kind, ListKind)}
        self.count: Node = next((s.count for s in known.values() if s.count), NONE)

    @staticmethod
    def of(columns: dict[str, Node], lists: set[str], count: Node) -> DataFrame:
        """Return the table of these very columns."""
        made = object.__new__(DataFrame)
        made.columns_by_name, made.lists, made.count = columns, lists, count
        return made

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self.columns_by_name)

    @property
    def schema(self) -> dict[str, Kind]:
        """The types of the columns, as far as they matter."""
        return {n: LIST if n in self.lists else TEXT for n in self.columns_by_name}

    @property
    def is_one(self) -> bool:
        """Whether it is known to have one row."""
        return self.count.is_just(1)

    def node(self, name: str) -> Node:
        """Return the values of a column."""
        found = self.columns_by_name.get(name)
        if found is None:
            raise BeyondSmallError
        return found

    def __len__(self) -> int:
        size: int = answer(self.count)
        return size

    def __iter__(self) -> Iterator[Expr]:
        return (self[name] for name in self.columns_by_name)

    def __getitem__(self, name: str) -> Expr:
        node = self.node(name)
        return Expr(lambda _: node, name, name in self.lists, count=self.count)

    def is_empty(self) -> bool:
        return not answer(whole("{0} > 0", (self.count,)))

    def select(self, *given: Any, **titled: Any) -> DataFrame:
        wanted = self.expressions(given, titled)
        found, lists = self._computed(wanted)
        count = ONE if all(e.one for _, e in wanted) else self.count
        return DataFrame.of(found, lists, count)

    def with_columns(self, *given: Any, **titled: Any) -> DataFrame:
        found, lists = self._computed(self.expressions(given, titled))
        kept = self.lists - found.keys()
        return DataFrame.of({**self.columns_by_name, **found}, kept | lists, self.count)

    def _computed(self, wanted: list[tuple[str, Expr]]) -> tuple[dict[str, Node], set[str]]:
        found = {name: self._row(expression.on(self)) for name, expression in wanted}
        return found, {name for name, expression in wanted if expression.is_list(self)}

    def _row(self, node: Node) -> Node:
        return whole("{0}[0]", (node,)) if self.is_one and node.is_many else node

    def expressions(
        self, given: Iterable[Any], titled: Mapping[str, Any]
    ) -> list[tuple[str, Expr]]:
        """Return what arguments mean, with the names the columns get."""
        wanted = [(e.name, e) for e in meant(given, self)]
        return [*wanted, *((name, column_of(value)) for name, value in titled.items())]

    def _taken(self, form: str, places: Node, count: Node) -> DataFrame:
        """Return some rows: columns as the form says, single values as they are."""
        found = {
            name: node if not node.is_many else whole(form, (node, places), is_many=True)
            for name, node in self.columns_by_name.items()
        }
        return DataFrame.of(found, self.lists, count)

    def filter(self, *masks: Any) -> DataFrame:
        table = self
        for mask in masks:
            table = table._filtered(table._row(column_of(mask).on(table)))
        return table

    def _filtered(self, mask: Node) -> DataFrame:
        if self.count.is_just(0):
            return self
        if mask.is_known and not mask.is_many:
            nobody: dict[str, Node] = dict.fromkeys(self.columns_by_name, NOTHING)
            return self if mask.thing else DataFrame.of(nobody, self.lists, NONE)
        if mask.is_many:
            return self._taken(KEPT, mask, whole("{0}.count(True)", (mask,)))
        count = whole("{1} if {0} else 0", (mask, self.count))
        if not self.is_one:
            return self._taken("{0} if {1} else []", mask, count)
        found = {
            name: node if node.is_known else whole(MASKED, (node, mask), is_many=True)
            for name, node in self.columns_by_name.items()
        }
        return DataFrame.of(found, self.lists, count)

    def drop_nulls(self, name: str | None = None) -> DataFrame:
        names = self.columns if name is None else [name]
        return self.filter(*(named(n).is_not_null() for n in names))

    def drop(self, *names: str) -> DataFrame:
        found = {n: v for n, v in self.columns_by_name.items() if n not in names}
        return DataFrame.of(found, self.lists - set(names), self.count)

    def rename(self, names: Mapping[str, str]) -> DataFrame:
        found = {names.get(n, n): v for n, v in self.columns_by_name.items()}
        return DataFrame.of(found, {names.get(n, n) for n in self.lists}, self.count)

    def sort(
        self,
        *by: Any,
        descending: Sequence[bool] = (),
        maintain_order: bool = False,  # noqa: ARG002 - order is always kept
    ) -> DataFrame:
        names = [n for one in by for n in ([one] if isinstance(one, str) else one)]
        downward = list(descending) or [False] * len(names)
        keys = [(self.node(n), d) for n, d in zip(names, downward, strict=True)]
        many = [(node, is_down) for node, is_down in keys if node.is_many]
        if not many:
            return self
        places = ", ".join(f"{{{number}}}" for number in range(len(many)))
        form = f"{{f}}(({places},), {[is_down for _, is_down in many]})"
        return self._taken(ROWS, whole(form, [n for n, _ in many], sort_order), self.count)

    def unique(
        self,
        subset: Any = None,
        *,
        keep: str = "first",
        maintain_order: bool = False,  # noqa: ARG002 - order is always kept
    ) -> DataFrame:
        if keep not in {"first", "any"}:
            raise BeyondSmallError
        if self.is_one:
            return self
        names = [subset] if isinstance(subset, str) else subset or self.columns
        keys = [self.node(name) for name in names]
        keys = [node for node in keys if node.is_many] or [column(keys[0], self.count)]
        places = ", ".join(f"{{{number}}}" for number in range(len(keys)))
        form = f"{{f}}(zip({places}, strict=True))" if len(keys) > 1 else "{f}({0})"
        mask = whole(form, keys, firsts, is_many=True)
        return self._taken(KEPT, mask, whole("{0}.count(True)", (mask,)))

    def with_row_index(self, name: str, offset: int = 0) -> DataFrame:
        numbers = (
            constant(offset)
            if self.is_one
            else whole(f"list(range({offset}, {offset} + {{0}}))", (self.count,), is_many=True)
        )
        return DataFrame.of({name: numbers, **self.columns_by_name}, self.lists, self.count)

    def to_series(self) -> Expr:
        return self[self.columns[0]]

    def item(self) -> Any:
        return self.to_series().item()

    def row(self, place: int) -> Row:
        if place or not self.is_one:
            raise BeyondSmallError
        return Row(list(self.columns_by_name.values()))

    def to_dicts(self) -> Node:
        """Return the rows, each with its values by name."""
        values = self.columns_by_name.values()
        places = ", ".join(f"{{{number}}}" for number in range(len(values)))
        if self.is_one:
            return whole(f"[dict(zip({{f}}, ({places},)))]", list(values), tuple(self.columns))
        rows = f"[dict(zip({{f}}, row)) for row in zip({places}, strict=True)]"
        return whole(rows, [column(v, self.count) for v in values], tuple(self.columns))

    def explode(self, name: str) -> DataFrame:
        lists = column(self.node(name), self.count)
        values = whole("[v for vs in {0} for v in vs or (None,)]", (lists,), is_many=True)
        form = "[v for v, vs in zip({0}, {1}, strict=True) for _ in vs or (None,)]"
        shown = self._taken(form, lists, whole("len({0})", (values,)))
        shown.columns_by_name[name] = values
        return DataFrame.of(shown.columns_by_name, self.lists - {name}, shown.count)

    def unnest(self, name: str) -> DataFrame:
        structs = self.node(name)
        found = {n: node for n, node in self.columns_by_name.items() if n != name}
        found |= {part: mapped("{0}[{f}]", (structs,), part) for part in _fields(name)}
        return DataFrame.of(found, self.lists - {name}, self.count)

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
        """Return both beside one another; they are of one record, so that each row meets each."""
        if how not in {"inner", "left"} or not _is_of_one(self, other, on):
            raise BeyondSmallError
        is_kept = other.is_one or how == "left"
        found = dict(self.columns_by_name)
        lists = set(self.lists)
        for name, node in other.columns_by_name.items():
            if name == on:
                continue
            title = f"{name}{suffix}" if name in found else name
            found[title] = _met(node, other.count) if is_kept and not other.is_one else node
            if name in other.lists:
                lists.add(title)
        return DataFrame.of(found, lists, self.count if is_kept else other.count)


def _is_of_one(table: DataFrame, other: DataFrame, on: str) -> bool:
    """Return whether one side has a single row, of the same key as all rows of the other."""
    if not table.is_one and not other.is_one:
        return False
    keys = [side.node(on) for side in (table, other) if not side.count.is_just(0)]
    return all(key.is_known and key.thing == keys[0].thing for key in keys)


def _met(node: Node, count: Node) -> Node:
    """Return the value of the one row that may be there."""
    if node.is_many:
        return whole(CALL, (node,), only)
    return whole("{0} if {1} else None", (node, count))


class Row:
    """The values of a row; which of them are looked at, the program checks."""

    def __init__(self, values: Sequence[Node]) -> None:
        self._values = values

    def __getitem__(self, place: int) -> Any:
        return answer(self._values[place])


class Groups(Bounded):
    """The rows of a table by keys."""

    def __init__(self, table: DataFrame, keys: list[str]) -> None:
        self._table = table
        self._keys = keys

    def first(self) -> DataFrame:
        return self._table.unique(self._keys)

    def agg(self, *given: Any, **titled: Any) -> DataFrame:
        from cdp.identity.small.parts import grouped  # noqa: PLC0415 - they know each other

        table, keys = self._table, self._keys
        wanted = table.expressions(given, titled)
        lists = {key for key in keys if key in table.lists}
        lists |= {name for name, e in wanted if not e.one or e.is_list(table)}
        known = {key: table.node(key) for key in keys}
        if table.count.is_just(0):
            return DataFrame.of(known | {name: NOTHING for name, _ in wanted}, lists, NONE)
        if not all(node.is_known and not node.is_many for node in known.values()):
            made = grouped(table, keys, wanted)
            return DataFrame.of(made.columns_by_name, lists, made.count)
        # all rows have these very keys: they are one group, if there are any
        for name, e in wanted:
            value = e.on(table) if e.one else whole("{0}", (e.column(table),))
            known[name] = (
                value if table.is_one else whole(MASKED, (value, table.count), is_many=True)
            )
        return DataFrame.of(known, lists, whole("1 if {0} else 0", (table.count,)))


def concat(tables: Iterable[DataFrame], how: str = "vertical") -> DataFrame:
    """Return the tables below or beside one another."""
    parts = list(tables)
    lists = {name for part in parts for name in part.lists}
    if how == "horizontal":
        beside = {n: v for part in parts for n, v in part.columns_by_name.items()}
        return DataFrame.of(beside, lists, parts[0].count)
    if how != "vertical":
        raise BeyondSmallError
    filled = [part for part in parts if not part.count.is_just(0)]
    if len(filled) < SEVERAL:
        only_one = filled[0] if filled else parts[0]
        return DataFrame.of(only_one.columns_by_name, lists, only_one.count)
    return DataFrame.of(
        {name: _below(filled, name) for name in parts[0].columns},
        lists,
        whole(" + ".join(f"{{{n}}}" for n in range(len(filled))), [p.count for p in filled]),
    )


def _below(parts: Sequence[DataFrame], name: str) -> Node:
    nodes = [part.node(name) for part in parts]
    if all(n.is_known and not n.is_many and n.thing == nodes[0].thing for n in nodes):
        return nodes[0]
    lists = [column(part.node(name), part.count) for part in parts]
    form = "[{}]".format(", ".join(f"*{{{number}}}" for number in range(len(lists))))
    return whole(form, lists, is_many=True)


@cache
def _fields(name: str) -> list[str]:
    """Return the fields of the structs in a list column of the records."""
    kind = RECORD_SCHEMA.get(name)
    inner = kind.inner if isinstance(kind, pl.List) else kind
    if not isinstance(inner, pl.Struct):
        raise BeyondSmallError
    return [field.name for field in inner.fields]
