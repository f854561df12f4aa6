"""What a person looks at first in a view: behaviour, tracking and products owned, in few rows.

Invariants: a row follows from a party's own events, the moment and the products of all; nothing
later than `as_of` is read: a log that ends there gives the same rows, as far as sources tell when
something happened (when an order was completed, and which of its lines came back when, none does).
Only who did, was sent or bought something has rows: person, visitor, or the organisation that it
was done for. Behaviour before somebody said who it is counts, as far as identity found it to be
theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement
from cdp.store.narrow import among, only
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from cdp.store import Warehouse

_SEEN: Final = ("action", "visitor", "line")
"""What overviews are made from, by one id of persons and organisations alike."""

_OVERVIEWS: Final = ("browsing", "tracking", "owned_product")
_CATALOGUE: Final = "temp.overview_catalogue"
_FORERUNNER: Final = "temp.overview_forerunner"
_PRODUCTS: Final = "step.overview_product"


def run(run: Run) -> Report:
    """Replace every overview by its rows as of `run.as_of`."""
    warehouse = run.warehouse
    _prepare(run)
    for name in _SEEN:
        warehouse.view(_sql(name))
    for name in _OVERVIEWS:
        warehouse.replace(_sql(name), as_of=run.as_of)
    for name in _SEEN:
        warehouse.unview(f"temp.overview_{name}")
    _tidy(warehouse)
    warehouse.write(f"create or replace table {_PRODUCTS} as select '{_products(warehouse)}'")
    return Report(_counts(warehouse))


def delta(run: Run, _: Delta) -> Report | None:
    """Bring the overviews of touched profiles and accounts up to date; None: products changed."""
    warehouse = run.warehouse
    if _products(warehouse) != warehouse.query(f"from {_PRODUCTS}").item():
        return None
    share(warehouse)
    _prepare(run)
    for name in _SEEN:  # copied, as so few are looked at more than once
        warehouse.make(only(_sql(name), among("profile_id")))
    for name in _OVERVIEWS:
        warehouse.refresh(_sql(name), as_of=run.as_of)
    for name in _SEEN:
        warehouse.drop(f"temp.overview_{name}")
    _tidy(warehouse)
    return Report(_counts(warehouse), (), PARTIES)


def _prepare(run: Run) -> None:
    run.warehouse.make(_sql("catalogue"))
    run.warehouse.make(_sql("forerunner"), as_of=run.as_of)


def _tidy(warehouse: Warehouse) -> None:
    warehouse.drop(_CATALOGUE)
    warehouse.drop(_FORERUNNER)


def _sql(name: str) -> Statement:
    return Statement.load("cdp.overviews", name)


def _products(warehouse: Warehouse) -> str:
    """Return a hash of the products, whose names and categories the rows of many show."""
    return warehouse.digest("gold.product")


def _counts(warehouse: Warehouse) -> dict[str, int]:
    return {name: warehouse.count(f"gold.{name}") for name in _OVERVIEWS}


STAGE = Stage(
    name="overviews",
    reads=(
        *("gold.interaction", "gold.order", "gold.order_line", "gold.product"),
        *("gold.source_record", "gold.identifier"),
    ),
    writes=tuple(f"gold.{name}" for name in _OVERVIEWS),
    key="profile_id",
    run=run,
    delta=delta,
    uses_as_of=True,
)
