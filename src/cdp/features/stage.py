"""Facts about every person, visitor and organisation as of the run's moment.

Invariants: facts follow from a party's own events, the moment and the currency of all amounts;
nothing later than `as_of` is read: a log that ends there gives the same rows; what happened counts
from when it happened, however late it arrived; an order counts once for the person who placed it
and once for the organisation it was placed for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.settings.money import MONEY
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement
from cdp.store.narrow import among, only
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from decimal import Decimal

    from cdp.store import Warehouse


_EVENTS: Final = ("order", "cart", "interaction")
"""What facts are found from, by one id of persons and organisations alike."""


def run(run: Run) -> Report:
    """Replace gold.feature by one row for every profile and account as of `run.as_of`."""
    warehouse = run.warehouse
    currency, notes = _prepare(run)
    for name in _EVENTS:
        warehouse.view(_sql(name))
    warehouse.replace(_sql("feature"), currency=currency, as_of=run.as_of)
    for name in _EVENTS:
        warehouse.unview(f"temp.feature_{name}")
    return Report(_counts(warehouse), notes)


def delta(run: Run, _: Delta) -> Report | None:
    """Bring the rows of touched profiles and accounts up to date; None: another currency rules."""
    warehouse = run.warehouse
    found = warehouse.query("select distinct currency from gold.feature").rows()
    share(warehouse)
    currency, notes = _prepare(run)
    if found != [(currency,)]:
        return None
    for name in _EVENTS:  # copied, as so few are looked at more than once
        warehouse.make(only(_sql(name), among("profile_id")))
    warehouse.refresh(_sql("feature"), currency=currency, as_of=run.as_of)
    for name in _EVENTS:
        warehouse.drop(f"temp.feature_{name}")
    return Report(_counts(warehouse), notes, PARTIES)


def _prepare(run: Run) -> tuple[str | None, tuple[str, ...]]:
    """Return the currency of all amounts and who has no rate; note what is no copy yet."""
    warehouse = run.warehouse
    warehouse.view(_sql("owner"))
    warehouse.make(_sql("forerunner"), as_of=run.as_of)
    warehouse.make(_sql("currency"), as_of=run.as_of)
    currency, rates, notes = _money(run)
    warehouse.put("temp.feature_rate", _rate_table(rates))
    return currency, notes


def _sql(name: str) -> Statement:
    return Statement.load("cdp.features", name)


def _money(run: Run) -> tuple[str | None, dict[str, Decimal | int], tuple[str, ...]]:
    """Return the currency of all amounts, the rate of each known one, and who has none."""
    declared = run.workspace.one(MONEY)
    found = run.warehouse.query(
        "select currency, orders from temp.feature_currency order by orders desc, currency"
    ).rows()
    currency = declared.currency or (found[0][0] if found else None)
    rates: dict[str, Decimal | int] = {**declared.rates}
    if currency is not None:
        rates[currency] = 1
    notes = tuple(
        f"{orders:,} orders in {name} are counted but not in revenue: "
        f"give `rates: {{{name}: ...}}` in {MONEY.path} ({currency} for one {name})"
        for name, orders in found
        if name not in rates
    )
    return currency, rates, notes


def _rate_table(rates: dict[str, Decimal | int]) -> pl.DataFrame:
    rows = {"currency": list(rates), "rate": [str(rate) for rate in rates.values()]}
    text = pl.DataFrame(rows, schema={"currency": pl.String, "rate": pl.String})
    return text.with_columns(pl.col("rate").cast(pl.Decimal(18, 6)))


def _counts(warehouse: Warehouse) -> dict[str, int]:
    frame = warehouse.query(
        "select count(*) as profiles, "
        "count(*) filter (where orders > 0) as with_orders, "
        "count(*) filter (where last_interaction_at is not null) as with_interactions "
        "from gold.feature"
    )
    return frame.row(0, named=True)


STAGE = Stage(
    name="features",
    reads=("gold.profile", "gold.account", "gold.order", "gold.cart", "gold.interaction"),
    writes=("gold.feature",),
    key="profile_id",
    run=run,
    delta=delta,
    config=(MONEY,),
    uses_as_of=True,
)
