"""The modules of normalisation a second time, reading small tables instead of polars frames.

There is one text of every rule. The batch runs it over whole columns with polars; for a single
record the same text is loaded once more with `small.polars` in polars' place, because a polars
expression costs about as much for one row as for ten thousand.
"""

from __future__ import annotations

import builtins
import importlib
import inspect
from functools import cache
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from cdp.identity.small import documents, polars
from cdp.identity.small.expression import Expr
from cdp.identity.small.remembering import remembered

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOM: Final = "cdp.identity."
INSTEAD: Final[dict[str, ModuleType]] = {
    "polars": polars,
    "cdp.identity.documents": documents,
}
"""What stands in for a module."""
EXPRESSIONS: Final = (Expr, "pl.Expr")
CONSTANTS: Final = (str, "str", frozenset[str], "frozenset[str]")
SHARED: Final = frozenset(
    f"{ROOM}{name}" for name in ("fields", "nicknames", "tables", "several", "comparisons")
)
"""Modules of the room that are the same in both."""


@cache
def small(name: str) -> ModuleType:
    """Return a module of the room, loaded to read small tables."""
    whole = importlib.import_module(name)
    source = inspect.getsource(whole)
    module = ModuleType(name)
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": _import}
    # The text is this package's own; only what `polars` means in it differs.
    exec(compile(source, str(whole.__file__), "exec"), module.__dict__)  # noqa: S102
    for word, thing in list(vars(module).items()):
        if isinstance(thing, FunctionType) and _makes_expressions(thing):
            setattr(module, word, _once(thing))
    return module


def _makes_expressions(function: FunctionType) -> bool:
    """Whether the function says that it makes an expression of expressions and constants."""
    told = dict(function.__annotations__)
    is_one = told.pop("return", None) in EXPRESSIONS
    return is_one and all(kind in EXPRESSIONS or kind in CONSTANTS for kind in told.values())


def _once(function: FunctionType) -> Callable[..., Any]:
    """Return the function, making the same expression of the same parts only once."""

    def remembering(*given: Any) -> Any:
        parts = [part for part in given if isinstance(part, Expr)]
        told = tuple(id(part) if isinstance(part, Expr) else part for part in given)
        return remembered((function, *told), parts, lambda: function(*given))

    return remembering


def _import(
    name: str,
    globals_: Mapping[str, Any] | None = None,
    locals_: Mapping[str, Any] | None = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
) -> ModuleType:
    if name in INSTEAD:
        return INSTEAD[name]
    if name.startswith(ROOM) and name not in SHARED and fromlist:
        return small(name)
    return builtins.__import__(name, globals_, locals_, fromlist or (), level)
