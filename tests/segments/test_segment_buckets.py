"""Compiled segments, and the statements beside them: 1 bucket and 7 give the same rows."""

from pathlib import Path
from typing import Any

from buckets import differences
from builders import AS_OF, Value, add, carry_out, in_memory, workspace
from cdp.segments.stage import STAGE, definitions, statement_of
from cdp.store.statement import statements

NOW = AS_OF.replace(tzinfo=None)
FILES: dict[str, object] = {
    "segments/buyers.yaml": {
        "where": {
            "any": [
                {"event": "order", "at_least": 2, "within_days": 30},
                {"not": {"feature": "orders", "at_least": 1}},
            ]
        }
    },
    "segments/quiet.yaml": {"where": {"not": {"segment": "buyers"}}},
    "segments/companies.yaml": {
        "of": "organisation",
        "where": {"event": "order", "at_most": 2},
    },
}
PARAMS: dict[str, Any] = {"run_id": 1, "as_of": AS_OF, "time_passed": True} | {
    "segment": "buyers",
    "since": AS_OF,
    "salt": "s",
    "slots": 5000,
}


def test_every_statement_is_safe_to_partition(tmp_path: Path) -> None:
    place = workspace(tmp_path, FILES)
    with in_memory(tmp_path) as warehouse:
        for n in range(50):
            person = {"profile_id": f"P-{n}", "profile_type": "person"}
            add(warehouse, "gold.profile", person)
            add(warehouse, "gold.account", {"account_id": f"A-{n}"})
            add(warehouse, "gold.feature", {"profile_id": f"P-{n}", "orders": n % 3})
            ids: dict[str, Value] = {
                "profile_id": f"P-{n % 20}",
                "account_id": f"A-{n % 9}" if n % 2 else None,
            }
            add(warehouse, "gold.order", ids | {"order_id": f"{n}", "ordered_at": NOW})
        add(warehouse, "gold.segment_member", {"segment": "buyers", "profile_id": "P-7"})
        carry_out(STAGE, warehouse, place)
        for compiled in definitions(place).values():
            bound: dict[str, Any] = compiled.params(AS_OF)
            assert warehouse.query(compiled.sql, **bound).height > 0
            assert differences(warehouse, statement_of(compiled), **bound) == []
        for statement in statements("cdp.segments"):
            if statement.key != "global":
                bound = {name: PARAMS[name] for name in statement.params}
                assert differences(warehouse, statement, **bound) == []
