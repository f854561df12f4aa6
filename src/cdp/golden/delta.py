"""The stage golden on a delta: the golden records of touched profiles, and what hangs on them.

Invariant: the outcome is that of a full run, row for row. Each statement is carried out for the
keys that were touched; where a change reaches further (an identifier that events name has another
owner, a copy of an order another original, a contact point another refusal), the records and
profiles that it reaches are added before the statements that read it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cdp.golden import given
from cdp.golden.collectives import derive_again
from cdp.golden.merit import merit_statement
from cdp.golden.outcome import report
from cdp.golden.plan import CONSENTS, EVENTS, RELATIONSHIPS, WIDE
from cdp.golden.survivorship import SURVIVORSHIP
from cdp.store import Statement
from cdp.store.narrow import KEYS, narrowed, only, scoped, touched
from cdp.store.schema import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.stage import Delta, Report, Run
    from cdp.store import Warehouse

BY_RECORD: Final = "record_id in (select record_id from step.touched_record_id)"
BY_RECORD_OR_NONE: Final = f"({BY_RECORD} or record_id is null)"
FROM_RECORD: Final = "from_record_id in (select record_id from step.touched_record_id)"
NEAR: Final = "order_id in (select order_id from step.order_near)"
OLD_OR_NEW_ORDER: Final = (
    "order_id in (select order_id from step.linked_order_before "
    "union all select order_id from step.linked_order_now)"
)


def delta(run: Run, _: Delta) -> Report:
    """Bring every table of the golden room up to date with what was touched.

    Raises:
        ReconciliationError: a source record has no id, or an event was lost or doubled.
    """
    warehouse = run.warehouse
    survivorship = run.workspace.one(SURVIVORSHIP)
    _keep(warehouse, "given_consent")
    warehouse.put("step.given_consent", given.statements(run.workspace.home))
    warehouse.append(_sql("touched_consent"))
    warehouse.append(_sql("touched_owner"))
    _link(warehouse)
    _order(warehouse)
    for event in EVENTS:
        _renew_events(warehouse, event)
    _relate(warehouse)
    warehouse.append(_sql("touched_owner"))
    warehouse.refresh(_sql("identifier"))
    warehouse.refresh(_sql("candidate"))
    _permit(warehouse)
    warehouse.refresh(merit_statement(survivorship))
    _name_accounts(warehouse)
    for name in (*RELATIONSHIPS, *WIDE, *CONSENTS):
        warehouse.refresh(_sql(name))
    derive_again(warehouse)
    _name_accounts(warehouse)
    return report(warehouse, survivorship, {kind: touched(kind) for kind in KEYS})


def _sql(name: str) -> Statement:
    return Statement.load("cdp.golden", name)


def _keep(warehouse: Warehouse, name: str) -> None:
    """Copy `step.<name>` to `step.<name>_before`."""
    warehouse.put(f"step.{name}_before", warehouse.query(f"from step.{name}"))


def _link(warehouse: Warehouse) -> None:
    """Bring the links from records and identifiers to ids up to date."""
    for name in ("source_record", "party", "account_record", "linked_record", "linked_identifier"):
        warehouse.refresh(_sql(name))
    warehouse.refresh(_sql("identifier"))
    _keep(warehouse, "reference_owner")
    warehouse.make(_sql("reference_owner"))
    warehouse.make(_sql("reference_flip"))
    warehouse.append(_sql("touched_event"))


def _order(warehouse: Warehouse) -> None:
    """Bring orders up to date, and which of them are copies of another source's."""
    linked = f"from step.linked_order where {BY_RECORD_OR_NONE}"
    warehouse.put("step.linked_order_before", warehouse.query(linked))
    warehouse.refresh(_sql("linked_order"))
    warehouse.redo(_sql("linked_order_unnamed"), "record_id is null")
    warehouse.put("step.linked_order_now", warehouse.query(linked))
    numbers = f"from step.order_number where {BY_RECORD_OR_NONE}"
    warehouse.put("step.order_number_before", warehouse.query(numbers))
    number = scoped(_sql("order_number"), {"step.linked_order": BY_RECORD_OR_NONE})
    warehouse.redo(number, BY_RECORD_OR_NONE)
    for name in ("order_changed", "order_near", "order_around"):
        warehouse.make(_sql(name))
    around = {"step.order_number": "order_id in (select order_id from step.order_around)"}
    warehouse.redo(only(scoped(_sql("order_copy"), around), NEAR), NEAR)
    warehouse.append(_sql("touched_order"))
    _renew_events(warehouse, "order")
    lines = scoped(_sql("order_line"), {"silver.order_line": OLD_OR_NEW_ORDER})
    warehouse.redo(lines, OLD_OR_NEW_ORDER)
    warehouse.swap(_sql("product"))


def _renew_events(warehouse: Warehouse, event: str) -> None:
    """Bring `gold.<event>` up to date; whoever won or lost one is touched."""
    with _noting_owners(warehouse, f"gold.{event}", ("profile_id", "account_id")):
        warehouse.refresh(_sql(event))
        warehouse.redo(_sql(f"{event}_unnamed"), "record_id is null")


def _relate(warehouse: Warehouse) -> None:
    """Bring relationships up to date; both ends of one that changed are touched."""
    warehouse.append(_sql("touched_relation"))
    ends = {"silver.relationship": BY_RECORD, "gold.source_record": BY_RECORD}
    warehouse.redo(scoped(_sql("linked_relationship"), ends), FROM_RECORD)
    with _noting_owners(warehouse, "step.related", ("profile_id", "other_id")):
        warehouse.refresh(_sql("related"))


@contextmanager
def _noting_owners(warehouse: Warehouse, table: str, owners: tuple[str, str]) -> Iterator[None]:
    """Add to the touched profiles the owners of rows that are others afterwards."""
    one, other = owners
    rows = (
        f"select {one} as one, {other} as other, hash(t) as content "  # noqa: S608 - our own names
        f"from {quoted(table)} as t where {BY_RECORD_OR_NONE}"
    )
    warehouse.put("step.owner_before", warehouse.query(rows))
    yield
    warehouse.put("step.owner_now", warehouse.query(rows))
    warehouse.append(_sql("touched_row"))


def _permit(warehouse: Warehouse) -> None:
    """Bring what is said of contact points up to date; whoever owns one is touched."""
    warehouse.refresh(_sql("linked_consent"))
    warehouse.append(narrowed(_sql("linked_consent_given")))
    _keep(warehouse, "contact_statement")
    warehouse.make(_sql("contact_statement"))
    warehouse.append(_sql("touched_contact"))


def _name_accounts(warehouse: Warehouse) -> None:
    """Name the touched profiles as accounts too: an organisation's profile is its account."""
    warehouse.put(
        "step.touched_account_id",
        warehouse.query("select profile_id as account_id from step.touched_profile_id"),
    )
