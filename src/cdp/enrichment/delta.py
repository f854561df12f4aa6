"""The stage enrichment on a delta: conclusions on touched parties alone.

Invariant: the outcome is that of a full run, row for row. What all conclusions rest on (domains,
the places of telephone numbers, products) is made anew; where it changed for others than touched
parties, they are touched too, or everything is concluded anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.enrichment.enrichment import in_order
from cdp.enrichment.ready import by_party, make_domains, params, product_digest, renew_places
from cdp.stage import Report
from cdp.store import Statement
from cdp.store.narrow import among, narrowed
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from cdp.stage import Delta, Run
    from cdp.store import Warehouse


def delta(run: Run, _: Delta) -> Report | None:
    """Bring gold.enrichment up to date for touched parties.

    None where products changed.
    """
    warehouse = run.warehouse
    if product_digest(warehouse) != warehouse.query("from step.enrichment_product").item():
        return None
    renew_places(warehouse)
    warehouse.append(_sql("touched_place"))
    warehouse.keep("step.mail_domain")
    make_domains(warehouse)
    warehouse.append(_sql("touched_domain"))
    share(warehouse)
    warehouse.redo(narrowed(_sql("party")), among("profile_id"))
    warehouse.append(narrowed(_sql("party_account")))
    warehouse.refresh(_sql("action"), **params(run, _sql("action")))
    _conclude(run, warehouse)
    return Report(by_party(warehouse), (), PARTIES)


def _sql(name: str) -> Statement:
    return Statement.load("cdp.enrichment", name)


def _conclude(run: Run, warehouse: Warehouse) -> None:
    """Conclude anew for touched parties, and leave the conclusions on all others."""
    with warehouse.renewing("gold.enrichment", among("profile_id")):
        for enrichment in in_order():
            statement = Statement.load(enrichment.package, enrichment.name)
            warehouse.append(narrowed(statement), **params(run, statement))
