"""The block keys of every record, kept in the working file so that a delta finds its partners.

Invariant: `step.engine_block` holds, for every record that blocking saw, one row per rule of the
frozen plan and distinct key; `step.engine_number` the number that stands for a record in it. Keys
are hashes of this version of DuckDB, so the tables hold for one run of rules and one release.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.identity.artefact import Model, PartModel, PartyType
    from cdp.identity.party import KeepKeys
    from cdp.store import Warehouse

FIRST_RULE: Final[Mapping[PartyType, int]] = {"person": 0, "organisation": 1000}
NUMBERS: Final = "step.engine_number"
BLOCKS: Final = "step.engine_block"
_BLOCK: Final = pl.Schema({"rule": pl.Int16(), "key": pl.UInt64(), "number": pl.Int64()})
_NUMBER: Final = pl.Schema({"record_id": pl.String(), "number": pl.Int64()})


class KeptBlocks:
    """Writes block keys to a table while the engine makes them, rule by rule."""

    def __init__(self, warehouse: Warehouse, table: str) -> None:
        self._warehouse = warehouse
        self._table = table
        warehouse.put(table, pl.DataFrame(schema=_BLOCK))

    def afresh(self, kind: PartyType, record_ids: pl.Series) -> KeepKeys:
        """Number these records after all that were numbered in this run, and take their keys."""
        first = self._numbered(record_ids)
        return self._taking(kind, pl.int_range(first, first + len(record_ids), eager=True))

    def again(self, kind: PartyType, record_ids: pl.Series) -> KeepKeys:
        """Take the keys of records that have a number each."""
        known = self._warehouse.query(f"select * from {NUMBERS}")  # noqa: S608 - a constant
        numbers = record_ids.to_frame("record_id").join(
            known, on="record_id", how="left", maintain_order="left"
        )
        return self._taking(kind, numbers["number"])

    def _numbered(self, record_ids: pl.Series) -> int:
        first = self._warehouse.count(NUMBERS)
        numbers = pl.int_range(first, first + len(record_ids), eager=True)
        frame = pl.DataFrame({"record_id": record_ids, "number": numbers}, schema=_NUMBER)
        self._warehouse.insert(NUMBERS, frame)
        return first

    def _taking(self, kind: PartyType, numbers: pl.Series) -> KeepKeys:
        def take(rule: int, keys: pl.DataFrame) -> None:
            rows = keys.select(
                rule=pl.lit(FIRST_RULE[kind] + rule, dtype=pl.Int16()),
                key="key",
                number=numbers.gather(keys["record"]),
            )
            self._warehouse.insert(self._table, rows)

        return take


def begin_numbers(warehouse: Warehouse) -> None:
    """Forget every number."""
    warehouse.put(NUMBERS, pl.DataFrame(schema=_NUMBER))


def caps(model: Model) -> pl.DataFrame:
    """Return (`rule`, `cap`): the largest block of each rule of the frozen plans."""
    rows = [
        (FIRST_RULE[kind] + number, part.plan.block_cap)
        for kind, part in sorted(model.parts.items())
        for number in range(_rules(part))
    ]
    return pl.DataFrame(rows, schema={"rule": pl.Int16(), "cap": pl.Int64()}, orient="row")


def _rules(part: PartModel) -> int:
    return len(part.plan.rules)
