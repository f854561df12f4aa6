"""A mapping held against what a source's records are known to have."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cdp.canonical.needs import needs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.canonical.mapping import MappingFile
    from cdp.sources.remote.schema import FieldType


@dataclass(frozen=True, slots=True)
class Known:
    """The fields of an object.

    Attributes:
        fields: their names.
        is_whole: there are no others; False where only some records were seen.
        where: who does not have what is missing: "its schema does not have", "no record has".
        types: the types that the system declares, by field, or those of all values that were seen.
        is_declared: whether it is the system that says so.
    """

    fields: frozenset[str]
    is_whole: bool
    where: str
    types: Mapping[str, FieldType] = field(default_factory=dict)
    is_declared: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a mapping that its author should know.

    Attributes:
        object: the source's own name of the object.
        problem: unknown_field, unfit_type, not_mapped or not_delivered.
        fields: names that the mapping reads and the object does not have.
        nearest: the field that may have been meant.
        is_error: no record can have it.
        says: a sentence.
    """

    object: str
    problem: str
    says: str
    fields: tuple[str, ...] = ()
    nearest: str | None = None
    is_error: bool = False


def unknown(mapping: MappingFile, known: Mapping[str, Known]) -> Iterator[Finding]:
    """Yield each field that a mapping reads of an object and that the object does not have.

    Of fields of which the first with a value is taken, one that is there is enough; where none is,
    they are told together, and not one by one as well.
    """
    for name, spec in mapping.objects.items():
        if (there := known.get(name)) is None or not there.fields:
            continue
        missing = [need for need in needs(spec) if not need & there.fields]
        for need in sorted(missing, key=sorted):
            if not any(need < other for other in missing):
                yield _unknown(name, tuple(sorted(need)), there)


def _unknown(name: str, fields: tuple[str, ...], there: Known) -> Finding:
    by_lower = {known.lower(): known for known in sorted(there.fields, reverse=True)}
    near = [
        by_lower[match]
        for wanted in fields
        for match in get_close_matches(wanted.lower(), by_lower, n=1, cutoff=0.75)
    ]
    nearest = near[0] if near else None
    hint = f"; did you mean {nearest}?" if nearest else ""
    says = f"{name}: the mapping reads {' or '.join(fields)}, which {there.where}{hint}"
    return Finding(name, "unknown_field", says, fields, nearest, there.is_whole)


def unmatched(mapping: MappingFile, delivered: set[str], own: frozenset[str]) -> Iterator[Finding]:
    """Yield the objects that are delivered and not mapped, and the own ones mapped for nothing."""
    for name in sorted(delivered - set(mapping.objects)):
        says = f"{name} is delivered, and the mapping does not say what it is"
        yield Finding(name, "not_mapped", says)
    for name in sorted(own - delivered):
        yield Finding(name, "not_delivered", f"{name} is mapped, and was not delivered")
