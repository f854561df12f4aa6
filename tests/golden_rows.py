"""Rows of silver and identity for the tests of the golden room, a few words each."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml
from sqlglot import exp

from builders import bare
from cdp.golden.stage import STAGE
from cdp.model.tables import BY_NAME
from cdp.settings import Workspace
from cdp.stage import Report, Run
from cdp.store.schema import audit, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cdp.store import Warehouse

NOON = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - tables hold UTC without a zone
Row = dict[str, Any]

DEFAULTS: dict[str, Row] = {
    "silver.record": {
        "object": "contact",
        "party_type": "person",
        "trust_tier": "declared",
        "received_at": NOON,
        "custom": "{}",
    },
    "silver.attribute": {"position": 0, "seen_at": NOON, "verified": False},
    "silver.identifier": {"position": 0, "seen_at": NOON, "verified": False},
    "silver.consent": {
        "contact_kind": "email",
        "channel": "email",
        "purpose": "marketing",
        "category": "any",
        "state": "granted",
        "given_at": NOON,
        "provable": False,
    },
    "silver.party_role": {"scope": "any", "attributes": "{}", "seen_at": NOON},
    "silver.relationship": {"attributes": "{}"},
    "silver.order": {
        "ordered_at": NOON,
        "status": "completed",
        "channel": "shop",
        "currency": "EUR",
        "amount": 10,
        "custom": "{}",
    },
    "silver.order_line": {"line": 1, "quantity": 1, "amount": 10},
    "silver.product": {"name": "Pot"},
    "silver.cart": {
        "created_at": NOON,
        "changed_at": NOON,
        "status": "open",
        "currency": "EUR",
        "amount": 10,
        "lines": "[]",
    },
    "silver.quote": {"created_at": NOON, "status": "open"},
    "silver.interaction": {
        "occurred_at": NOON,
        "received_at": NOON,
        "channel": "web",
        "type": "page_viewed",
        "trust_tier": "observed",
        "properties": "{}",
    },
    "silver.ticket": {"created_at": NOON, "status": "open"},
    "silver.lead": {"created_at": NOON, "status": "open", "name": "Lead"},
    "silver.opportunity": {"created_at": NOON, "status": "open", "name": "Deal"},
    "silver.activity": {"kind": "task", "status": "open"},
    "silver.asset": {"status": "active", "custom": "{}"},
    "silver.campaign": {"name": "Winter", "status": "active", "custom": "{}"},
    "silver.campaign_member": {"campaign_id": "shop:1"},
    "silver.target_group": {"name": "Skiers", "custom": "{}"},
    "silver.target_group_member": {"target_group_id": "shop:1"},
    "identity.assignment": {"entity_type": "person", "live": True},
    "identity.blocked_value": {"reason": "placeholder", "records": 9},
}


def day(number: int) -> datetime:
    """Noon of a day of January 2026."""
    return NOON.replace(day=number)


def add(warehouse: Warehouse, table: str, rows: Iterable[Row]) -> None:
    """Insert rows, what they leave out taken from DEFAULTS, else null."""
    columns = BY_NAME[table].columns
    full = [_derived(table, DEFAULTS[table] | row) for row in rows]
    if full:
        data = {c.name: [row.get(c.name) for row in full] for c in columns}
        warehouse.insert(table, pl.DataFrame(data, strict=False))


def _derived(table: str, row: Row) -> Row:
    source, _, native = str(row.get(f"{table.split('.')[1]}_id", "")).partition(":")
    if any(c.name == "source" for c in BY_NAME[table].columns):
        row.setdefault("source", source)
    if table == "silver.record":
        row.setdefault("native_id", native)
    if table in {"silver.attribute", "silver.identifier"}:
        row.setdefault("original", row["value"])
    return row


def person(
    warehouse: Warehouse, record_id: str, profile_id: str, values: Row | None = None, **more: Any
) -> None:
    """Insert one record with its profile, attributes and identifiers (`email`, `phone`, ...).

    `seen_at` and `verified` go to its values, everything else to the record.
    """
    seen: Row = {key: more.pop(key) for key in ("seen_at", "verified") if key in more}
    kind = {"A": "organisation", "G": "group", "V": "visitor"}.get(profile_id[0], "person")
    add(warehouse, "silver.record", [{"record_id": record_id, "party_type": kind, **more}])
    assigned = {"record_id": record_id, "profile_id": profile_id, "entity_type": kind}
    add(warehouse, "identity.assignment", [assigned])
    for name, value in (values or {}).items():
        of_identifier = name in {"email", "phone", "tax_id", "source", "anonymous_id"}
        table = "silver.identifier" if of_identifier else "silver.attribute"
        key = "kind" if of_identifier else "attribute"
        listed = value if isinstance(value, list) else [value]
        add(
            warehouse,
            table,
            [
                {"record_id": record_id, key: name, "value": text(v), "position": n, **seen}
                for n, v in enumerate(listed)
            ],
        )


def text(value: Any) -> str:
    """An address as JSON, everything else as it is."""
    return json.dumps(value) if isinstance(value, dict) else str(value)


@cache
def _database() -> Warehouse:
    return bare()


@contextmanager
def empty() -> Iterator[Warehouse]:
    """Yield a working file in memory with every table and no rows.

    Creating the tables takes longer than a test, so they are made once; no two may be in use.
    """
    warehouse = _database()
    for table in BY_NAME:
        warehouse.connection.execute(f"delete from {quoted(table)}")  # noqa: S608 - quoted
    yield warehouse


def refine(warehouse: Warehouse, root: Path, **files: Row) -> Report:
    """Run the stage in a workspace with these YAML files and audit every key it wrote."""
    for name, content in files.items():
        (root / f"{name}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    moment = NOON.replace(tzinfo=UTC)
    with warehouse.transaction():
        report = STAGE.run(Run(1, moment, moment, 1, warehouse, Workspace(root)))
    for table in STAGE.writes:
        assert audit(warehouse.connection, BY_NAME[table]) == []
    return report


def rows(warehouse: Warehouse, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return these columns of a table, sorted."""
    query = exp.select(*(exp.column(name) for name in columns)).from_(table)
    return sorted(warehouse.query(query.sql("duckdb")).rows(), key=repr)
