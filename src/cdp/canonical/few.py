"""A few records through the very statements of a run, in memory, for whoever cannot wait for one.

Invariant: what silver says of them is what a run over them alone would say; nothing of it is kept.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.canonical.engine import rebuild
from cdp.store.passing import passing

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from cdp.canonical.engine import Instance
    from cdp.store import Warehouse

_SCHEMAS: Final = ("bronze", "quality", "silver")


class Few:
    """A place in memory to which records are put, some after the others; made when first used."""

    def __init__(self, country: str, *more: str) -> None:
        """`more` are schemas whose tables are wanted beside those that silver is made of."""
        self._country, self._schemas = country, (*_SCHEMAS, *more)
        self._kept = ExitStack()
        self._warehouse: Warehouse | None = None

    def __enter__(self) -> Self:
        """Return the place."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the memory back."""
        self.close()

    def silver(self, rows: pl.DataFrame, instances: list[Instance]) -> Warehouse:
        """Return a working file whose silver tables say what these records are, and nothing else.

        `rows` has the columns of `cdp.sources.ROWS` with `source`, `object` and `received_at`; the
        later of two versions of a record comes later.

        Raises:
            ReconciliationError: a record was neither accepted nor quarantined.
        """
        if self._warehouse is None:
            self._warehouse = self._kept.enter_context(passing(*self._schemas))
        warehouse = self._warehouse
        with warehouse.transaction():
            warehouse.put("bronze.record", _landed(rows))
            rebuild(warehouse, instances, self._country)
        return warehouse

    def close(self) -> None:
        """Give the memory back; it is taken again when records come."""
        self._kept.close()
        self._warehouse = None


def _landed(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("native_id").is_not_null()).with_columns(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("seq"),
        pl.concat_str("source", pl.lit(":"), "native_id").alias("record_id"),
        pl.lit(1, pl.Int64).alias("load_id"),
    )
