"""Nodes written out as one straight piece of Python, made once and run for every record.

Invariant: what nothing asks for is not computed, what several ask for is computed once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cdp.identity.small.node import CONSTANT, INPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdp.identity.small.node import Node


class Writing:
    """A program that is being written; it takes what is given by name."""

    def __init__(self) -> None:
        self._names: dict[Node, str] = {}
        self._lines: list[str] = []
        self._scope: dict[str, Any] = {}

    def check(self, node: Node, wanted: Any, number: int) -> None:
        """Let the program end with (number, value) where the value is not the wanted one."""
        name, value = self.name(node), self._bound(wanted)
        self._lines.append(f"    if {name} != {value}: return {number}, {name}")

    def finish(self, result: Node) -> Callable[[Mapping[str, Any]], tuple[int, Any]]:
        """Return the program, which gives (-1, result) where no check has ended it."""
        text = self.name(result)
        lines = ["def program(given):", *self._lines, f"    return -1, {text}", ""]
        # The text is made of numbered names and the forms of this package.
        exec("\n".join(lines), self._scope)  # noqa: S102
        made: Callable[[Mapping[str, Any]], tuple[int, Any]] = self._scope["program"]
        return made

    def name(self, node: Node) -> str:
        """Return the name of a value, writing the line that computes it."""
        known = self._names.get(node)
        if known is None:
            text = self._text(node)
            known = text
            if node.form != CONSTANT:
                known = f"v{len(self._names)}"
                self._lines.append(f"    {known} = {text}")
            self._names[node] = known
        return known

    def _text(self, node: Node) -> str:
        if node.form == CONSTANT:
            return self._bound(node.thing)
        if node.form == INPUT:
            return f"given[{node.thing!r}]"
        names = [self.name(part) for part in node.parts]
        called = "" if "{f}" not in node.form else self._bound(node.thing)
        if not (node.by_row and node.is_many):
            return node.form.format(*names, f=called)
        columns = [n for n, part in zip(names, node.parts, strict=True) if part.is_many]
        inside = {name: f"r{place}" for place, name in enumerate(dict.fromkeys(columns))}
        row = node.form.format(
            *(
                inside[name] if part.is_many else name
                for name, part in zip(names, node.parts, strict=True)
            ),
            f=called,
        )
        if len(inside) == 1:
            return f"[{row} for {inside[columns[0]]} in {columns[0]}]"
        return f"[{row} for {', '.join(inside.values())} in zip({', '.join(inside)}, strict=True)]"

    def _bound(self, thing: Any) -> str:
        """Return a name or literal of a constant."""
        if thing is None or isinstance(thing, bool):
            return repr(thing)
        name = f"f{len(self._scope)}"
        self._scope[name] = thing
        return name
