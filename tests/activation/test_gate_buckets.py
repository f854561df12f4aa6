"""The gate gives the same judgement over 1 bucket of profiles and over 7."""

from pathlib import Path
from typing import Any

from buckets import differences
from builders import Value, add, in_memory
from cdp.store import Statement

WISH: dict[str, Any] = {
    "segment": "s",
    "purpose": "marketing",
    "channel": "email",
    "category": None,
    "campaign": None,
    "best_only": False,
    "regions": None,
    "born_by": None,
    "hold_unknown_age": False,
    "restricted": [],
    "withdrawn_ids": ["P-7"],
    "withdrawn_points": ["9@example.com"],
    "leaving_ids": ["P-8"],
}


def test_the_gate_is_safe_to_partition(tmp_path: Path) -> None:
    statement = Statement.load("cdp.activation", "gate")
    with in_memory(tmp_path) as warehouse:
        for n in range(60):
            email = f"{n % 30}@example.com" if n % 5 else None
            person: dict[str, Value] = {"profile_id": f"P-{n}", "email": email}
            add(warehouse, "gold.profile", person | {"profile_type": "person"})
            add(warehouse, "gold.segment_member", {"segment": "s", "profile_id": f"P-{n}"})
            point = {"profile_id": f"P-{n}", "contact_value": email or "*", "channel": "email"}
            state = ("granted", "denied", "pending")[n % 3]
            stated = {"purpose": "marketing", "category": "any", "state": state, "losers": "[]"}
            add(warehouse, "gold.consent", point | stated)
        add(warehouse, "gold.account", {"account_id": "A-1", "email": "a@example.com"})
        add(warehouse, "gold.segment_member", {"segment": "s", "profile_id": "A-1"})
        judged = warehouse.select(statement, **WISH)
        assert judged["reason"].n_unique() > 3
        assert differences(warehouse, statement, **WISH) == []
