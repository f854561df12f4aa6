"""Silver after a delta: what new versions reach is looked at, everything else stays.

Invariant: the outcome is that of `rebuild`, row for row. Two versions belong together when they
make an entity together; all versions that belong together are looked at. Products are apart: many
records describe one and the latest alone decides, so that the one that does is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.canonical.direct import direct
from cdp.canonical.engine import KEPT, STEPS, TABLES, admitted, check, declare, extract, load
from cdp.canonical.over import over
from cdp.canonical.touched import Silver

if TYPE_CHECKING:
    from cdp.canonical.engine import Instance
    from cdp.canonical.wide import Wide
    from cdp.store import Warehouse

_NEAR: Final = {
    "bronze.record": "temp.canonical_near",
    "bronze.rejected": "temp.canonical_piece",
}
_REACHED: Final = "temp.canonical_reached"
_TOUCHED: Final = "create table if not exists step.touched_record_id (record_id varchar not null)"
_FEW: Final = 100_000
_SHARE: Final = 0.3


def refresh(
    warehouse: Warehouse, instances: list[Instance], country: str, since: int
) -> dict[str, int] | None:
    """Make silver what `rebuild` would, from what arrived after a run; return the rows by table.

    None, with silver untouched, where the last run left nothing to build on, or where most of
    bronze would have to be looked at. `touched.TOUCHED` lists the parties of the rows that changed.

    Raises:
        ReconciliationError: a version was neither accepted, replaced nor quarantined.
    """
    if not all(_is_there(warehouse, f"step.canonical_{name}") for name in KEPT):
        return None
    declare(warehouse, instances)
    warehouse.connection.execute(_TOUCHED)
    warehouse.make(load("arrived"), since=since)
    warehouse.make(load("piece"), since=since)
    while True:
        wides = _reach(warehouse, instances, country)
        if wides is None:
            return None
        for step in STEPS:
            warehouse.make(over(load(step), _NEAR))
        warehouse.make(over(load("offer"), {}, "temp.canonical_offer_now"))
        if not warehouse.make(load("lost")):
            break
        warehouse.make(load("reached_lost"))
    _keep(warehouse, since, wides)
    return {table: warehouse.count(f"silver.{table}") for table in TABLES}


def _is_there(warehouse: Warehouse, table: str) -> bool:
    schema, name = table.split(".")
    found = warehouse.query(
        "select count(*) from information_schema.tables "
        "where table_schema = $schema and table_name = $name",
        schema=schema,
        name=name,
    )
    return bool(found.item())


def _reach(warehouse: Warehouse, instances: list[Instance], country: str) -> list[Wide] | None:
    """Look at every version that belongs together with one that is; None where they are many."""
    while True:
        wides = _look(warehouse, instances, country)
        known = warehouse.count(_REACHED)
        if known > max(_FEW, _SHARE * warehouse.count("bronze.record")):
            return None
        warehouse.make(load("met"))
        if warehouse.make(load("wider")) == known:
            return wides


def _look(warehouse: Warehouse, instances: list[Instance], country: str) -> list[Wide]:
    warehouse.make(load("near"))
    warehouse.make(over(load("version"), _NEAR))
    return extract(warehouse, instances, country, admitted(warehouse, _NEAR))


def _keep(warehouse: Warehouse, since: int, wides: list[Wide]) -> None:
    """Put what was made of the versions that are looked at in place of what was there."""
    _weigh(warehouse, since)
    silver = Silver(warehouse)
    silver.remove()
    _carry_over(warehouse)
    for table in TABLES:
        if table != "product":
            warehouse.append(load(table))
    for statement in direct(wides):
        warehouse.append(statement)
    warehouse.append(load("quarantined"))
    silver.compare()
    warehouse.swap(load("product"))
    warehouse.make(load("balance"))
    warehouse.swap(load("balanced"))
    check(warehouse)


def _weigh(warehouse: Warehouse, since: int) -> None:
    """Count what becomes of the versions that are looked at, before and after."""
    warehouse.make(load("earlier"), since=since)
    earlier = {"bronze.record": "temp.canonical_earlier"}
    warehouse.make(over(load("version"), earlier, "temp.canonical_version_before"))
    warehouse.make(load("balance_before"))
    found = "temp.canonical_quarantine"
    warehouse.make(over(load("quarantine"), _NEAR, found))
    after = _NEAR | {"silver.quarantine": found}
    warehouse.make(over(load("reconciliation"), after, "temp.canonical_balance_after"))


def _carry_over(warehouse: Warehouse) -> None:
    """Bring what the next run on a delta reads up to date."""
    warehouse.make(load("offer_kept"))
    execute = warehouse.connection.execute
    execute("delete from step.canonical_part where seq in (from temp.canonical_reached)")
    execute("delete from step.canonical_consent_key where record_id in (from temp.canonical_met)")
    for step in ("part", "consent_key"):
        warehouse.append(load(step))
