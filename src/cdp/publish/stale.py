"""What of a generation may be other rows now: sets of keys, and conditions on every table.

Invariant: a row that satisfies no condition is the same in the generation before and in gold; a
row too many is harmless, because the same condition removes the old one and adds the new one.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from cdp.model.tables import BY_NAME

if TYPE_CHECKING:
    from cdp.store import Warehouse

_SETS: Final = (
    "id",
    "record",
    "near",
    "near_record",
    "compared",
    "related",
    "identifier",
    "order",
)
"""The step tables `publish_<set>`, each made from those before it."""

WHOLE: Final = frozenset(
    {
        "gold.best_seller",
        "gold.company_group",
        "gold.household",
        "gold.product",
        "gold.product_affinity",
        "gold.recommender",
        "identity.blocked_value",
        "identity.conflict",
        "identity.doubt",
        "identity.possible",
        "identity.review",
        "quality.quarantined",
    }
)
"""Small tables whose rows follow from more than their own key: replaced whole."""

IDS: Final = "step.publish_id"
NEAR: Final = "step.publish_near"
RELATED: Final = "step.publish_related"
_COLUMNS: Final = ("profile_id", "account_id", "other_id", "retired_id")


def find(warehouse: Warehouse) -> None:
    """Make the sets, the generation before being attached."""
    for name in _SETS:
        sql = (files("cdp.publish") / "queries" / f"patch_{name}.sql").read_text("utf-8")
        warehouse.write(f"create or replace table step.publish_{name} as {sql}")


def condition(table: str) -> str | None:
    """Return which rows of a table may be others now; None: all of them."""
    if table == "identity.edge":
        return edges("step.publish_record")
    if table == "gold.order_line":
        return "order_id in (select order_id from step.publish_order)"
    columns = {c.name for c in BY_NAME[table].columns}
    owners = [name for name in _COLUMNS if name in columns]
    if table in WHOLE or not owners:
        return None
    return " or ".join([*(among(name, IDS) for name in owners), *_of_nobody(table)])


def among(column: str, ids: str) -> str:
    """Return the condition that a column names one of these ids."""
    return f"{column} in (select profile_id from {ids})"  # noqa: S608 - our own names


def edges(records: str) -> str:
    """Return the condition that a pair has one of these records."""
    chosen = f"select record_id from {records}"  # noqa: S608 - our own names
    return f"record_l in ({chosen}) or record_r in ({chosen})"


def own(table: str) -> str | None:
    """Return the condition that a row is a touched party's own; None for a table without owner."""
    columns = {c.name for c in BY_NAME[table].columns}
    owner = next((name for name in ("profile_id", "account_id") if name in columns), None)
    return among(owner, IDS) if owner is not None and table not in WHOLE else None


def _of_nobody(table: str) -> list[str]:
    """Return the condition that an event has no owner, which no touched key tells of."""
    nullable = {c.name for c in BY_NAME[table].columns if c.nullable}
    is_event = {"profile_id", "account_id"} <= nullable
    return ["coalesce(profile_id, account_id) is null"] if is_event else []
