"""What is known of a source's objects: by its own schema where it has one, else by a look."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from cdp.canonical.check import Finding, Known, unknown, unmatched
from cdp.canonical.chosen import choose
from cdp.canonical.fit import unfit
from cdp.canonical.needs import needs
from cdp.errors import CdpError
from cdp.sources.remote.schema import FieldType, types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.canonical.chosen import Chosen
    from cdp.settings import Workspace
    from cdp.sourcing.look import Seen

_KINDS: Final = {
    bool: FieldType("boolean", "true or false"),
    dict: FieldType("nested", "an object"),
    list: FieldType("nested", "a list"),
}


def known(seen: Iterable[Seen], said: Mapping[str, frozenset[str]]) -> dict[str, Known]:
    """Return the fields of each object.

    Records that all have the same fields, as those of a table, have no others.
    """
    return {each.object: _known(each, said.get(each.object)) for each in seen}


def findings(
    mapping: Chosen, seen: Iterable[Seen], said: Mapping[str, frozenset[str]]
) -> list[Finding]:
    """Return what the author of a mapping should know, object by object.

    What a type's mapping reads and this system does not have is no mistake of the workspace.
    """
    every = list(seen)
    there = known(every, said)
    readable = {each.object for each in every if each.problem is None}
    refused = {each.object for each in every} - readable
    return [
        *(
            replace(finding, is_error=finding.is_error and finding.object in mapping.own)
            for finding in (*unknown(mapping.mapping, there), *unfit(mapping.mapping, there))
        ),
        *unmatched(mapping.mapping, readable, mapping.own - refused),
    ]


def mapped_fields(workspace: Workspace, source: str, of: str) -> frozenset[str]:
    """Return the fields that the mapping of a source names of an object; none: it has no mapping.

    A workspace whose files do not validate names none, since it is not the place to say so.
    """
    try:
        spec = choose(workspace, source).mapping.objects.get(of)
    except (CdpError, KeyError):
        return frozenset()
    return frozenset().union(*needs(spec)) if spec is not None else frozenset()


def _known(seen: Seen, said: frozenset[str] | None) -> Known:
    if said:
        where = "its schema does not have"
        return Known(said, True, where, types_of(said), True)  # noqa: FBT003 - whole, declared
    records = [json.loads(text) for text in seen.rows["payload"].to_list()]
    named = [frozenset(record) for record in records]
    where = f"none of the {len(named)} records looked at has"
    is_whole = len(named) > 1 and len(set(named)) == 1
    return Known(frozenset().union(*named), is_whole, where, _types(records))


def _types(records: list[dict[str, Any]]) -> dict[str, FieldType]:
    """Return the types of fields whose values are all of one; a text may be anything."""
    kinds: dict[str, set[FieldType | None]] = {}
    for record in records:
        for name, value in record.items():
            if value is not None:
                kinds.setdefault(name, set()).add(_KINDS.get(type(value)))
    only = {name: found.pop() for name, found in kinds.items() if len(found) == 1}
    return {name: type_ for name, type_ in only.items() if type_ is not None}
