"""A function of small tables, followed once and then run as a program.

The text of the rules is followed with values that are not known yet. Where the text itself asks
for a value (is there a row, which party is it) the record at hand gives the answer, and the
program that is written checks it: a record with another answer is followed anew.

Invariant: the program gives what following the text with this record would give.
"""

from __future__ import annotations

from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from cdp.identity.small.node import CONSTANT, INPUT, computed
from cdp.identity.small.program import Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdp.identity.small.node import Node

MOST: Final = 500
"""Programs that are remembered; when there are more, all are forgotten together."""
DONE: Final = -1


class _Following:
    """One record on its way through the text."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self._values: dict[Node, Any] = {}
        self.answers: dict[Node, Any] = {}

    def answer(self, node: Node) -> Any:
        """Return the value that this record gives, and remember that it was asked for."""
        if node not in self.answers:
            self.answers[node] = self._value(node)
        return self.answers[node]

    def _value(self, node: Node) -> Any:
        if node.form == CONSTANT:
            return node.thing
        if node.form == INPUT:
            return self._given[node.thing]
        if node not in self._values:
            self._values[node] = computed(node, [self._value(part) for part in node.parts])
        return self._values[node]


_FOLLOWED: ContextVar[_Following] = ContextVar("followed")


def answer(node: Node) -> Any:
    """Return the value of a node where the text must know it, None, a text, number or tuple."""
    return node.thing if node.form == CONSTANT else _FOLLOWED.get().answer(node)


class Traced:
    """A function of what is given by name, that returns a node."""

    def __init__(self, function: Callable[[], Node]) -> None:
        self._function = function
        self._lock = Lock()
        self._programs: dict[tuple[Any, ...], Any] = {}

    def __call__(self, given: Mapping[str, Any]) -> Any:
        """Return the value of the node that the function returns.

        Raises:
            BeyondSmallError: the record needs polars.
        """
        path: tuple[Any, ...] = ()
        while True:
            program, answers = self._programs.get(path) or self._followed(given)
            place, value = program(given)
            if place == DONE:
                return value
            path = (*answers[:place], value)

    def _followed(self, given: Mapping[str, Any]) -> tuple[Any, tuple[Any, ...]]:
        """Follow the text with this record; return its program and the answers it checks."""
        with self._lock:
            following = _Following(given)
            token = _FOLLOWED.set(following)
            try:
                result = self._function()
            finally:
                _FOLLOWED.reset(token)
            writing = Writing()
            for number, (node, value) in enumerate(following.answers.items()):
                writing.check(node, value, number)
            answers = tuple(following.answers.values())
            made = writing.finish(result), answers
            if len(self._programs) > MOST:
                self._programs.clear()
            for length in range(len(answers) + 1):
                self._programs.setdefault(answers[:length], made)
            return made
