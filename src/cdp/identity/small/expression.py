"""Expressions over a small table: polars' words, each a node that follows from others.

Invariant: where polars gives a value, the same value comes out here; a word, an argument or a type
that is not known here raises `BeyondSmallError`, never another value.
An expression gives one value a row, or a single one, which stands for every row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.identity.small.beyond import BeyondSmallError, Bounded
from cdp.identity.small.kinds import Kind, ListKind, loose, strictly
from cdp.identity.small.node import BOTH, CALL, EACH, Node, column, constant, mapped, whole
from cdp.identity.small.operators import Operators
from cdp.identity.small.tracing import answer
from cdp.identity.small.values import falling, firsts, ordered, sort_order
from cdp.identity.small.words import ListWords, StructWords, TextWords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cdp.identity.small.table import DataFrame

ROWS = "[{0}[place] for place in {1}]"
KEPT = "[value for value, is_kept in zip({0}, {1}, strict=True) if is_kept]"
Listed = Any
"""Whether values are lists: True or False, the name of a column, or an expression like them."""


NOWHERE: Any = Bounded()
"""The table of a series, which needs none."""


class Expr(Operators):
    """What is to be computed of a table.

    Attributes:
        on: gives the node of the values for a table.
        name: what the column is called that it becomes.
        listed: whether its values are lists.
        one: whether it is a single value by its nature.
        count: the number of rows, of a series and what is made of it alone.
    """

    __slots__ = ("count", "listed", "name", "on", "one")

    def __init__(
        self,
        on: Callable[[DataFrame], Node],
        name: str = "literal",
        listed: Listed = False,
        *,
        one: bool = False,
        count: Node | None = None,
    ) -> None:
        self.on = on
        self.name = name
        self.listed = listed
        self.one = one
        self.count = count

    def is_list(self, table: DataFrame) -> bool:
        """Return whether the values are lists."""
        listed = self.listed
        if isinstance(listed, Expr):
            return listed.is_list(table)
        return listed in table.lists if isinstance(listed, str) else listed

    def column(self, table: DataFrame) -> Node:
        """Return the values of all rows as a list."""
        node = self.on(table)
        return node if node.is_many else column(node, self.count or table.count)

    def each(self, change: Callable[[Any], Any], listed: Listed = False) -> Expr:
        """Return the change of every value that is not null."""
        return self.formed(EACH, change, listed)

    def every(self, change: Callable[[Any], Any]) -> Expr:
        """Return the change of every value, null as well."""
        return self.formed(CALL, change)

    def formed(self, form: str, thing: Any = None, listed: Listed = False) -> Expr:
        """Return a piece of Python of every value."""
        on = self.on
        return Expr(
            lambda table: mapped(form, (on(table),), thing),
            self.name,
            listed,
            one=self.one,
            count=self.count,
        )

    def whole(
        self, change: Callable[[list[Any]], Any], listed: Listed = False, *, one: bool = False
    ) -> Expr:
        """Return the change of all values together; `one` says that it is a single value."""
        return Expr(
            lambda table: whole(CALL, (self.column(table),), change, is_many=not one),
            self.name,
            listed,
            one=one,
            count=constant(1) if one else None,
        )

    def with_(self, form: str, *others: Any, thing: Any = None, listed: Listed = False) -> Expr:
        """Return a piece of Python of every value and those of others beside it."""
        parts = [self, *map(literal, others)]
        return Expr(
            lambda table: mapped(form, [part.on(table) for part in parts], thing),
            self.name,
            listed,
            one=all(part.one for part in parts),
            count=self.count,
        )

    def paired(self, other: Any, change: Callable[[Any, Any], Any]) -> Expr:
        """Return the change of every two values of which neither is null."""
        return self.with_(BOTH, other, thing=change)

    def __iter__(self) -> Iterator[Any]:
        """Yield the values of a series; the program checks them."""
        return iter(answer(whole("tuple({0})", (self.column(NOWHERE),))))

    def __len__(self) -> int:
        if self.count is None:
            raise BeyondSmallError
        size: int = answer(self.count)
        return size

    def to_list(self) -> Expr:
        return self

    def is_empty(self) -> bool:
        return len(self) == 0

    def item(self) -> Any:
        return answer(self.on(NOWHERE))

    def to_frame(self, name: str | None = None) -> DataFrame:
        from cdp.identity.small.table import DataFrame  # noqa: PLC0415 - they know each other

        if self.count is None:
            raise BeyondSmallError
        title = name or self.name
        lists = {title} if self.listed is True else set()
        return DataFrame.of({title: self.on(NOWHERE)}, lists, self.count)

    @property
    def dtype(self) -> Kind:
        """The type, as far as it matters."""
        return ListKind("List") if self.listed is True else Kind("String")

    def alias(self, name: str) -> Expr:
        return Expr(self.on, name, self.listed, one=self.one, count=self.count)

    def is_null(self) -> Expr:
        return self.formed("{0} is None")

    def is_not_null(self) -> Expr:
        return self.formed("{0} is not None")

    def fill_null(self, value: Any) -> Expr:
        listed = True if isinstance(value, list) else self
        return self.with_("{1} if {0} is None else {0}", value, listed=listed)

    def is_in(self, values: Iterable[Any]) -> Expr:
        if not isinstance(values, Expr):
            return self.formed("None if {0} is None else {0} in {f}", frozenset(values))
        among = values.column(NOWHERE)
        on = self.on

        def found(table: DataFrame) -> Node:
            own = on(table)
            other = values.on(NOWHERE)
            if own.is_known and other.is_known and not other.is_many:
                return constant(own.thing == other.thing and not values.is_empty())
            return mapped("None if {0} is None else {0} in {1}", (own, _single(among)))

        return Expr(found, self.name, count=self.count)

    def cast(self, kind: Kind, *, strict: bool = True) -> Expr:
        return self.each(strictly(kind) if strict else loose(kind), self)

    def replace(self, old: dict[Any, Any]) -> Expr:
        return self.formed("{f}({0}, {0})", old.get)

    def replace_strict(
        self,
        mapping: dict[Any, Any],
        *,
        default: Any = None,
        return_dtype: Any = None,  # noqa: ARG002 - types follow from values
    ) -> Expr:
        if isinstance(default, Expr):
            return self.with_("{f}({0}, {1})", default, thing=mapping.get)
        return self.formed("{f}({0})", mapping.get)

    def filter(self, mask: Any) -> Expr:
        chosen = column_of(mask)
        return Expr(
            lambda table: whole(KEPT, (self.column(table), chosen.column(table)), is_many=True),
            self.name,
            self,
        )

    def first(self) -> Expr:
        return self.formed_whole("{0}[0] if {0} else None")

    def formed_whole(self, form: str) -> Expr:
        """Return a single value of all of them."""
        return Expr(
            lambda table: whole(form, (self.column(table),)),
            self.name,
            one=True,
            count=constant(1),
        )

    def head(self, count: int = 10) -> Expr:
        return self.whole(_heading(count), self)

    def sum(self) -> Expr:
        return self.formed_whole("sum(v for v in {0} if v is not None)")

    def any(self) -> Expr:
        return self.formed_whole("any({0})")

    def max(self) -> Expr:
        return self.formed_whole("max((v for v in {0} if v is not None), default=None)")

    def unique(self, *, maintain_order: bool = False) -> Expr:  # noqa: ARG002 - always kept
        made = self.whole(_distinct, self)
        on = self.on

        def distinct(table: DataFrame) -> Node:
            node = on(table)
            return made.on(table) if node.is_many else node

        return Expr(distinct, self.name, self, count=self.count)

    def sort(self, *, descending: bool = False) -> Expr:
        made = self.whole(falling if descending else ordered, self)
        made.count = self.count
        return made

    def sort_by(
        self,
        *by: Any,
        descending: Sequence[bool] = (),
        nulls_last: bool = False,
    ) -> Expr:
        keys = [column_of(key) for key in by]
        downward = tuple(descending) or (False,) * len(keys)

        def arranged(table: DataFrame) -> Node:
            order = whole(
                f"{{f}}(({''.join(f'{{{n}}}, ' for n in range(len(keys)))}), {downward}, "
                f"nulls_last={nulls_last})",
                [key.column(table) for key in keys],
                sort_order,
            )
            return whole(ROWS, (self.column(table), order), is_many=True)

        return Expr(arranged, self.name, self)

    def drop_nulls(self) -> Expr:
        return self.whole(_known, self)

    def is_first_distinct(self) -> Expr:
        made = self.whole(firsts)
        made.count = self.count
        return made

    def over(self, *keys: Any) -> Expr:
        from cdp.identity.small.parts import over  # noqa: PLC0415 - they know each other

        return Expr(lambda table: over(self, keys, table), self.name, self)

    @property
    def str(self) -> TextWords:
        """Words for texts."""
        return TextWords(self)

    @property
    def list(self) -> ListWords:
        """Words for lists."""
        return ListWords(self)

    @property
    def struct(self) -> StructWords:
        """Words for structs."""
        return StructWords(self)


def _single(node: Node) -> Node:
    """Return a column as one value, to stand beside every row."""
    return whole("{0}", (node,))


def _distinct(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _known(values: list[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _heading(count: int) -> Callable[[list[Any]], list[Any]]:
    return lambda values: values[:count]


def column_of(what: Any) -> Expr:
    """Return an expression: a text names a column, anything else stands for itself."""
    return named(what) if isinstance(what, str) else literal(what)


def named(name: str) -> Expr:
    """Return the column of a name."""
    return Expr(lambda table: table.node(name), name, name)


def literal(value: Any, dtype: Kind | None = None) -> Expr:
    """Return a value that stands for every row; a series stands for itself."""
    if isinstance(value, Expr):
        return value
    known = constant(value)
    is_list = isinstance(value, list) or isinstance(dtype, ListKind)
    return Expr(lambda _: known, "literal", is_list, one=True)
