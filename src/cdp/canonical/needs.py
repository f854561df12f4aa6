"""Which fields of a source's record a mapping reads, and which of them stand in for one another.

Only the first name of a path is looked at: what a system says of itself ends there, and a field
that holds an object may hold any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlglot import exp

from cdp.canonical.values import Condition, Value, parts, paths
from cdp.model.paths import NATIVE_ID, parse
from cdp.settings import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdp.canonical.mapping import ObjectMapping

_CHOOSING: Final = ("coalesce", "ifnull")
Need = frozenset[str]
"""Names of fields of which a record has to know one."""


def needs(spec: ObjectMapping) -> set[Need]:
    """Return what an object's mapping reads of the record itself."""
    return {need for each in _needs(spec, is_below=False) if (need := _names(each))}


def uses(spec: ObjectMapping) -> dict[str, set[str]]:
    """Return what fields are used for: names of fields and attributes they fill, by JSON path.

    A condition that compares a field with codes uses it as one; one that asks whether it has a
    value does not use it. What stands in a list is left out.
    """
    found: dict[str, set[str]] = {}
    for label, path in _labelled(spec, "", is_below=False):
        place = parse(path).json if path not in {NATIVE_ID, "."} else "["
        if "[" not in place:
            found.setdefault(place, set()).add(label)
    return found


def _labelled(part: object, label: str, *, is_below: bool) -> Iterator[tuple[str, str]]:
    """Yield the paths from the record that something is made of, with the name of that."""
    if isinstance(part, Strict):
        is_below = is_below or getattr(part, "each", None) is not None
    if isinstance(part, Value | Condition):
        used = {(label, path) for path in _drawn(part)} | {("is", path) for path in _compared(part)}
        yield from (use for use in sorted(used) if not is_below or use[1].startswith("/"))
        return
    for name, inner in _inner(part, label):
        yield from _labelled(inner, name, is_below=is_below)


def _inner(part: object, label: str) -> list[tuple[str, object]]:
    """Return what something is made of, each with its name; parts of a list are called as it is."""
    if isinstance(part, Strict):
        return [(name, getattr(part, name)) for name in type(part).model_fields]
    if isinstance(part, dict):
        return list(part.items())
    return [(label, each) for each in part] if isinstance(part, tuple) else []


def _drawn(part: Value | Condition | None) -> set[str]:
    """Return the paths that a value may come from; a condition is no value."""
    if not isinstance(part, Value):
        return set()
    inner = (_drawn(each) for each in (*part.first, *part.join))
    asked = (paths(each) for each in _conditions(part))
    return paths(part) - set[str]().union(*asked) | set[str]().union(*inner)


def _compared(part: Value | Condition | None) -> set[str]:
    """Return the paths whose values are compared with codes."""
    if isinstance(part, Value):
        return set[str]().union(*(_compared(each) for each in _conditions(part)))
    if part is None:
        return set()
    own = {part.field} if part.is_ is not None and part.field is not None else set()
    return own.union(*(_compared(each) for each in (*part.all, *part.any, part.not_)))


def _conditions(part: Value) -> Iterator[Condition]:
    """Yield the conditions of a value and of all that it is made of."""
    if part.when is not None:
        yield part.when
    for inner in (*part.first, *part.join):
        yield from _conditions(inner)


def _names(need: Iterable[str]) -> Need:
    """Return the first names of paths; none where one of them is always there."""
    found = set(need)
    if found & {NATIVE_ID, "."}:
        return frozenset()
    return frozenset(parse(path).names[0] for path in found)


def _needs(part: Strict, *, is_below: bool) -> Iterator[set[str]]:
    """Yield the paths that start at the record, together those that stand in for one another."""
    if (each := getattr(part, "each", None)) is not None:
        yield {each}
        is_below = True
    if isinstance(part, Value | Condition):
        # Below a list only what starts with / is read from the record itself.
        for need in _alternatives(part):
            if not is_below or all(path.startswith("/") for path in need):
                yield need
        return
    for name in type(part).model_fields:
        for inner in parts(getattr(part, name)):
            yield from _needs(inner, is_below=is_below)


def _alternatives(part: Value | Condition) -> Iterator[set[str]]:
    """Yield every path of a value or condition, those of which one will do together."""
    some = part.first if isinstance(part, Value) else part.any
    together = set[str]().union(*(paths(one) for one in some))
    if part.formula is not None and _chooses(part.formula.tree):
        together |= part.formula.paths
    if together:
        yield together
    yield from ({path} for path in paths(part) - together)


def _chooses(tree: exp.Expr) -> bool:
    """Return whether an expression takes the first of several that has a value."""
    return any(call.name.lower() in _CHOOSING for call in tree.find_all(exp.Anonymous))
