"""What the modules of normalisation import as polars, when they read a single record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from cdp.identity.small.beyond import BeyondSmallError
from cdp.identity.small.expression import Expr, column_of, literal, named
from cdp.identity.small.kinds import Kind, ListKind
from cdp.identity.small.many import Many, meant
from cdp.identity.small.node import NULL, Node, constant, mapped, whole
from cdp.identity.small.operators import AND, OR
from cdp.identity.small.table import DataFrame, Series, concat
from cdp.identity.small.words import ELEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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


def element() -> Expr:
    """Return an item of the list that is looked at."""
    return named(ELEMENT)


def lit(value: Any, dtype: Kind | None = None) -> Expr:
    """Return a constant."""
    return literal(value, dtype)


def len() -> Expr:
    """Return the number of rows."""
    return Expr(lambda table: table.count, "len", one=True)


def int_range(last: Expr) -> Expr:
    """Return the numbers up to the last, without it."""

    def numbers(table: DataFrame) -> Node:
        if table.is_one:
            return constant(0)
        return whole("list(range({0}))", (last.on(table),), is_many=True)

    return Expr(numbers, "literal")


class _When:
    """Choices in their order; what none of them takes is null."""

    def __init__(self, before: tuple[tuple[Expr, Expr], ...], mask: Expr) -> None:
        self._before = before
        self._mask = mask

    def then(self, value: Any) -> _Then:
        return _Then((*self._before, (self._mask, column_of(value))))


class _Then(Expr):
    """Choices so far, null otherwise."""

    __slots__ = ("_choices",)

    def __init__(self, choices: tuple[tuple[Expr, Expr], ...]) -> None:
        self._choices = choices
        made = _chosen(choices, literal(None))
        super().__init__(made.on, made.name, made.listed, one=made.one)

    def when(self, mask: Any) -> _When:
        return _When(self._choices, column_of(mask))

    def otherwise(self, value: Any) -> Expr:
        return _chosen(self._choices, column_of(value))


def when(mask: Any) -> _When:
    """Begin a choice."""
    return _When((), column_of(mask))


def _chosen(choices: tuple[tuple[Expr, Expr], ...], otherwise: Expr) -> Expr:
    found = otherwise
    for mask, value in reversed(choices):
        found = _either(mask, value, found)
    return found


def _either(mask: Expr, value: Expr, other: Expr) -> Expr:
    def on(table: DataFrame) -> Node:
        is_so = mask.on(table)
        if is_so.is_known and not is_so.is_many:
            return (value if is_so.thing else other).on(table)
        return mapped("{1} if {0} else {2}", (is_so, value.on(table), other.on(table)))

    return Expr(on, value.name, value, one=mask.one and value.one and other.one)


def _across(given: tuple[Any, ...], make: Callable[[Sequence[Node]], Node], name: str) -> Expr:
    """Return an expression of what all the arguments mean in a table."""
    kept = _kept(given)
    return Expr(lambda table: make([part.on(table) for part in meant(kept, table)]), name)


def _kept(given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments with what can be read only once read."""
    is_many = [hasattr(one, "__iter__") and not isinstance(one, str | Expr | Many) for one in given]
    return tuple(tuple(one) if many else one for one, many in zip(given, is_many, strict=True))


def _tuple(parts: Sequence[Node]) -> str:
    return "({})".format("".join(f"{{{place}}}, " for place in range(_size(list(parts)))))


def coalesce(*given: Any) -> Expr:
    """Return the first value that is not null."""
    kept = _kept(given)
    first = next(iter(kept[0])) if isinstance(kept[0], tuple) else kept[0]
    made = _across(kept, _first_known, column_of(first).name)
    made.listed = column_of(first)
    return made


def _first_known(parts: Sequence[Node]) -> Node:
    found = NULL
    for part in reversed(parts):
        if part.is_known and not part.is_many:
            found = found if part.thing is None else part
        elif found.is_just(None):
            found = part
        else:
            found = mapped("{1} if {0} is None else {0}", (part, found))
    return found


def any_horizontal(*given: Any) -> Expr:
    """Return whether any is true."""
    return _across(given, lambda parts: _folded(OR, parts, constant(False)), "any")  # noqa: FBT003


def all_horizontal(*given: Any) -> Expr:
    """Return whether all are true."""
    return _across(given, lambda parts: _folded(AND, parts, constant(True)), "all")  # noqa: FBT003


def _folded(form: str, parts: Sequence[Node], start: Node) -> Node:
    found = start
    for part in parts:
        found = mapped(form, (found, part))
    return found


def sum_horizontal(*given: Any) -> Expr:
    """Return the sum, null counting nothing."""
    return _across(
        given,
        lambda parts: mapped(f"sum(v for v in {_tuple(parts)} if v is not None)", parts),
        "sum",
    )


def max_horizontal(*given: Any) -> Expr:
    """Return the largest value that is not null."""
    return _across(given, lambda parts: _extreme("max", parts), "max")


def min_horizontal(*given: Any) -> Expr:
    """Return the smallest value that is not null."""
    return _across(given, lambda parts: _extreme("min", parts), "min")


def _extreme(which: str, parts: Sequence[Node]) -> Node:
    known = f"(v for v in {_tuple(parts)} if v is not None)"
    return mapped(f"{which}({known}, default=None)", parts)


def concat_str(*given: Any, separator: str = "", ignore_nulls: bool = False) -> Expr:
    """Return the texts joined; null where one is, unless nulls are passed over."""

    def joined(parts: Sequence[Node]) -> Node:
        row = _tuple(parts)
        text = f"{{f}}.join(v for v in {row} if v is not None)"
        return mapped(
            text if ignore_nulls else f"None if None in {row} else {text}", parts, separator
        )

    return _across(given, joined, "concat_str")


def concat_list(*given: Any) -> Expr:
    """Return one list of all values; null where a list is."""
    flat = [
        column_of(part)
        for one in _kept(given)
        for part in (one if isinstance(one, tuple) else (one,))
    ]

    def joined(table: DataFrame) -> Node:
        parts = [part.on(table) for part in flat]
        lists = [f"{{{n}}}" for n, part in enumerate(flat) if part.is_list(table)]
        items = ", ".join(
            f"*{{{n}}}" if part.is_list(table) else f"{{{n}}}" for n, part in enumerate(flat)
        )
        unknown = " or ".join(f"{one} is None" for one in lists) or "False"
        return mapped(f"None if {unknown} else [{items}]", parts)

    return Expr(joined, flat[0].name, listed=True)


def struct(*given: Any) -> Expr:
    """Return the values under their names."""
    kept = _kept(given)

    def on(table: DataFrame) -> Node:
        parts = list(meant(kept, table))
        nodes = [part.on(table) for part in parts]
        names = tuple(part.name for part in parts)
        return mapped(f"dict(zip({{f}}, {_tuple(nodes)}))", nodes, names)

    return Expr(on, "struct")


def __getattr__(word: str) -> NoReturn:
    raise BeyondSmallError(word)


__all__ = ["DataFrame", "Series", "concat"]
