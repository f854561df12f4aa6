"""What a run of golden came to: counted, reconciled with silver, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.errors import ReconciliationError
from cdp.golden.plan import COPIED, EVENTS
from cdp.stage import Report
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.golden.survivorship import SurvivorshipFile
    from cdp.stage import Key
    from cdp.store import Warehouse

_SHOWN = 3
_CIRCLES = """
select account_id, cut_account_id
from gold.account_hierarchy
where is_cut
order by account_id
"""
KEPT = ("order", "order_line", *COPIED, *EVENTS)


def report(
    warehouse: Warehouse,
    survivorship: SurvivorshipFile,
    touched: Mapping[Key, str] | None = None,
) -> Report:
    """Return the report on the tables of the room as they are now.

    Raises:
        ReconciliationError: a source record has no id, or an event was lost or doubled.
    """
    (counts,) = warehouse.select(Statement.load("cdp.golden", "summary")).to_dicts()
    _reconcile(warehouse, counts)
    return Report(counts, _notes(warehouse, survivorship, counts), touched or {})


def _reconcile(warehouse: Warehouse, counts: dict[str, int]) -> None:
    homeless = counts.pop("records_without_profile")
    if homeless:
        msg = (
            f"{homeless} of {counts['records']} source records in silver.record have no id in "
            "identity.assignment; run the pipeline again with `cdp run --from identity`"
        )
        raise ReconciliationError(msg)
    for name in KEPT:
        before, after = warehouse.count(f"silver.{name}"), warehouse.count(f"gold.{name}")
        if before != after:
            msg = (
                f"silver.{name} has {before} rows and gold.{name} would have {after}; an id or "
                f"an identifier is held twice. This is a defect, please report it"
            )
            raise ReconciliationError(msg)


def _notes(
    warehouse: Warehouse, survivorship: SurvivorshipFile, counts: dict[str, int]
) -> tuple[str, ...]:
    known = warehouse.query("select distinct source from gold.source_record")["source"]
    absent = sorted(survivorship.sources() - set(known))
    notes = []
    if absent:
        notes.append(f"survivorship.yaml names sources without records: {', '.join(absent)}")
    if counts["orders_copied"]:
        copies = counts["orders_copied"]
        notes.append(f"{copies} orders are copies of another source's; revenue counts them once")
    circles = warehouse.query(_CIRCLES).rows()
    notes += [
        f"{account} stands above and below {other}; the link above {account} is cut in "
        "gold.account_hierarchy. Correct it in the source"
        for account, other in circles[:_SHOWN]
    ]
    if len(circles) > _SHOWN:
        notes.append(f"and {len(circles) - _SHOWN} more circles of organisations")
    return tuple(notes)
