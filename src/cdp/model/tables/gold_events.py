"""Gold: the events of silver with the ids of the people and organisations they belong to.

Same columns as in silver, `profile_id` and `account_id` first; null where nobody is known.
"""

from dataclasses import replace

from cdp.model.tables.declare import Column, Table
from cdp.model.tables.silver_events import SILVER_EVENTS

_IDS = (
    Column(
        "profile_id", "varchar", "person or visitor it belongs to, null when unknown", nullable=True
    ),
    Column("account_id", "varchar", "organisation it belongs to, null when none", nullable=True),
)
_PLAIN = {"silver.product", "silver.order_line"}


def _joined(table: Table) -> Table:
    name = table.name.replace("silver.", "gold.")
    if table.name in _PLAIN:
        return replace(table, name=name)
    return replace(table, name=name, columns=(*_IDS, *table.columns), subject="profile_id")


GOLD_EVENTS = tuple(_joined(table) for table in SILVER_EVENTS)
