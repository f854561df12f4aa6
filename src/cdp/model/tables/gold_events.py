"""Gold: the events of silver with the ids of the people and organisations they belong to.

Same columns as in silver, `profile_id` and `account_id` first; null where nobody is known; of
carts since when they are abandoned. An order that two systems hold keeps both rows; the copy names
its original, so that revenue is summed over the rows whose `duplicate_of` is null.
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
_DUPLICATE_OF = Column(
    "duplicate_of",
    "varchar",
    "order of another source that this row is a copy of; null: the row counts",
    nullable=True,
)
_ABANDONED_AT = Column(
    "abandoned_at",
    "timestamp",
    "since when nobody touched it, where its source calls it abandoned (UTC); null: it does not",
    nullable=True,
)
_FOUND = {"gold.order": (_DUPLICATE_OF,), "gold.cart": (_ABANDONED_AT,)}
"""What golden finds out about an event beside whose it is."""
_PLAIN = {"silver.product", "silver.order_line", "silver.campaign", "silver.target_group"}


def _joined(table: Table) -> Table:
    name = table.name.replace("silver.", "gold.")
    if table.name in _PLAIN:
        return replace(table, name=name)
    found = _FOUND.get(name, ())
    columns = (*_IDS, *found, *table.columns)
    return replace(table, name=name, columns=columns, subject="profile_id")


GOLD_EVENTS = tuple(_joined(table) for table in SILVER_EVENTS)
