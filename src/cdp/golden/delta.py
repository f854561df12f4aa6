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
from cdp.golden.merit import (
    CANDIDATE,
    candidate_statement,
    define,
    rule_names,
)
from cdp.golden.outcome import report
from cdp.golden.plan import CONSENTS, COPIED, EVENTS, PASSING, RELATIONSHIPS, WIDE
from cdp.golden.survivorship import SURVIVORSHIP
from cdp.store import Statement
from cdp.store.narrow import KEYS, only, scoped, touched
from cdp.store.schema import quoted
from cdp.store.touching import share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.stage import Delta, Report, Run
    from cdp.store import Warehouse

_LINKED: Final = (
    "source_record",
    "party",
    "account_record",
    "linked_record",
    "linked_role",
    "linked_identifier",
    "identifier",
)
BY_RECORD: Final = "record_id in (select record_id from step.touched_record_id)"
BY_RECORD_OR_NONE: Final = f"({BY_RECORD} or record_id is null)"
OF_PROFILE: Final = "record_id in (select record_id from temp.profile_record)"
FROM_RECORD: Final = "from_record_id in (select record_id from step.touched_record_id)"
NEAR: Final = "order_id in (select order_id from step.order_near)"
OLD_OR_NEW_ORDER: Final = (
    "order_id in (select order_id from step.linked_order_before "
    "union all select order_id from step.linked_order_now)"
)
LINE_OWNERS: Final = (
    "select o.profile_id as one, o.account_id as other, hash(t) as content "  # noqa: S608 - ours
    f"from (from gold.order_line where {OLD_OR_NEW_ORDER}) as t "
    'inner join gold."order" as o on o.order_id = t.order_id'
)


def delta(run: Run, _: Delta) -> Report:
    """Bring every table of the golden room up to date with what was touched.

    Raises:
        ReconciliationError: a source record has no id, or an event was lost or doubled.
    """
    warehouse, survivorship = run.warehouse, run.workspace.one(SURVIVORSHIP)
    warehouse.put("step.rule_name", rule_names(survivorship))
    define(warehouse, survivorship)
    warehouse.keep("step.given_consent")
    warehouse.put("step.given_consent", given.statements(run.workspace.home))
    warehouse.append(_sql("touched_consent"))
    warehouse.append(_sql("touched_owner"))
    _link(warehouse)
    _order(warehouse)
    for event in EVENTS:
        _renew_events(warehouse, event)
    _relate(warehouse)
    warehouse.append(_sql("touched_owner"))
    _permit(warehouse)
    share(warehouse)
    warehouse.make(_sql("profile_record"))
    candidate = candidate_statement(survivorship)
    warehouse.make(scoped(candidate, dict.fromkeys(candidate.reads, OF_PROFILE)))
    for statement in map(_sql, (*RELATIONSHIPS, *WIDE, *CONSENTS)):
        warehouse.refresh(statement)
        for name in PASSING.get(statement.writes, ()):
            warehouse.drop(name)
    derive_again(warehouse)
    for name in (CANDIDATE, "temp.profile_record"):
        warehouse.drop(name)
    share(warehouse)
    return report(warehouse, survivorship, {kind: touched(kind) for kind in KEYS})


def _sql(name: str) -> Statement:
    return Statement.load("cdp.golden", name)


def _link(warehouse: Warehouse) -> None:
    """Bring the links from records and identifiers to ids up to date."""
    for name in _LINKED:
        warehouse.refresh(_sql(name))
    warehouse.keep("step.reference_owner")
    warehouse.make(_sql("reference_owner"))
    warehouse.make(_sql("reference_flip"))
    warehouse.append(_sql("touched_event"))


def _order(warehouse: Warehouse) -> None:
    """Bring orders up to date, and which of them are copies of another source's."""
    warehouse.keep("step.linked_order", BY_RECORD_OR_NONE)
    warehouse.refresh(_sql("linked_order"))
    warehouse.redo(_sql("linked_order_unnamed"), "record_id is null")
    linked = f"from step.linked_order where {BY_RECORD_OR_NONE}"
    warehouse.put("step.linked_order_now", warehouse.query(linked))
    warehouse.keep("step.order_number", BY_RECORD_OR_NONE)
    number = scoped(_sql("order_number"), {"step.linked_order": BY_RECORD_OR_NONE})
    warehouse.redo(number, BY_RECORD_OR_NONE)
    for name in ("order_changed", "order_near", "order_around"):
        warehouse.make(_sql(name))
    around = {"step.order_number": "order_id in (select order_id from step.order_around)"}
    warehouse.redo(only(scoped(_sql("order_copy"), around), NEAR), NEAR)
    warehouse.append(_sql("touched_order"))
    _renew_events(warehouse, "order")
    lines = scoped(_sql("order_line"), {"silver.order_line": OLD_OR_NEW_ORDER})
    with _noting_owners(warehouse, LINE_OWNERS):
        warehouse.redo(lines, OLD_OR_NEW_ORDER)
    for name in COPIED:
        warehouse.swap(_sql(name))


def _renew_events(warehouse: Warehouse, event: str) -> None:
    """Bring `gold.<event>` up to date; whoever won or lost one is touched."""
    with _noting_owners(warehouse, _owners(f"gold.{event}", "profile_id", "account_id")):
        warehouse.refresh(_sql(event))
        warehouse.redo(_sql(f"{event}_unnamed"), "record_id is null")


def _relate(warehouse: Warehouse) -> None:
    """Bring relationships up to date; both ends of one that changed are touched."""
    warehouse.append(_sql("touched_relation"))
    ends = {"silver.relationship": BY_RECORD, "gold.source_record": BY_RECORD}
    warehouse.redo(scoped(_sql("linked_relationship"), ends), FROM_RECORD)
    with _noting_owners(warehouse, _owners("step.related", "profile_id", "other_id")):
        warehouse.refresh(_sql("related"))


def _owners(table: str, one: str, other: str) -> str:
    """Return the query for both owners of each row that may be another afterwards."""
    return (
        f"select {one} as one, {other} as other, hash(t) as content "  # noqa: S608 - our own names
        f"from {quoted(table)} as t where {BY_RECORD_OR_NONE}"
    )


@contextmanager
def _noting_owners(warehouse: Warehouse, rows: str) -> Iterator[None]:
    """Add to the touched profiles the owners of rows that are others afterwards."""
    warehouse.put("step.owner_before", warehouse.query(rows))
    yield
    warehouse.put("step.owner_now", warehouse.query(rows))
    warehouse.append(_sql("touched_row"))


def _permit(warehouse: Warehouse) -> None:
    """Bring what is said of contact points up to date; whoever owns one is touched."""
    warehouse.refresh(_sql("linked_consent"))
    warehouse.keep("step.contact_statement")
    warehouse.make(_sql("contact_statement"))
    warehouse.append(_sql("touched_contact"))
