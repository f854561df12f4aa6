"""The file for analysts: the tables of gold in key order, and the views over them."""

from __future__ import annotations

from importlib.resources import files

from cdp.model.tables import TABLES, Table
from cdp.model.views import VIEWS, View
from cdp.store.goldfile import shown_as

_SHOWN = {
    "identity.edge",
    "identity.profile",
    "identity.alias",
    "identity.history",
    "identity.blocked_value",
    "identity.review",
    "identity.conflict",
    "identity.possible",
    "identity.doubt",
    "quality.quarantined",
}
GOLD_TABLES: tuple[Table, ...] = tuple(t for t in TABLES if t.schema == "gold" or t.name in _SHOWN)
GOLD_NAMES = frozenset(table.name for table in GOLD_TABLES)


def definition(view: View) -> str:
    """Return the SELECT of a view: its own statement, or the columns of the table it shows."""
    if view.of is not None:
        return shown_as(view.of, tuple(c.name for c in view.columns))
    name = view.name.removeprefix("gold.")
    return (files("cdp.publish") / "views" / f"{name}.sql").read_text(encoding="utf-8")


def views() -> dict[View, str]:
    """Return every view with its SELECT, in the order in which they are made."""
    return {view: definition(view) for view in VIEWS}
