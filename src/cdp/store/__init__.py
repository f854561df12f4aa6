"""The only room that opens DuckDB, SQLite and the key-value file."""

from cdp.store.connection import scratch
from cdp.store.statement import Statement
from cdp.store.warehouse import Warehouse

__all__ = ["Statement", "Warehouse", "scratch"]
