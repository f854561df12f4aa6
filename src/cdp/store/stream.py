"""Read a result in batches, so that it never has to fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import duckdb
import polars as pl

from cdp.store.warehouse import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.store.statement import Statement
    from cdp.store.warehouse import Warehouse


def batches(
    warehouse: Warehouse, statement: Statement, rows: int, **params: object
) -> Iterator[pl.DataFrame]:
    """Yield the statement's result in its order, up to so many rows at a time.

    Nothing else may be asked of the warehouse until the last batch was taken.

    Raises:
        WarehouseError: DuckDB refused.
    """
    try:
        result = warehouse.connection.sql(statement.sql, params=params or None)
        for batch in result.to_arrow_reader(rows):
            yield cast("pl.DataFrame", pl.from_arrow(batch))
    except duckdb.Error as error:
        msg = f"{statement.name}: {str(error).strip().splitlines()[0]}"
        raise WarehouseError(msg) from error
