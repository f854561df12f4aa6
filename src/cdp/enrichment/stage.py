"""Conclude what golden records do not say: employer, place, language, habits, interests.

Invariants: nothing later than `as_of` is read; a conclusion is never made where a fact is known,
and is never written among the facts.
"""

from __future__ import annotations

import polars as pl

from cdp.enrichment.delta import delta
from cdp.enrichment.enrichment import in_order
from cdp.enrichment.ready import by_party, make_domains, make_places, params, product_digest
from cdp.stage import Report, Run, Stage
from cdp.store import Statement


def run(run: Run) -> Report:
    """Replace gold.enrichment by what every enrichment concludes as of `run.as_of`."""
    warehouse = run.warehouse
    make_places(warehouse)
    make_domains(warehouse)
    digest = pl.DataFrame({"digest": [product_digest(warehouse)]})
    warehouse.put("step.enrichment_product", digest)
    warehouse.make(_sql("party"))
    warehouse.append(_sql("party_account"))
    warehouse.make(_sql("action"), **params(run, _sql("action")))
    write = warehouse.replace
    for enrichment in in_order():
        statement = Statement.load(enrichment.package, enrichment.name)
        write(statement, **params(run, statement))
        write = warehouse.append
    return Report(by_party(warehouse))


def _sql(name: str) -> Statement:
    return Statement.load("cdp.enrichment", name)


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
    delta=delta,
)
