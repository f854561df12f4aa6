"""The statements of the stage, in the order in which each finds its inputs ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.golden.merit import candidate_statement
from cdp.store import Statement

if TYPE_CHECKING:
    from cdp.golden.survivorship import SurvivorshipFile

EVENTS = (
    "cart",
    "quote",
    "interaction",
    "ticket",
    "lead",
    "opportunity",
    "activity",
    "asset",
    "campaign_member",
    "target_group_member",
)
_LINKS = ("source_record", "party", "account_record", "linked_record")
_IDENTIFIERS = ("linked_identifier", "identifier", "reference_owner")
_ORDERS = (
    "linked_order",
    "linked_order_unnamed",
    "order_number",
    "order_copy",
    "order",
    "order_unnamed",
)
COPIED = ("product", "campaign", "target_group")
"""Tables of silver that nobody owns a row of."""
_RELATED = ("linked_role", "linked_relationship", "related")
RELATIONSHIPS = ("role", "relationship", "employer", "parent")
WIDE = ("attribute", "golden_value", "entity", "event_span", "profile", "organisation", "account")
_STATEMENTS = ("linked_consent", "contact_statement")
CONSENTS = ("consent_statement", "consent_scope", "consent_ruling", "consent")
PASSING = {
    "gold.account": ("temp.golden_value", "temp.entity", "temp.event_span"),
}
"""What golden holds in memory until a table is written that is the last to read it."""


def plan(survivorship: SurvivorshipFile) -> list[Statement]:
    """Return the statements of a run, each after those that write what it reads.

    Where two write one table, the later one adds to it: events that name a record are joined by
    its key, the few that name none in one piece.

    Households and groups come after them: they need keys that SQL does not compute
    (`cdp.golden.collectives`).
    """
    events = [name for event in EVENTS for name in (event, f"{event}_unnamed")]
    return [
        *_load(*_LINKS, *_IDENTIFIERS, *_ORDERS, "order_line", *COPIED, *events),
        *_load(*_RELATED, *RELATIONSHIPS),
        candidate_statement(survivorship),
        *_load(*WIDE, *_STATEMENTS, *CONSENTS),
    ]


def _load(*names: str) -> list[Statement]:
    return [Statement.load("cdp.golden", name) for name in names]
