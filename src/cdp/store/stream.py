"""Read a result in batches, so that it never has to fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from cdp.store.warehouse import WarehouseError

if TYPE_CHECKING:
    from collections.abc import Generator

    import pyarrow as pa

    from cdp.store.statement import Statement
    from cdp.store.warehouse import Warehouse


def batches(
    warehouse: Warehouse, statement: Statement, rows: int, **params: object
) -> Generator[pa.RecordBatch, None, None]:
    """Yield the statement's result in its order, up to so many rows at a time.

    Nothing else may be asked of the warehouse until the last batch was taken or this was closed.

    Raises:
        WarehouseError: DuckDB refused.
    """
    try:
        result = warehouse.connection.sql(statement.sql, params=params or None)
        with result.to_arrow_reader(rows) as reader:
            yield from reader
    except duckdb.Error as error:
        msg = f"{statement.name}: {str(error).strip().splitlines()[0]}"
        raise WarehouseError(msg) from error
