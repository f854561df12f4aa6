"""A workspace of raw files of invented customers, their orders and web events, and a delivery more.

Invariant: the same size and seed give the same bytes; no Python is run per record. The customers
are those of `scale_data`: `crm` is a CSV file, `shop` JSON lines, `app` Parquet; there are as many
orders (CSV) and as many events (JSON lines) as records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import yaml
from scale_data import generate

if TYPE_CHECKING:
    from pathlib import Path

_BEGIN: Final = 1_735_689_600  # 2025-01-01 UTC
_YEAR: Final = 365 * 86_400
_TABLES: Final = ("crm", "shop", "app")
_TYPES: Final = {"crm": "csv_file", "shop": "jsonl_file", "app": "parquet_file"}
_SUFFIX: Final = {"crm": "csv", "shop": "jsonl", "app": "parquet"}
_PARTY: Final = """
objects:
  people:
    parties:
      - type: {const: person}
        changed: changed
        attributes:
          given_name: first
          family_name: last
          full_name: name
          birth_date: born
          company: firm
        addresses: [{street: street, postcode: postcode, city: city, country: {const: GB}}]
        identifiers: [{kind: email, value: email}, {kind: phone, value: phone}]
"""
_SLASHES: Final = "slash_dates: day_first\n"
_SALES: Final = """
objects:
  orders:
    orders:
      - party: {path: customer, of: crm}
        ordered_at: at
        status: {path: status, map: {open: open, done: completed, void: cancelled}}
        channel: {const: shop}
        currency: currency
        amount: amount
"""
_WEB: Final = """
objects:
  events:
    interactions:
      - party: {path: user, of: shop}
        occurred_at: at
        channel: {const: web}
        type: {path: type, map: {page: page_viewed, product: product_viewed, search: searched}}
        subject: page
"""
MAPPINGS: Final = {
    "crm": _PARTY,
    "shop": _PARTY,
    "app": _SLASHES + _PARTY,
    "sales": _SALES,
    "web": _WEB,
}


def write_workspace(folder: Path, records: int, seed: int) -> None:
    """Write the rules, and raw files of so many records with twice as many orders and events."""
    rules, data = folder / "rules", folder / "data"
    files: dict[str, object] = {
        "cdp.yaml": {"name": "scale", "country": "GB", "as_of": "2026-07-01", "data": str(data)}
    }
    for name in _TABLES:
        files[f"sources/{name}.yaml"] = _source(_TYPES[name], name)
    files["sources/sales.yaml"] = _source("csv_file", "sales")
    files["sources/web.yaml"] = _source("jsonl_file", "web")
    files |= {f"mappings/{name}.yaml": yaml.safe_load(text) for name, text in MAPPINGS.items()}
    for path, content in files.items():
        target = rules / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    people = _people(records, seed)
    people.write_parquet(folder / "people.parquet")
    for name in _TABLES:
        own = people.filter(pl.col("source") == name)
        _write(data, name, own, "people-1")
    rng = np.random.default_rng(seed + 1)
    _write_events(data, people, records, rng, "1")


def write_delta(folder: Path, rows: int, seed: int) -> None:
    """Deliver one more file of each source, so many rows in all, a third of them people.

    Half of the people are new, the others have moved.
    """
    people = pl.read_parquet(folder / "people.parquet")
    rng = np.random.default_rng(seed + 2)
    each = max(3, rows // 3)
    changed = people.sample(each // 2, seed=seed).with_columns(
        street=pl.lit("1 New Street"), changed=pl.lit("2026-06-01T10:00:00Z")
    )
    new = _people(each - each // 2, seed + 3).with_columns(id="9" + pl.col("id"))
    some = pl.concat([changed, new])
    for name in _TABLES:
        _write(folder / "data", name, some.filter(pl.col("source") == name), f"people-2-{seed}")
    _write_events(folder / "data", people, each, rng, f"2-{seed}", first=10**9)


def _source(type_: str, name: str) -> dict[str, object]:
    options = {"id_column": "id", "changed_at_column": "changed"}
    if name in {"sales", "web"}:
        options = {"id_column": "id", "changed_at_column": "at"}
    return {"type": type_, "path": name, "region": "UK", "options": options}


def _people(records: int, seed: int) -> pl.DataFrame:
    found, _ = generate(records, seed)
    return found.select(
        pl.col("source"),
        pl.col("record_id").str.split(":").list.last().alias("id"),
        pl.lit("2025-06-01T10:00:00Z").alias("changed"),
        pl.col("given_name").alias("first"),
        pl.col("family_name").alias("last"),
        pl.col("full_name").alias("name"),
        pl.col("birth_date").alias("born"),
        pl.col("company").alias("firm"),
        "street",
        "postcode",
        "city",
        pl.col("emails").list.first().alias("email"),
        pl.col("phones").list.first().alias("phone"),
    )


def _write(data: Path, name: str, rows: pl.DataFrame, stem: str) -> None:
    target = data / name / f"{stem}.{_SUFFIX[name]}"
    target.parent.mkdir(parents=True, exist_ok=True)
    plain = rows.drop("source")
    if name == "crm":
        plain.write_csv(target)
    elif name == "shop":
        plain.write_ndjson(target)
    else:
        plain.write_parquet(target)


def _write_events(
    data: Path,
    people: pl.DataFrame,
    count: int,
    rng: np.random.Generator,
    stem: str,
    first: int = 0,
) -> None:
    keys = {name: people.filter(pl.col("source") == name)["id"] for name in ("crm", "shop")}
    moments = {
        name: pl.from_epoch(pl.Series(_BEGIN + rng.integers(0, _YEAR, count))).dt.strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
        for name in keys
    }
    orders = pl.DataFrame(
        {
            "id": pl.int_range(first, first + count, eager=True).cast(pl.String),
            "customer": keys["crm"].gather(rng.integers(0, len(keys["crm"]), count)),
            "at": moments["crm"],
            "status": pl.Series(["open", "done", "void"]).gather(rng.integers(0, 3, count)),
            "currency": pl.repeat("GBP", count, eager=True),
            "amount": pl.Series(rng.integers(100, 50_000, count) / 100).cast(pl.String),
        }
    )
    events = pl.DataFrame(
        {
            "id": pl.int_range(first, first + count, eager=True).cast(pl.String),
            "user": keys["shop"].gather(rng.integers(0, len(keys["shop"]), count)),
            "at": moments["shop"],
            "type": pl.Series(["page", "product", "search"]).gather(rng.integers(0, 3, count)),
            "page": "/p/" + pl.Series(rng.integers(0, 5000, count)).cast(pl.String),
        }
    )
    for name in ("sales", "web"):
        (data / name).mkdir(parents=True, exist_ok=True)
    orders.write_csv(data / "sales" / f"orders-{stem}.csv")
    events.write_ndjson(data / "web" / f"events-{stem}.jsonl")
