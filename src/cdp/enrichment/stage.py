"""Conclude what golden records do not say: employer, place, language, habits, interests.

Invariants: nothing later than `as_of` is read; a conclusion is never made where a fact is known,
and is never written among the facts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cdp.enrichment import places
from cdp.enrichment.enrichment import in_order
from cdp.model.mail import MAIL_PROVIDERS
from cdp.stage import Report, Run, Stage
from cdp.store import Statement

if TYPE_CHECKING:
    from cdp.store import Warehouse

_READY = ("mail_domain", "action")


def run(run: Run) -> Report:
    """Replace gold.enrichment by what every enrichment concludes as of `run.as_of`."""
    warehouse = run.warehouse
    warehouse.put("step.mail_provider", pl.DataFrame({"domain": sorted(MAIL_PROVIDERS)}))
    examples = warehouse.select(Statement.load("cdp.enrichment", "phone_prefix"))
    warehouse.put("step.phone_place", places.of_phones(examples))
    warehouse.put("step.country_place", places.of_countries())
    warehouse.make(Statement.load("cdp.enrichment", "party"))
    warehouse.append(Statement.load("cdp.enrichment", "party_account"))
    for name in _READY:
        statement = Statement.load("cdp.enrichment", name)
        warehouse.make(statement, **_params(run, statement))
    _conclude(run, warehouse)
    counted = (
        "select attribute, count(*) from gold.enrichment group by attribute order by attribute"
    )
    return Report(dict(warehouse.query(counted).iter_rows()))


def _conclude(run: Run, warehouse: Warehouse) -> None:
    write = warehouse.replace
    for enrichment in in_order():
        statement = Statement.load(enrichment.package, enrichment.name)
        write(statement, **_params(run, statement))
        write = warehouse.append


def _params(run: Run, statement: Statement) -> dict[str, object]:
    return {"as_of": run.as_of} if "as_of" in statement.params else {}


STAGE = Stage(
    name="enrichment",
    reads=(
        "gold.profile",
        "gold.account",
        "gold.identifier",
        "gold.interaction",
        "gold.order",
        "gold.product",
    ),
    writes=("gold.enrichment",),
    key="profile_id",
    run=run,
    uses_as_of=True,
)
