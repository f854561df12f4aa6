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
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from cdp.identity.small import by_value, documents, polars

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOM: Final = "cdp.identity."
INSTEAD: Final[dict[str, ModuleType]] = {
    "polars": polars,
    "cdp.identity.documents": documents,
}
"""What stands in for a module."""
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
    for word, make in by_value.INSTEAD.get(name, {}).items():
        setattr(module, word, make(module))
    return module


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
