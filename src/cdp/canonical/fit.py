"""Fields whose declared type can become what a mapping makes of them, and those whose cannot.

A value is judged where it is read as it stands, by the first of its alternatives as by the others;
codes, expressions and parts of a text may make anything of anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.canonical.check import Finding
from cdp.canonical.plan import entities
from cdp.model.paths import NATIVE_ID, parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.canonical.check import Known
    from cdp.canonical.mapping import MappingFile, ObjectMapping
    from cdp.canonical.values import Value
    from cdp.sources.remote.schema import FieldType

_DATE: Final = "a date"
_NUMBER: Final = "a number"
_TRUTH: Final = "true or false"
_WANTED: Final = {
    **dict.fromkeys(("moment", "day", "date"), _DATE),
    **dict.fromkeys(("decimal", "integer"), _NUMBER),
    "boolean": _TRUTH,
}
"""What a cell of this cleaning has to hold, for people."""
_NEVER: Final = {
    _DATE: {"boolean", "time", "binary", "key", "nested"},
    _NUMBER: {"boolean", "moment", "time", "binary", "key", "nested"},
    _TRUTH: {"moment", "time", "binary", "key", "nested"},
}
_RARELY: Final = {
    (_DATE, "number"): "a number is read as one only as milliseconds since 1970 or as yyyymmdd",
    (_TRUTH, "number"): "a number is read as one only where it is 0 or 1",
}
_REMEDY: Final = "map another field, or say with map: or expr: what becomes of it"


def unfit(mapping: MappingFile, known: Mapping[str, Known]) -> Iterator[Finding]:
    """Yield each field whose declared type cannot, or can hardly, become what it is mapped to."""
    for name, spec in mapping.objects.items():
        if (there := known.get(name)) is None or not there.types:
            continue
        for field, target, wanted in sorted(set(_used(spec))):
            type_ = there.types.get(field)
            how = _misfit(wanted, type_) if type_ is not None else None
            if type_ is not None and how is not None:
                is_ = "declared as" if there.is_declared else "in all records looked at"
                says = f"{name}: {field} is {is_} {type_.said}, which {how}, and is mapped to"
                is_error = there.is_declared and type_.kind in _NEVER[wanted]
                told = f"{says} {target}; {_REMEDY}"
                yield Finding(name, "unfit_type", told, (field,), None, is_error)


def _misfit(wanted: str, type_: FieldType) -> str | None:
    """Return how a type falls short of what is wanted; None: it does not."""
    if type_.kind in _NEVER[wanted]:
        return f"cannot become {wanted}"
    doubt = _RARELY.get((wanted, type_.kind))
    return None if doubt is None else f"may not become {wanted}: {doubt}"


def _used(spec: ObjectMapping) -> Iterator[tuple[str, str, str]]:
    """Yield fields of the record that become a date, a number or a truth value, and as what."""
    for entity in entities(spec, ""):
        for cell in entity.cells:
            wanted = _WANTED.get(cell.type) if isinstance(cell.type, str) else None
            if wanted is not None:
                paths = _plain(cell.value)
                below = [path for path in paths if entity.each is None or path.startswith("/")]
                yield from ((f, cell.field, wanted) for f in map(_own, below) if f is not None)


def _plain(value: Value) -> Iterator[str]:
    """Yield the paths whose values are taken as they stand."""
    if value.map is not None or value.extract is not None:
        return
    if value.path is not None:
        yield value.path
    for each in value.first:
        yield from _plain(each)


def _own(path: str) -> str | None:
    """Return the field of the record that a path names; None where it leads further."""
    if path in {NATIVE_ID, "."}:
        return None
    found = parse(path)
    return found.names[0] if found.is_field else None
