"""Corrections of fields that no record has: refused with the nearest, as slips of the pen."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import InputError
from cdp.quality.corrections import steps
from cdp.quality.drift import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cdp.store import Warehouse

_LISTS: Final = """
select count(*)
from information_schema.tables
where table_schema = 'quality' and table_name = 'field'
"""
_FIELDS: Final = """
select distinct field
from quality.field
where source = $source and object = $object
order by field
"""
_MOST_NAMED: Final = 8
_ALIKE: Final = 0.6


def refuse_unknown(
    warehouse: Warehouse,
    row: Mapping[str, Any],
    paths: Iterable[str],
    mapped: Iterable[str],
    anyway: str,
) -> None:
    """Return where records of the row's object have these fields, or its mapping names them.

    Of a published generation, which keeps no list of fields, the record itself is asked alone;
    `anyway` is what sets a field all the same.

    Raises:
        InputError: no record has one of them.
    """
    of = {"source": row["source"], "object": row["object"]}
    has_list = bool(warehouse.query(_LISTS).item())
    listed = warehouse.query(_FIELDS, **of)["field"].to_list() if has_list else []
    known = {*listed, *_named(json.loads(row["payload"] or "{}")), *mapped}
    for path in paths:
        if ".".join(steps(path)[:DEEPEST]) not in known:
            who = f"no record of {row['source']}: {row['object']} has"
            if not has_list:
                who = f"neither the record nor the mapping of {row['source']}: {row['object']} has"
            msg = f"{who} a field {path!r}; {_like(path, known)}; {anyway} sets it all the same"
            raise InputError(msg)


def _named(record: Mapping[str, Any], above: str = "", depth: int = 1) -> Iterator[str]:
    """Yield the fields of a record, those of objects with dots."""
    for name, value in record.items():
        yield f"{above}{name}"
        if isinstance(value, dict) and depth < DEEPEST:
            yield from _named(value, f"{above}{name}.", depth + 1)


def _like(path: str, known: Iterable[str]) -> str:
    """Return the fields that somebody may have meant, else the first of all."""
    by_lower = {field.lower(): field for field in sorted(known)}
    near = get_close_matches(path.lower(), by_lower, n=3, cutoff=_ALIKE)
    if near:
        return f"nearest: {', '.join(by_lower[name] for name in near)}"
    first = sorted(by_lower.values())
    more = f" and {len(first) - _MOST_NAMED} more" if len(first) > _MOST_NAMED else ""
    return f"there are: {', '.join(first[:_MOST_NAMED]) or 'none'}{more}"
