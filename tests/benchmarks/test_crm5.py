"""The pure parts of the benchmark on third-party extracts, on small tables made here."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


data = load("crm5_data")
checks = load("crm5_checks")

RECORDS = pl.DataFrame(
    {
        "record_id": ["C1", "C2", "C3", "A1"],
        "source": ["crm", "crm", "crm", "app"],
        "email": ["a@x.example", None, None, None],
        "phone": [None, None, None, "1"],
    }
)
BOUGHT = pl.DataFrame(
    {
        "customer_id": ["1", "1", "2", "3"],
        "ts": pl.Series([f"1997-01-0{day}" for day in (2, 1, 3, 4)]).str.to_datetime("%Y-%m-%d"),
        "amount": [2.0, 1.0, 3.0, 4.0],
        "source": ["cdnow"] * 4,
        "units": [1, 1, 1, 1],
    }
)


def test_an_extract_has_the_records_and_the_filled_columns_of_its_source() -> None:
    parts = data.extracts(RECORDS)
    assert {name: part.columns for name, part in parts.items()} == {
        "app": ["record_id", "phone"],
        "crm": ["record_id", "email"],
    }
    assert sum(len(part) for part in parts.values()) == len(RECORDS)


@pytest.mark.parametrize("seed", range(5))
def test_each_buyer_is_one_contact_and_keeps_all_orders(seed: int) -> None:
    contacts = pl.Series(["C1", "C2", "C3"])
    orders = data.orders(BOUGHT, contacts, seed=seed, buyers=2)
    again = data.orders(BOUGHT.reverse(), contacts.reverse(), seed=seed, buyers=2)
    assert orders.equals(again)
    assert orders["order_id"].is_unique().all()
    assert orders["contact"].n_unique() == 2
    by_contact = orders.group_by("contact").agg(pl.col("amount").sort())
    assert {tuple(a) for a in by_contact["amount"]} < {(1.0, 2.0), (3.0,), (4.0,)}


def test_more_buyers_than_contacts_are_refused() -> None:
    with pytest.raises(ValueError, match="larger than population"):
        data.orders(BOUGHT, pl.Series(["C1"]), seed=1, buyers=2)


def holding(assignment: dict[str, str], **changed: pl.DataFrame) -> Any:
    counts = {"source": ["crm"], "rows_in": [4], "accepted": [2], "superseded": [1]}
    ordered = {"order_id": ["shop:O1"], "record_id": ["crm:C1"], "profile_id": ["P-1"]}
    rest = {"duplicate_of": pl.Series([None], dtype=pl.String), "amount": [1.0], "owner": ["P-1"]}
    parts = {
        "counts": pl.DataFrame(counts | {"quarantined": [1]}),
        "ids": pl.DataFrame({"profile_id": ["P-1"], "entity_type": ["person"]}),
        "orders": pl.DataFrame(ordered | rest),
    }
    rows = {"record_id": list(assignment), "profile_id": list(assignment.values())}
    return checks.Held(**(parts | changed), assignment=pl.DataFrame(rows), manifest=b"1")


NOW = holding({"crm:C1": "P-1", "crm:C2": "P-1", "app:A1": "P-2"})
DELIVERED = pl.DataFrame({"order_id": ["O1"], "contact": ["C1"], "amount": [1.0]})


def test_what_holds_passes() -> None:
    checks.reconciled(NOW, {"crm": 4})
    checks.ordered_once(NOW, DELIVERED)
    checks.unchanged(NOW, NOW)
    assert checks.undisturbed(NOW, NOW, "app") == 1


@pytest.mark.parametrize("rows", [{"crm": 5}, {"crm": 4, "app": 1}, {}])
def test_counts_that_differ_are_found(rows: dict[str, int]) -> None:
    with pytest.raises(checks.CheckError):
        checks.reconciled(NOW, rows)


@pytest.mark.parametrize(
    "column",
    [
        pl.lit("P-2").alias("owner"),
        pl.lit(None, pl.String).alias("profile_id"),
        pl.lit("shop:O2").alias("order_id"),
        pl.lit("crm:C2").alias("record_id"),
        pl.lit(2.0).alias("amount"),
        pl.lit("erp:1").alias("duplicate_of"),
    ],
)
def test_an_order_that_is_wrong_is_found(column: pl.Expr) -> None:
    orders = NOW.orders.with_columns(column)
    with pytest.raises(checks.CheckError):
        checks.ordered_once(holding({}, orders=orders), DELIVERED)


def test_an_order_that_is_there_twice_is_found() -> None:
    orders = pl.concat([NOW.orders, NOW.orders])
    with pytest.raises(checks.CheckError):
        checks.ordered_once(holding({}, orders=orders), DELIVERED)


@pytest.mark.parametrize(
    "after",
    [
        {"crm:C1": "P-1"},
        {"crm:C1": "P-1", "crm:C2": "P-3"},
        {"crm:C1": "P-3", "crm:C2": "P-3"},
        {"crm:C1": "P-1", "crm:C2": "P-1", "crm:C3": "P-1"},
    ],
)
def test_a_profile_that_changed_is_found(after: dict[str, str]) -> None:
    with pytest.raises(checks.CheckError, match="P-1"):
        checks.undisturbed(NOW, holding(after), "app")
    with pytest.raises(checks.CheckError, match="assignment"):
        checks.unchanged(NOW, holding(after))
