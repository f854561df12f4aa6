"""Many expressions of one row as one straight piece of Python, made once and run for every record.

Invariant: it gives what the expressions give one by one; a value that several of them need is
computed once. Only expressions that read their own row alone can be part of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cdp.identity.small.expression import Column, Expr

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Program = Callable[[Mapping[str, list[Any]]], list[Any]]

FORMS: Final = {
    "same": "{0}",
    "each": "None if {0} is None else {f}({0})",
    "both": "{f}({0}, {1})",
    "either": "{1} if {0} else {2}",
    "is_null": "{0} is None",
    "is_not_null": "{0} is not None",
}
"""How a value is written, from the names of those it needs and of the function."""
MOST: Final = 5_000
_PROGRAMS: dict[tuple[int, ...], tuple[Sequence[Expr], Program | None]] = {}


def program_of(expressions: Sequence[Expr]) -> Program | None:
    """Return the program that gives a row's values, None where some expression forbids one."""
    for expression in expressions:
        if not expression.known:
            return None
    key = tuple(map(id, expressions))
    found = _PROGRAMS.get(key)
    if found is None:
        if len(_PROGRAMS) > MOST:
            _PROGRAMS.clear()
        # the expressions are kept with it, so that their numbers stay their own
        found = _PROGRAMS[key] = (expressions, _Writing().program(expressions))
    return found[1]


class _OutOfRowError(Exception):
    """An expression reads more than its own row."""


class _Writing:
    """A program that is being written."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._lines: list[str] = []
        self._scope: dict[str, Any] = {}

    def program(self, expressions: Sequence[Expr]) -> Program | None:
        try:
            results = ", ".join(self._name(expression) for expression in expressions)
        except _OutOfRowError:
            return None
        lines = ["def program(columns):", *self._lines, f"    return [{results}]", ""]
        # The text is made of numbered names and the forms above.
        exec("\n".join(lines), self._scope)  # noqa: S102
        made: Program = self._scope["program"]
        return made

    def _name(self, expression: Expr) -> str:
        """Return the name of an expression's value, writing the line that computes it."""
        known = self._names.get(id(expression))
        if known is not None:
            return known
        text = self._text(expression)
        name = self._names[id(expression)] = f"v{len(self._names)}"
        self._lines.append(f"    {name} = {text}")
        return name

    def _text(self, expression: Expr) -> str:
        if isinstance(expression, Column):
            return f"columns[{expression.name!r}][0]"
        if expression.code is None:
            raise _OutOfRowError
        form, parts, function = expression.code
        names = [self._name(part) for part in parts]
        if form == "constant":
            return self._bound(function)
        called = "" if function is None else self._bound(function)
        if form == "row":
            return f"{called}(({', '.join(names)},))"
        return FORMS[form].format(*names, f=called)

    def _bound(self, thing: Any) -> str:
        name = f"f{len(self._scope)}"
        self._scope[name] = thing
        return name
