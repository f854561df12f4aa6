"""Households and company groups: who belongs together although they are not one.

They are made after persons and organisations, of links that SQL finds within one house, contact
point, domain or brand, put together in `cdp.golden.linked`, and keep their ids from run to run
as profiles do: an id goes to whoever has most of the members it had.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cdp.golden import firm, home
from cdp.golden.linked import together
from cdp.model.mail import MAIL_PROVIDERS
from cdp.store import Statement

if TYPE_CHECKING:
    from cdp.store import Warehouse

_LARGEST_HOUSEHOLD = 12
_LARGEST_GROUP = 500
_SURE = 0.85

BY_PROFILE = ("work_record", "home", "work_address")
READ = frozenset(
    {
        "step.work_record",
        "step.home",
        "step.work_address",
        "step.organisation",
        "step.linked_identifier",
        "gold.identifier",
        "step.related",
        "step.employer",
        "step.parent",
    }
)
"""What households and groups are made of."""
OFFICES = ("firm_house", "business_address")
RESIDENT = "resident"
HOUSEHOLD_LINKS = ("house", "shared_contact", "household_link")
FIRMS = ("firm", "firm_domain", "group_link")
KEPT = ("collective_before", "collective_id")
TABLES = (
    "account_hierarchy",
    "household_member",
    "household",
    "company_group_member",
    "company_group",
)

_TEXTS = "select kind, text from step.home_text"
_NEW_TEXTS = "select kind, text from step.home_text except select kind, text from step.home_key"


def derive(warehouse: Warehouse) -> None:
    """Write the tables of households and company groups from what golden has made so far."""
    _make(warehouse, BY_PROFILE)
    _make(warehouse, ("home_text",))
    warehouse.put("step.home_key", home.keys(warehouse.query(_TEXTS)))
    _make(warehouse, (*OFFICES, RESIDENT))
    _put_together(warehouse)
    for name in TABLES:
        warehouse.replace(Statement.load("cdp.golden", name))


def derive_again(warehouse: Warehouse) -> None:
    """Do the same after a delta; where nothing changed that tells who belongs together, nothing.

    Whoever is in another household or group than before is added to the touched profiles.
    """
    for name in BY_PROFILE:
        warehouse.refresh(Statement.load("cdp.golden", name))
    if not warehouse.changed.intersection(READ):
        return
    _make(warehouse, ("home_text",))
    warehouse.insert("step.home_key", home.keys(warehouse.query(_NEW_TEXTS)))
    _renew_residents(warehouse)
    _put_together(warehouse)
    for table in ("account_hierarchy", "household_member", "company_group_member"):
        warehouse.keep(f"gold.{table}")
    for name in TABLES:
        warehouse.swap(Statement.load("cdp.golden", name))
    warehouse.append(Statement.load("cdp.golden", "touched_member"))


def _renew_residents(warehouse: Warehouse) -> None:
    """Bring residents up to date; those of other profiles differ only where an office is new."""
    before = warehouse.digest("step.business_address")
    _make(warehouse, OFFICES)
    same = warehouse.digest("step.business_address") == before
    renew = warehouse.refresh if same else warehouse.make
    renew(Statement.load("cdp.golden", RESIDENT))


def _put_together(warehouse: Warehouse) -> None:
    """Make `step.collective` and `step.collective_id`."""
    _make(warehouse, HOUSEHOLD_LINKS)
    _make(warehouse, ("firm_name",))
    warehouse.put("step.firm_key", firm.keys(warehouse.query("select name from step.firm_name")))
    providers = pl.DataFrame({"domain": sorted(MAIL_PROVIDERS)})
    warehouse.put("step.golden_mail_provider", providers)
    _make(warehouse, FIRMS)
    warehouse.put("step.collective", _collectives(warehouse))
    _make(warehouse, KEPT)


def _collectives(warehouse: Warehouse) -> pl.DataFrame:
    kinds = (
        ("household", "step.household_link", _LARGEST_HOUSEHOLD),
        ("group", "step.group_link", _LARGEST_GROUP),
    )
    return pl.concat(
        together(
            warehouse.query(f"select left_id, right_id, confidence from {table}"),  # noqa: S608 - ours
            largest,
            _SURE,
        ).select(pl.lit(kind).alias("kind"), "member_id", "first_id")
        for kind, table, largest in kinds
    )


def _make(warehouse: Warehouse, names: tuple[str, ...]) -> None:
    for name in names:
        warehouse.make(Statement.load("cdp.golden", name))
