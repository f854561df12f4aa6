"""A working file that the tests of a module share, since making its tables takes a while."""

from cdp.ingest.stage import STAGE
from cdp.store import Warehouse


def emptied(warehouse: Warehouse) -> Warehouse:
    """Forget what was landed."""
    for table in STAGE.writes:
        warehouse.connection.execute(f"delete from {table}")  # noqa: S608 - our own names
    return warehouse
