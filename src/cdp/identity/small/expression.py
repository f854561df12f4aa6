"""Expressions over a small table: polars' words, each a plain function of Python lists.

Invariant: where polars gives a value, the same value comes out here; a word, an argument or a type
that is not known here raises `BeyondSmallError`, never another value.
An expression gives one value a row, or a single one, which stands for every row.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cdp.identity.small.beyond import BeyondSmallError
from cdp.identity.small.kinds import Kind, ListKind, loose, strictly
from cdp.identity.small.operators import Operators
from cdp.identity.small.remembering import remembered
from cdp.identity.small.values import (
    aligned,
    firsts,
    listed,
    ordered,
    sort_order,
)
from cdp.identity.small.words import ListWords, StructWords, TextWords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cdp.identity.small.table import DataFrame

Values = list[Any]
Code = tuple[str, tuple["Expr", ...], Any]
"""How a value follows from those of other expressions in the same row (`program`)."""
FEW: Final = 8
"""Values of a set that is worth remembering an expression by."""
Listed = Any
"""Whether values are lists: True or False, the name of a column, or an expression like them."""


class Expr(Operators):
    """What is to be computed of a table."""

    __slots__ = ("code", "compute", "known", "listed", "name", "one")

    def __init__(
        self,
        compute: Callable[[DataFrame], Values],
        name: str = "literal",
        listed: Listed = False,
        one: bool = False,
    ) -> None:
        self.compute = compute
        self.name = name
        self.listed = listed
        self.one = one
        self.known = False
        self.code: Code | None = None

    def on(self, table: DataFrame) -> Values:
        """Return the values for a table; what many read is computed once."""
        if not self.known:
            return self.compute(table)
        found = table.memo.get(id(self))
        if found is None:
            # the memo holds the expression too, so that its number stays its own
            found = table.memo[id(self)] = (self, self.compute(table))
        return found[1]

    def is_list(self, table: DataFrame) -> bool:
        """Return whether the values are lists."""
        listed = self.listed
        if isinstance(listed, Expr):
            return listed.is_list(table)
        return listed in table.lists if isinstance(listed, str) else listed

    def each(
        self,
        change: Callable[[Any], Any],
        listed: Listed = False,
    ) -> Expr:
        """Return the change of every value that is not null."""
        on = self.on

        def changed(table: DataFrame) -> Values:
            return [None if v is None else change(v) for v in on(table)]

        made = Expr(changed, self.name, listed, self.one)
        made.code = ("each", (self,), change)
        return made

    def word(
        self, key: tuple[Any, ...], change: Callable[..., Any], listed: Listed = False
    ) -> Expr:
        """Return the change of every value by `change(value)`, the same expression every time."""
        return remembered((id(self), *key), (self,), lambda: self.each(change, listed))

    def made(
        self,
        key: tuple[Any, ...],
        make: Callable[[], Callable[[Any], Any]],
        listed: Listed = False,
    ) -> Expr:
        """Do as `word` does with a change that is only made the first time."""
        return remembered((id(self), *key), (self,), lambda: self.each(make(), listed))

    def whole(
        self,
        change: Callable[[Values], Values],
        listed: Listed = False,
        *,
        one: bool = False,
    ) -> Expr:
        """Return the change of all values together; `one` says that it is a single value."""
        on = self.on
        made = Expr(lambda table: change(on(table)), self.name, listed, one)
        if one:
            made.code = ("row", (self,), lambda row: change([row[0]])[0])
        return made

    def every(self, change: Callable[[Any], Any]) -> Expr:
        """Return the change of every value, null as well."""
        on = self.on
        made = Expr(lambda table: [change(v) for v in on(table)], self.name, one=self.one)
        made.code = ("row", (self,), lambda row: change(row[0]))
        return made

    def _words(
        self, key: tuple[Any, ...], change: Callable[[Values], Values], *, one: bool = False
    ) -> Expr:
        """Return the change of all values together, the same expression every time."""
        return remembered((id(self), *key), (self,), lambda: self.whole(change, self, one=one))

    def paired(self, other: Any, change: Callable[[Any, Any], Any], key: str = "") -> Expr:
        """Return the change of every two values of which neither is null."""

        def both(one: Any, two: Any) -> Any:
            return None if one is None or two is None else change(one, two)

        return self.zipped(other, both, key)

    def zipped(self, other: Any, change: Callable[[Any, Any], Any], key: str = "") -> Expr:
        """Return the change of every two values; `key` names the change."""
        with_ = literal(other)
        if not key or not with_.known:
            return self._zipped(with_, change)
        return remembered(
            (id(self), key, id(with_)), (self, with_), lambda: self._zipped(with_, change)
        )

    def _zipped(self, other: Expr, change: Callable[[Any, Any], Any]) -> Expr:
        on, with_ = self.on, other.on

        def changed(table: DataFrame) -> Values:
            return [change(one, two) for one, two in aligned(on(table), with_(table))]

        made = Expr(changed, self.name, one=self.one and other.one)
        made.code = ("both", (self, other), change)
        return made

    def __iter__(self) -> Iterator[Any]:
        return iter(self.to_list())

    def __len__(self) -> int:
        return len(self.to_list())

    def to_list(self) -> Values:
        """Return the values of a series, or of what was made of series alone."""
        return self.on(nothing())

    def to_numpy(self) -> np.ndarray:
        """Return the values of a series as an array."""
        values = self.to_list()
        return np.array(values) if values else np.zeros(0, bool)

    def is_empty(self) -> bool:
        return not self.to_list()

    def item(self) -> Any:
        return self.to_list()[0]

    def to_frame(self, name: str | None = None) -> DataFrame:
        from cdp.identity.small.table import DataFrame  # noqa: PLC0415 - they know each other

        title = name or self.name
        return DataFrame({title: self.to_list()}, lists={title} if self.listed is True else ())

    @property
    def dtype(self) -> Kind:
        """The type, as far as it matters."""
        return ListKind("List") if self.listed is True else Kind("String")

    def alias(self, name: str) -> Expr:
        return remembered(
            (id(self), "alias", name),
            (self,),
            lambda: self._titled(name),
        )

    def _titled(self, name: str) -> Expr:
        made = Expr(self.on, name, self.listed, self.one)
        made.code = ("same", (self,), None)
        return made

    def is_null(self) -> Expr:
        return remembered((id(self), "is_null"), (self,), lambda: self._asked("is_null"))

    def is_not_null(self) -> Expr:
        return remembered((id(self), "is_not_null"), (self,), lambda: self._asked("is_not_null"))

    def _asked(self, question: str) -> Expr:
        is_null = question == "is_null"
        made = self.whole(lambda values: [(v is None) is is_null for v in values], one=self.one)
        made.code = (question, (self,), None)
        return made

    def fill_null(self, value: Any) -> Expr:
        filled = self.zipped(value, lambda own, other: other if own is None else own, "filled")
        filled.listed = True if isinstance(value, list) else self
        return filled

    def is_in(self, values: Iterable[Any]) -> Expr:
        known = frozenset(listed(values))
        return remembered(
            (id(self), "is_in", known),
            (self,) if len(known) <= FEW else (_constant(None, is_list=False),),
            lambda: self.each(lambda value: value in known),
        )

    def cast(self, kind: Kind, *, strict: bool = True) -> Expr:
        return self.each(strictly(kind) if strict else loose(kind), self)

    def replace(self, old: Any, new: Any = None) -> Expr:
        known = old if new is None else dict(zip(listed(old), listed(new), strict=True))
        on = self.on
        return Expr(lambda table: [known.get(v, v) for v in on(table)], self.name)

    def replace_strict(
        self,
        mapping: Any,
        *,
        default: Any = None,
        return_dtype: Any = None,  # noqa: ARG002 - types follow from values
    ) -> Expr:
        if isinstance(default, Expr):
            return self.zipped(default, mapping.get)
        on = self.on
        return Expr(lambda table: [mapping.get(v, default) for v in on(table)], self.name)

    def filter(self, mask: Any) -> Expr:
        chosen = column(mask)
        return remembered(
            (id(self), "filter", id(chosen)), (self, chosen), lambda: self._filtered(chosen)
        )

    def _filtered(self, mask: Expr) -> Expr:
        on, kept = self.on, mask.on
        return Expr(
            lambda table: [v for v, is_kept in aligned(on(table), kept(table)) if is_kept],
            self.name,
            self,
        )

    def first(self) -> Expr:
        return self._words(("first",), lambda values: values[:1] or [None], one=True)

    def head(self, count: int = 10) -> Expr:
        return self.whole(lambda values: values[:count], self)

    def sum(self) -> Expr:
        return self.whole(lambda values: [sum(v for v in values if v is not None)], one=True)

    def any(self) -> Expr:
        return self.whole(lambda values: [any(v for v in values if v is not None)], one=True)

    def max(self) -> Expr:
        return self.whole(
            lambda values: [max((v for v in values if v is not None), default=None)], one=True
        )

    def unique(self, *, maintain_order: bool = False) -> Expr:  # noqa: ARG002 - always kept
        return self._words(("unique",), lambda values: list(dict.fromkeys(values)))

    def sort(self, *, descending: bool = False) -> Expr:
        return self._words(
            ("sort", descending), lambda values: ordered(values, descending=descending)
        )

    def sort_by(
        self,
        *by: Any,
        descending: Sequence[bool] = (),
        nulls_last: bool = False,
    ) -> Expr:
        on, keys = self.on, [column(key) for key in by]

        def arranged(table: DataFrame) -> Values:
            values = on(table)
            order = sort_order([k.on(table) for k in keys], descending, nulls_last=nulls_last)
            return [values[place] for place in order]

        return Expr(arranged, self.name, self)

    def drop_nulls(self) -> Expr:
        return self._words(
            ("drop_nulls",), lambda values: [value for value in values if value is not None]
        )

    def is_first_distinct(self) -> Expr:
        return self.whole(firsts)

    def over(self, *keys: Any) -> Expr:
        on, by = self.on, [column(key) for key in keys]

        def windowed(table: DataFrame) -> Values:
            found: Values = [None] * table.height
            for places in table.grouped([key.on(table) for key in by]).values():
                part = on(table.taken(places))
                for turn, place in enumerate(places):
                    found[place] = part[0 if len(part) == 1 else turn]
            return found

        return Expr(windowed, self.name, self)

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


def column(what: Any) -> Expr:
    """Return an expression: a text names a column, anything else stands for itself."""
    if type(what) is str:
        return named(what)
    return what if isinstance(what, Expr) else literal(what)


@cache
def nothing() -> DataFrame:
    """Return a table without columns, for series, which need none."""
    from cdp.identity.small.table import DataFrame  # noqa: PLC0415 - they know each other

    return DataFrame()


class Column(Expr):
    """A column of the table."""

    __slots__ = ()

    def on(self, table: DataFrame) -> Values:
        return table.columns_by_name[self.name]


@lru_cache(1024)
def named(name: str) -> Expr:
    """Return the column of a name."""
    made = Column(_absent, name, name)
    made.known = True
    return made


def _absent(_: DataFrame) -> Values:
    raise BeyondSmallError


def literal(value: Any, dtype: Kind | None = None) -> Expr:
    """Return a value that stands for every row; a series stands for itself."""
    if isinstance(value, Expr):
        return value
    is_list = isinstance(value, list) or isinstance(dtype, ListKind)
    if value == []:
        return _known_constant("empty list", None, is_list)
    if value is None or isinstance(value, str | bool | int):
        return _known_constant(type(value).__name__, value, is_list)
    return _constant(value, is_list=is_list)


@lru_cache(1024)
def _known_constant(kind: str, value: Any, is_list: bool) -> Expr:
    made = _constant([] if kind == "empty list" else value, is_list=is_list)
    made.known = True
    return made


def _constant(value: Any, *, is_list: bool) -> Expr:
    made = Expr(lambda _: [value], "literal", is_list, one=True)
    made.code = ("constant", (), value)
    return made
