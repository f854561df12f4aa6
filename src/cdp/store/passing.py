"""A working file in memory, for work whose outcome is looked at and not kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from cdp.model.tables import TABLES
from cdp.store.connection import scratch
from cdp.store.schema import SCHEMAS, ddl, quoted
from cdp.store.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def passing(*schemas: str) -> Iterator[Warehouse]:
    """Yield every declared table of these schemas, empty; they are gone afterwards."""
    connection = scratch(memory_limit="1GB")
    try:
        for schema in SCHEMAS:
            connection.execute(f"create schema {quoted(schema)}")
        for table in TABLES:
            if table.name.partition(".")[0] in schemas:
                connection.execute(ddl(table))
        yield Warehouse(connection)
    finally:
        connection.close()
