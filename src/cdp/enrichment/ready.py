"""What conclusions rest on beside the party itself: domains, places of numbers, products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.enrichment import places
from cdp.model.mail import MAIL_PROVIDERS
from cdp.store import Statement

if TYPE_CHECKING:
    from cdp.stage import Run
    from cdp.store import Warehouse

PLACES: Final = "step.phone_place"
_EXAMPLES: Final = "select prefix, example from step.phone_prefix"


def make_places(warehouse: Warehouse) -> None:
    """Make the places of telephone numbers and of countries."""
    warehouse.make(Statement.load("cdp.enrichment", "phone_prefix"))
    warehouse.put(PLACES, places.of_phones(warehouse.query(_EXAMPLES)))
    warehouse.put("step.country_place", places.of_countries())


def renew_places(warehouse: Warehouse) -> None:
    """Look up the numbers that are new, and keep the places as they were beside them."""
    warehouse.keep("step.phone_prefix")
    warehouse.keep("step.phone_place")
    warehouse.make(Statement.load("cdp.enrichment", "phone_prefix"))
    new = f"({_EXAMPLES}) except from step.phone_prefix_before"
    warehouse.put("step.phone_place_new", places.of_phones(warehouse.query(new)))
    warehouse.make(Statement.load("cdp.enrichment", "phone_place"))


def make_domains(warehouse: Warehouse) -> None:
    """Make the e-mail domains that tell an organisation."""
    warehouse.put("step.mail_provider", pl.DataFrame({"domain": sorted(MAIL_PROVIDERS)}))
    warehouse.make(Statement.load("cdp.enrichment", "mail_domain"))


def product_digest(warehouse: Warehouse) -> str:
    """Return a hash of the products that interests are told by."""
    return warehouse.digest("gold.product")


def params(run: Run, statement: Statement) -> dict[str, object]:
    """Return the parameters that the statement takes."""
    return {"as_of": run.as_of} if "as_of" in statement.params else {}


def by_party(warehouse: Warehouse) -> dict[str, int]:
    """Return the conclusions by attribute."""
    counted = (
        "select attribute, count(*) from gold.enrichment group by attribute order by attribute"
    )
    return dict(warehouse.query(counted).iter_rows())
