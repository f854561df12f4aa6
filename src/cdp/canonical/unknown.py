"""Which fields of an object no mapping names: they are kept in `custom`, by their own names."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from cdp.canonical.paths import NATIVE_ID, parse
from cdp.canonical.values import Condition, Value, paths
from cdp.settings import Strict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdp.canonical.mapping import MappingFile, ObjectMapping
    from cdp.store import Warehouse

_KEYS: Final = """
select distinct unnest(json_keys(b.payload, $path)) as name
from step.canonical_version as v
inner join bronze.record as b on b.seq = v.seq
where v.source = $source and v.object = $object and v.is_latest
order by name
"""


def unknown_fields(
    warehouse: Warehouse, source: str, name: str, mapping: MappingFile
) -> tuple[tuple[str, str], ...]:
    """Return each unknown field of an object's records with the JSON path that leads to it."""
    spec = mapping.objects[name]
    ignored = (*mapping.ignore, *spec.ignore)
    read = set(_read(spec))
    found: dict[str, str] = {}
    for inside in ("", *spec.unpack):
        base = parse(inside).json if inside else "$"
        known = _named(read, inside)
        keys = warehouse.query(_KEYS, path=base, source=source, object=name)["name"].to_list()
        for key in keys:
            label = f"{inside}.{key}" if key in found else key
            if key in known or key in spec.unpack or _is_ignored(label, key, ignored):
                continue
            if '"' not in key:
                found[label] = f'{base}."{key}"'
    return tuple(found.items())


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
    own = getattr(spec, "each", None) or each
    for name in type(spec).model_fields:
        yield from _read_in(getattr(spec, name), own, name)


def _read_in(value: object, each: str | None, name: str) -> Iterator[str]:
    if isinstance(value, Value | Condition):
        found = paths(value)
        yield from (p for p in found if each is None or p.startswith("/"))
        inner = getattr(value, "each", None)
        if inner:
            yield inner
    elif isinstance(value, Strict):
        yield from _read(value, each)
    elif isinstance(value, tuple):
        for part in value:
            yield from _read_in(part, each, name)
    elif isinstance(value, dict):
        for part in value.values():
            yield from _read_in(part, each, name)
    elif name == "each" and isinstance(value, str):
        yield value


def names(spec: ObjectMapping) -> set[str]:
    """Return the top-level fields that the mapping of an object reads."""
    return _named(set(_read(spec)), "")
