"""Source records and what their mapping makes of them, side by side; nothing of it is kept.

The records go through the very statements that a run puts them through, in memory.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cdp.canonical.engine import Instance
from cdp.canonical.few import Few
from cdp.sourcing.becoming import Thing, things

if TYPE_CHECKING:
    from cdp.canonical.chosen import Chosen
    from cdp.settings import Workspace
    from cdp.sourcing.look import Seen
    from cdp.sourcing.tested import Shown
    from cdp.store import Warehouse

_LEFT_OUT: Final = """
select native_id, field, whole_record, reason, message
from silver.quarantine
where object = $object
order by native_id, field nulls first, reason
"""


@dataclass(frozen=True, slots=True)
class Previewed:
    """A source record, and what becomes of it.

    Attributes:
        object: the source's own name of its object.
        native_id: its key there.
        record: the record as it came.
        becomes: what its mapping makes of it.
        left_out: values, or the whole of it, that cannot be used: field, reason, message.
    """

    object: str
    native_id: str
    record: dict[str, Any]
    becomes: tuple[Thing, ...]
    left_out: tuple[dict[str, Any], ...]


def preview(found: Shown, workspace: Workspace) -> list[Previewed]:
    """Return the records that were looked at with what becomes of them, object by object."""
    readable = [each for each in found.look.objects if len(each.rows)]
    with Few(workspace.about.country) as few:
        return [one for each in readable for one in _previewed(few, found, each)]


def _previewed(few: Few, found: Shown, seen: Seen) -> list[Previewed]:
    records = {
        key: json.loads(text) for key, text in seen.rows.select("native_id", "payload").iter_rows()
    }
    becomes: dict[str, list[Thing]] = {}
    left_out: dict[str, list[dict[str, Any]]] = {}
    if found.mapping is not None and seen.object in found.mapping.mapping.objects:
        warehouse = _made(few, found, seen, found.mapping)
        becomes = things(warehouse, found.name, records)
        for row in warehouse.query(_LEFT_OUT, object=seen.object).iter_rows(named=True):
            left_out.setdefault(row.pop("native_id"), []).append(row)
    return [
        Previewed(
            seen.object,
            key,
            record,
            tuple(becomes.get(key, ())),
            tuple(left_out.get(key, left_out.get(key.lstrip("0"), ()))),
        )
        for key, record in records.items()
    ]


def _made(few: Few, found: Shown, seen: Seen, mapping: Chosen) -> Warehouse:
    """Return silver of the records of one object."""
    opening = found.opening
    stamped = seen.rows.with_columns(
        pl.lit(found.name).alias("source"),
        pl.lit(seen.object).alias("object"),
        pl.lit(opening.now.replace(tzinfo=None), dtype=pl.Datetime("us")).alias("received_at"),
    )
    instance = Instance.of(found.name, mapping.mapping, opening.instance)
    return few.silver(stamped, [instance])
