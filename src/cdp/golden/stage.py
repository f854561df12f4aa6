"""Stage golden: the golden record of every id, and all that hangs on it.

Invariant: nothing of silver is lost on the way: each source record belongs to one id, and each
event is in gold exactly once, with or without an owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.errors import ReconciliationError
from cdp.golden import given
from cdp.golden.collectives import derive
from cdp.golden.permission import CONSENT
from cdp.golden.plan import EVENTS, plan
from cdp.golden.survivorship import SURVIVORSHIP, SurvivorshipFile
from cdp.stage import Report, Run, Stage
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.store import Warehouse

_KEPT = ("order", "order_line", "product", *EVENTS)


def run(run: Run) -> Report:
    """Rebuild every table of the golden room and report what it holds.

    Raises:
        ReconciliationError: a source record has no id, or an event was lost or doubled.
    """
    warehouse = run.warehouse
    survivorship = run.workspace.one(SURVIVORSHIP)
    warehouse.put("step.consent_default", run.workspace.one(CONSENT).defaults())
    warehouse.put("step.given_consent", given.statements(run.workspace.home))
    _carry_out(warehouse, plan(survivorship))
    derive(warehouse)
    (counts,) = warehouse.select(Statement.load("cdp.golden", "summary")).to_dicts()
    _reconcile(warehouse, counts)
    return Report(counts=counts, notes=_notes(warehouse, survivorship, counts))


def _carry_out(warehouse: Warehouse, statements: Iterable[Statement]) -> None:
    written: set[str] = set()
    for statement in statements:
        if statement.writes in written:
            warehouse.append(statement)
        elif statement.writes.startswith("step."):
            warehouse.make(statement)
        else:
            warehouse.replace(statement)
        written.add(statement.writes)


def _reconcile(warehouse: Warehouse, counts: dict[str, int]) -> None:
    homeless = counts.pop("records_without_profile")
    if homeless:
        msg = (
            f"{homeless} of {counts['records']} source records in silver.record have no id in "
            "identity.assignment; run the pipeline again with `cdp run --from identity`"
        )
        raise ReconciliationError(msg)
    for name in _KEPT:
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
    return tuple(notes)


STAGE = Stage(
    name="golden",
    reads=(
        "silver.record",
        "silver.attribute",
        "silver.identifier",
        "silver.consent",
        "silver.relationship",
        *(f"silver.{name}" for name in _KEPT),
        "identity.assignment",
        "identity.blocked_value",
        "identity.alias",
    ),
    writes=(
        "gold.profile",
        "gold.account",
        "gold.attribute",
        "gold.identifier",
        "gold.source_record",
        "gold.consent",
        "gold.relationship",
        "gold.household",
        "gold.household_member",
        "gold.company_group",
        "gold.company_group_member",
        *(f"gold.{name}" for name in _KEPT),
    ),
    key="profile_id",
    run=run,
    config=(SURVIVORSHIP, CONSENT),
    state=("consent",),
)
