"""A decision as JSON, the same on the command line and over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cdp.store.state_decisions import Decision


def document(decision: Decision) -> dict[str, Any]:
    """Return a decision with its times in ISO 8601; `status` is in_force or undone."""
    undone = decision.undone_at
    return {
        "decision_id": decision.decision_id,
        "action": decision.action,
        "item_id": decision.item_id,
        "subject": list(decision.subject),
        "pairs": decision.pairs,
        "actor": decision.actor,
        "reason": decision.reason,
        "decided_at": decision.decided_at.isoformat(timespec="seconds"),
        "status": "in_force" if undone is None else "undone",
        "undone_at": undone.isoformat(timespec="seconds") if undone else None,
        "undone_by": decision.undone_by,
        "undone_reason": decision.undone_reason,
    }
