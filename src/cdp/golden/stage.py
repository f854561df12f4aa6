"""Stage golden: the golden record of every id, and all that hangs on it.

Invariant: nothing of silver is lost on the way: each source record belongs to one id, and each
event is in gold exactly once, with or without an owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.golden import given
from cdp.golden.collectives import derive
from cdp.golden.delta import delta
from cdp.golden.merit import CANDIDATE, define, rule_names
from cdp.golden.outcome import KEPT, report
from cdp.golden.permission import CONSENT
from cdp.golden.plan import PASSING, plan
from cdp.golden.survivorship import SURVIVORSHIP
from cdp.stage import Report, Run, Stage
from cdp.store.narrow import scoped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cdp.store import Statement, Warehouse

AT_ONCE: Final = 2_000_000
"""Candidates among which golden values are chosen at a time."""


def run(run: Run) -> Report:
    """Rebuild every table of the golden room and report what it holds.

    Raises:
        ReconciliationError: a source record has no id, or an event was lost or doubled.
    """
    warehouse = run.warehouse
    survivorship = run.workspace.one(SURVIVORSHIP)
    warehouse.put("step.consent_default", run.workspace.one(CONSENT).defaults())
    warehouse.put("step.given_consent", given.statements(run.workspace.home))
    warehouse.put("step.rule_name", rule_names(survivorship))
    define(warehouse, survivorship)
    _carry_out(warehouse, plan(survivorship))
    derive(warehouse)
    warehouse.drop(CANDIDATE)
    return report(warehouse, survivorship)


def _carry_out(warehouse: Warehouse, statements: Iterable[Statement]) -> None:
    written: set[str] = set()
    for statement in statements:
        if statement.writes == "gold.attribute":
            _replace_in_parts(warehouse, statement)
        elif statement.writes in written:
            warehouse.append(statement)
        elif statement.writes.startswith(("step.", "temp.")):
            warehouse.make(statement)
        else:
            warehouse.replace(statement)
        written.add(statement.writes)
        for name in PASSING.get(statement.writes, ()):
            warehouse.drop(name)


def _replace_in_parts(warehouse: Warehouse, statement: Statement) -> None:
    """Write what follows from the candidates, of some profiles at a time.

    The best value of every attribute of every profile is more than fits into memory at once.
    """
    parts = 1 + warehouse.count(CANDIDATE) // AT_ONCE
    work = warehouse.replace
    for part in range(parts):
        mine = f"hash(profile_id) % {parts} = {part}"
        work(scoped(statement, {CANDIDATE: mine}))
        work = warehouse.append


STAGE = Stage(
    name="golden",
    reads=(
        "silver.record",
        "silver.attribute",
        "silver.identifier",
        "silver.consent",
        "silver.party_role",
        "silver.relationship",
        *(f"silver.{name}" for name in KEPT),
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
        "gold.role",
        "gold.relationship",
        "gold.account_hierarchy",
        "gold.household",
        "gold.household_member",
        "gold.company_group",
        "gold.company_group_member",
        *(f"gold.{name}" for name in KEPT),
    ),
    key="profile_id",
    run=run,
    config=(SURVIVORSHIP, CONSENT),
    state=("consent",),
    delta=delta,
)
