"""What is computed of a part of a table at a time: of the items of a list, of a group's rows.

Invariant: the part is a table like any other; what is asked of it is written out as a program too.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from cdp.identity.small.expression import Expr, column_of
from cdp.identity.small.node import Node, column, given, whole
from cdp.identity.small.program import Writing
from cdp.identity.small.table import DataFrame
from cdp.identity.small.values import aggregated, windowed
from cdp.identity.small.words import ELEMENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def of_items(change: Expr) -> Callable[[list[Any]], list[Any]]:
    """Return a function of lists that does to their items what the expression says."""
    items = given(ELEMENT, is_many=True)
    table = DataFrame.of({ELEMENT: items}, set(), whole("len({0})", (items,)))
    return _of_list(change.column(table))


@cache
def _of_list(node: Node) -> Callable[[list[Any]], list[Any]]:
    run = Writing().finish(node)

    def changed(items: list[Any]) -> list[Any]:
        found: list[Any] = run({ELEMENT: items})[1]
        return found

    return changed


def _part(table: DataFrame) -> DataFrame:
    """Return a table of some rows of this one, whichever they are."""
    inputs = {name: given(name, is_many=True) for name in table.columns}
    some = next(iter(inputs.values()))
    return DataFrame.of(dict(inputs), table.lists, whole("len({0})", (some,)))


def _by_group(table: DataFrame, keys: Iterable[Node], results: Sequence[Node], run: Any) -> Node:
    """Return what `run(keys, columns, change)` gives, the columns being all of the table."""
    names = table.columns
    own = [column(table.node(name), table.count) for name in names]
    by = [column(key, table.count) for key in keys]
    change = Writing().finish(whole(_tuple(0, len(results)), results))
    places = _tuple(0, len(by)), _tuple(len(by), len(own))
    return whole(
        f"{{f}}({places[0]}, {places[1]})",
        [*by, *own],
        lambda keyed, values: run(
            keyed, dict(zip(names, values, strict=True)), lambda part: change(part)[1]
        ),
        is_many=True,
    )


def _tuple(start: int, size: int) -> str:
    return f"({''.join(f'{{{start + number}}}, ' for number in range(size))})"


def over(expression: Expr, keys: Sequence[Any], table: DataFrame) -> Node:
    """Return the values of an expression within the groups of the keys, at every row."""
    part = _part(table)
    by = [column_of(key).on(table) for key in keys]
    return _by_group(
        table,
        by,
        [expression.column(part)],
        lambda keyed, values, change: windowed(keyed, values, lambda part: change(part)[0]),
    )


def grouped(table: DataFrame, keys: list[str], wanted: list[tuple[str, Expr]]) -> DataFrame:
    """Return a row a group, in their order: the keys, then a value or a list of each."""
    part = _part(table)
    found = [e.on(part) if e.one else e.column(part) for _, e in wanted]
    rows = _by_group(table, map(table.node, keys), found, aggregated)
    names = [*keys, *(name for name, _ in wanted)]
    columns = {
        name: whole(f"[row[{place}] for row in {{0}}]", (rows,), is_many=True)
        for place, name in enumerate(names)
    }
    columns |= {key: table.node(key) for key in keys if table.node(key).is_known}
    return DataFrame.of(columns, set(), whole("len({0})", (rows,)))
