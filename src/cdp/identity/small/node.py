"""Values that are not known yet: what follows from what, to be written out as one program.

Invariant: a node stands for a single value, or for the list of the values of a column whose rows
are not known. What is known beforehand is computed at once and stands as a constant, and of what
follows alike from the same there is one node.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

INPUT: Final = "input"
CONSTANT: Final = "constant"
EACH: Final = "None if {0} is None else {f}({0})"
BOTH: Final = "None if {0} is None or {1} is None else {f}({0}, {1})"
CALL: Final = "{f}({0})"


class Node:
    """A value and how it follows from others: a piece of Python with places for them.

    Attributes:
        form: the piece of Python; `{0}` is the first part, `{f}` the thing.
        parts: the nodes it follows from.
        thing: what the piece calls or names.
        by_row: whether the piece is for each row of parts that are columns.
        is_many: whether it is a column, not a single value.
    """

    __slots__ = ("by_row", "form", "is_many", "parts", "thing")

    def __init__(
        self, form: str, parts: tuple[Node, ...], thing: Any, *, by_row: bool, is_many: bool
    ) -> None:
        self.form = form
        self.parts = parts
        self.thing = thing
        self.by_row = by_row
        self.is_many = is_many

    @property
    def is_known(self) -> bool:
        """Whether the value is known."""
        return self.form == CONSTANT

    def is_just(self, value: Any) -> bool:
        """Return whether the value is known to be this: None, True, False or a small number."""
        return self.form == CONSTANT and self.thing is value


@lru_cache(50_000)
def _node(
    form: str, parts: tuple[Node, ...], thing: Any, *, by_row: bool = False, is_many: bool = False
) -> Node:
    return Node(form, parts, thing, by_row=by_row, is_many=is_many)


@lru_cache(10_000)
def _known(_: str, value: Any) -> Node:
    return Node(CONSTANT, (), value, by_row=False, is_many=False)


def constant(value: Any, *, is_many: bool = False) -> Node:
    """Return a known value, or the known values of a column."""
    if not is_many and (value is None or isinstance(value, str | int)):
        return _known(str(type(value)), value)
    return Node(CONSTANT, (), value, by_row=False, is_many=is_many)


NULL: Final = constant(None)
NOTHING: Final = constant([], is_many=True)


def given(name: str, *, is_many: bool = False) -> Node:
    """Return what is handed to the program under a name."""
    return _node(INPUT, (), name, is_many=is_many)


def mapped(form: str, parts: Sequence[Node], function: Any = None) -> Node:
    """Return the piece of Python applied row by row; a single value stands beside every row."""
    if _is_null(form, parts):
        return NULL
    is_many = any(part.is_many for part in parts)
    return _folded(_node(form, tuple(parts), function, by_row=True, is_many=is_many))


def _is_null(form: str, parts: Sequence[Node]) -> bool:
    strict = 2 if form.startswith(BOTH[:35]) else form.startswith(EACH[:19])
    return any(part.is_just(None) for part in parts[:strict])


def whole(form: str, parts: Sequence[Node], function: Any = None, *, is_many: bool = False) -> Node:
    """Return the piece of Python applied to the values as they are."""
    return _folded(_node(form, tuple(parts), function, is_many=is_many))


def column(node: Node, count: Node) -> Node:
    """Return the values of all rows as a list, a single value repeated."""
    if node.is_many:
        return node
    form = "[{0}]" if count.is_known and count.thing == 1 else "[{0}] * {1}"
    return whole(form, (node, count), is_many=True)


def _folded(node: Node) -> Node:
    if not all(part.form == CONSTANT for part in node.parts):
        return node
    return constant(computed(node, [part.thing for part in node.parts]), is_many=node.is_many)


def computed(node: Node, values: Sequence[Any]) -> Any:
    """Return the value of a node from the values of its parts."""
    compute = _compiled(node.form, len(values))
    if not (node.by_row and node.is_many):
        return compute(node.thing, *values)
    beside = list(zip(values, node.parts, strict=True))
    height = next(len(value) for value, part in beside if part.is_many)
    rows = zip(*(v if part.is_many else [v] * height for v, part in beside), strict=True)
    return [compute(node.thing, *row) for row in rows]


@cache
def _compiled(form: str, size: int) -> Callable[..., Any]:
    names = [f"v{number}" for number in range(size)]
    text = f"lambda {', '.join(['f', *names])}: {form.format(*names, f='f')}"
    # The forms are literals of this package.
    made: Callable[..., Any] = eval(text)  # noqa: S307
    return made
