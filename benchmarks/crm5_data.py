"""Cut the third-party records into the extracts of five systems, and give some customers orders.

Invariant: every record ends in exactly one extract, every order of a chosen customer in the orders
exactly once, and the same seed gives the same orders.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

RECORDS = "identity_unlabelled/kanoniv_crm5/records.parquet"
TRANSACTIONS = "clv/cdnow_sample/transactions.parquet"


def prepare(data: Path, out: Path, *, seed: int, buyers: int) -> None:
    """Write one Parquet file for each source of `data`, and the orders of `buyers` of its people.

    Raises:
        FileNotFoundError: `data` lacks the records or the transactions.
    """
    records = pl.read_parquet(data / RECORDS)
    parts = extracts(records)
    for name, part in parts.items():
        part.write_parquet(out / f"{name}.parquet")
    transactions = pl.read_parquet(data / TRANSACTIONS)
    contacts = parts["crm"]["record_id"]
    orders(transactions, contacts, seed=seed, buyers=buyers).write_parquet(out / "shop.parquet")


def extracts(records: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the records by source, each with the columns that this source fills."""
    parts = records.partition_by("source", as_dict=True, include_key=False)
    return {
        str(source): part.select(c.name for c in part if c.null_count() < len(part))
        for (source,), part in sorted(parts.items())
    }


def orders(
    transactions: pl.DataFrame, contacts: pl.Series, *, seed: int, buyers: int
) -> pl.DataFrame:
    """Return `order_id, contact, ordered_at, amount, units` of random customers.

    One customer of the transactions becomes one contact, and no contact two customers.

    Raises:
        ValueError: there are fewer contacts or customers than `buyers`.
    """
    chance = random.Random(seed)
    pairs = {
        "customer_id": chance.sample(transactions["customer_id"].unique().sort().to_list(), buyers),
        "contact": chance.sample(contacts.sort().to_list(), buyers),
    }
    numbered = transactions.sort("customer_id", "ts", "amount", "units").with_row_index("number", 1)
    return (
        numbered.join(pl.DataFrame(pairs), on="customer_id")
        .sort("number")
        .select(
            order_id=pl.format("O{}", pl.col("number").cast(pl.String).str.zfill(6)),
            contact="contact",
            ordered_at=pl.col("ts").cast(pl.Datetime("us")),
            amount="amount",
            units="units",
        )
    )
