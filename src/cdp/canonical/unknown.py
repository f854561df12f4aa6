"""Which fields of an object no mapping names: they are kept in `custom`, by their own names."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from cdp.canonical.over import over
from cdp.canonical.values import Condition, Value, parts, paths
from cdp.model.paths import NATIVE_ID, Path, parse, step
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdp.canonical.mapping import MappingFile
    from cdp.settings import Strict
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
            before = tuple(field.path for field in found if field.name == key)
            found.append(Unknown(key, step(base, key), inside, before))
    return tuple(found)


def _is_ignored(label: str, key: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(key, p) or fnmatchcase(label, p) for p in patterns)


def _named(read: set[str], inside: str) -> set[str]:
    """Return the names that some path reads directly below `inside`."""
    outer = parse(inside) if inside else Path("$", absolute=False, many=False)
    depth = len(outer.names)
    found = (parse(path) for path in read if path not in {NATIVE_ID, "."})
    return {each.names[depth] for each in found if each.json.startswith(f"{outer.json}.")}


def _read(spec: Strict, each: str | None = None) -> Iterator[str]:
    """Yield every path of a mapping that starts at the record."""
    own = getattr(spec, "each", None)
    if own:
        yield own
    for name in type(spec).model_fields:
        for part in parts(getattr(spec, name)):
            yield from _read_in(part, own or each)


def _read_in(part: Strict, each: str | None) -> Iterator[str]:
    if not isinstance(part, Value | Condition):
        yield from _read(part, each)
        return
    own = getattr(part, "each", None)
    if own:
        yield own
    # Below a list only what starts with / is read from the record itself.
    yield from (p for p in paths(part) if p.startswith("/") or not (own or each))
