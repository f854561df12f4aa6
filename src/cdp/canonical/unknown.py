"""Which fields of an object no mapping names: they are kept in `custom`, by their own names."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdp.canonical.over import over
from cdp.canonical.paths import NATIVE_ID, parse
from cdp.canonical.values import Condition, Value, paths
from cdp.settings import Strict
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdp.canonical.mapping import MappingFile
    from cdp.store import Warehouse


@dataclass(frozen=True, slots=True)
class Unknown:
    """A field that no mapping names.

    Attributes:
        name: its own name.
        path: JSON path that leads to it.
        inside: object that it stands in, empty for the record itself.
        before: paths of the same name elsewhere in the record, which has it first.
    """

    name: str
    path: str
    inside: str = ""
    before: tuple[str, ...] = ()


def unknown_fields(
    warehouse: Warehouse,
    source: str,
    name: str,
    mapping: MappingFile,
    instead: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Unknown, ...]:
    """Return each unknown field of an object's latest records, those in bronze or `instead`."""
    spec = mapping.objects[name]
    ignored = (*mapping.ignore, *spec.ignore)
    read = set(_read(spec))
    found: list[Unknown] = []
    statement = over(Statement.load("cdp.canonical", "unknown_key"), instead)
    for inside in ("", *spec.unpack):
        base = parse(inside).json if inside else "$"
        known = _named(read, inside)
        keys = warehouse.select(statement, path=base, source=source, object=name)
        for key in keys["name"].to_list():
            label = f"{inside}.{key}" if inside else key
            if key in known or key in spec.unpack or _is_ignored(label, key, ignored):
                continue
            if '"' not in key:
                before = tuple(field.path for field in found if field.name == key)
                found.append(Unknown(key, f'{base}."{key}"', inside, before))
    return tuple(found)


def _is_ignored(label: str, key: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(key, p) or fnmatchcase(label, p) for p in patterns)


def _named(read: set[str], inside: str) -> set[str]:
    """Return the names that some path reads directly below `inside`."""
    prefix = f"{parse(inside).json}." if inside else "$."
    steps = (parse(path).json for path in read if path not in {NATIVE_ID, "."})
    below = (step.removeprefix(prefix) for step in steps if step.startswith(prefix))
    return {part.split('"')[1] for part in below}


def _read(spec: Strict, each: str | None = None) -> Iterator[str]:
    """Yield every path of a mapping that starts at the record."""
    own = getattr(spec, "each", None)
    if own:
        yield own
    for name in type(spec).model_fields:
        for part in _parts(getattr(spec, name)):
            yield from _read_in(part, own or each)


def _parts(value: object) -> Iterator[Strict]:
    """Yield the models in a field of a model."""
    if isinstance(value, Strict):
        yield value
    elif isinstance(value, dict | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _parts(part)


def _read_in(part: Strict, each: str | None) -> Iterator[str]:
    if not isinstance(part, Value | Condition):
        yield from _read(part, each)
        return
    own = getattr(part, "each", None)
    if own:
        yield own
    # Below a list only what starts with / is read from the record itself.
    yield from (p for p in paths(part) if p.startswith("/") or not (own or each))
