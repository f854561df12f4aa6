"""A small published workspace: two persons and a visitor, a company, ids that came and went."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from builders import AS_OF, Value, add, opened, workspace
from cdp.publish.gold import GOLD_TABLES
from cdp.publish.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Report, Run
from cdp.store import Warehouse
from cdp.store.ledger import Ledger

NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
ADA, BOB, VISITOR, GONE, MERGED = "P-ada", "P-bob", "P-visitor", "P-gone", "P-merged"
ACME = "A-acme"
APART, JOINED = "R-apart", "R-joined"
SCENARIOS: dict[str, object] = {
    "scenarios/service.yaml": {
        "description": "An agent on the phone.",
        "purpose": "service",
        "scope": "view:service",
        "fields": ["full_name", "phone", "account_id"],
        "include": ["timeline", "identifiers", "scores"],
        "events": ["ticket", "order"],
        "scores": ["engagement"],
    },
    "scenarios/marketing.yaml": {
        "description": "A campaign.",
        "purpose": "marketing",
        "fields": ["full_name", "email", "segments"],
        "include": ["consents"],
    },
}
SPENT = '[{"because": "spent 990.50 EUR, monetary 3 of 5", "points": 3.0}]'
WORTH: dict[str, Value] = {
    "score": "worth",
    "value": 4711.0,
    "currency": "EUR",
    "decile": 10,
    "explanation": '[{"because": "spends 815 EUR a purchase", "points": 4711.0}]',
    "detail": '{"currency": "EUR", "low": 4242.0, "high": 5353.0}',
}
PERSON: dict[str, Value] = {"profile_type": "person", "country": "DE", "custom": '{"vip": "yes"}'}


def fill(warehouse: Warehouse) -> None:
    """Write gold rows as the stages before would."""
    add(
        warehouse,
        "gold.profile",
        PERSON
        | {
            "profile_id": ADA,
            "full_name": "Ada Élise Example",
            "given_name": "Ada Élise",
            "family_name": "Example",
            "birth_date": datetime(1980, 2, 3).date(),  # noqa: DTZ001
            "email": "ada@example.org",
            "phone": "+4917012345678",
            "street": "Long Road",
            "city": "Berlin",
            "account_id": ACME,
            "record_count": 2,
            "sources": ["crm", "shop"],
        },
        PERSON | {"profile_id": BOB, "full_name": "Bob Adamson", "email": "bob@example.net"},
        {"profile_id": VISITOR, "profile_type": "visitor"},
    )
    add(warehouse, "gold.account", {"account_id": ACME, "name": "Acme Tools", "city": "Ulm"})
    add(warehouse, "gold.identifier", *(_identifier(*row) for row in _IDENTIFIERS))
    records: list[dict[str, Value]] = [
        {
            "record_id": r,
            "profile_id": p,
            "entity_type": "person",
            "source": r.split(":")[0],
            "native_id": "1",
        }
        for r, p in (("crm:1", ADA), ("shop:ada@example.org", ADA), ("crm:2", BOB))
    ]
    add(warehouse, "gold.source_record", *records)
    add(
        warehouse,
        "gold.attribute",
        {
            "profile_id": ADA,
            "attribute": "given_name",
            "value": "Ada Élise",
            "record_id": "crm:1",
            "losers": '[{"value": "Adda", "record_id": "shop:ada@example.org"}]',
        },
        {
            "profile_id": ADA,
            "attribute": "address",
            "value": '{"street": "Long Road", "city": "Berlin"}',
            "record_id": "crm:1",
            "losers": "[]",
        },
    )
    _fill_events(warehouse)
    _fill_identity(warehouse)
    add(
        warehouse,
        "gold.score",
        {"profile_id": ADA, "score": "engagement", "value": 42.0, "explanation": "[]"},
        {"profile_id": ADA, "score": "rfm", "value": 9.0, "explanation": SPENT},
        WORTH | {"profile_id": ADA},
    )
    add(
        warehouse,
        "gold.consent",
        {
            "profile_id": ADA,
            "contact_kind": "email",
            "contact_value": "ada@example.org",
            "channel": "email",
            "purpose": "marketing",
            "state": "granted",
            "best": True,
            "losers": "[]",
        },
    )
    members: list[dict[str, Value]] = [
        {"segment": s, "profile_id": p, "entered_run": 1}
        for s, p in (("buyers", ADA), ("buyers", BOB), ("lapsed", BOB))
    ]
    add(warehouse, "gold.segment_member", *members)


def publish(place: Workspace, warehouse: Warehouse, run_id: int = 1, now: datetime = NOW) -> Report:
    """Run the stage as the pipeline does: outside of a transaction, changed tables noted."""
    _note_changes(warehouse, run_id)
    return STAGE.run(Run(run_id, AS_OF, now, 1, warehouse, place))


def _note_changes(warehouse: Warehouse, run_id: int) -> None:
    """Move the version of each table whose rows are others than when this was asked last."""
    warehouse.connection.execute("create table if not exists step.seen (name text, digest text)")
    seen = dict(warehouse.query("select name, digest from step.seen").rows())
    for table in GOLD_TABLES:
        digest = warehouse.digest(table.name)
        if seen.get(table.name) != digest:
            Ledger(warehouse).changed(table.name, run_id)
            row = [table.name, digest]
            warehouse.connection.execute("delete from step.seen where name = ?", row[:1])
            warehouse.connection.execute("insert into step.seen values (?, ?)", row)


def published(folder: Path) -> Workspace:
    """Return a workspace in this folder with one generation of these rows."""
    place = workspace(folder, {"cdp.yaml": {"name": "test", "country": "DE"}} | SCENARIOS)
    with opened(folder) as warehouse:
        fill(warehouse)
        publish(place, warehouse)
    return place


def copied(base: Path, folder: Path) -> Workspace:
    """Return a copy of a published workspace, which is quicker than publishing again."""
    shutil.copytree(base, folder, dirs_exist_ok=True)
    return Workspace(folder)


def rename(folder: Path, place: Workspace, name: str, run_id: int) -> None:
    """Publish again with another name for Ada."""
    with opened(folder) as warehouse:
        warehouse.connection.execute(
            "update gold.profile set full_name = ? where profile_id = ?", [name, ADA]
        )
        publish(place, warehouse, run_id)


_IDENTIFIERS = (
    (ADA, "email", "ada@example.org"),
    (ADA, "email", "family@example.org"),
    (ADA, "phone", "+4917012345678"),
    (ADA, "source", "crm:1"),
    (ADA, "source", "shop:ada@example.org"),
    (ADA, "national_id", "AB-123456"),
    (BOB, "email", "bob@example.net"),
    (BOB, "email", "family@example.org"),
    (VISITOR, "anonymous_id", "a-b-c"),
    (ACME, "email", "info@acme.example"),
    (ADA, "loyalty_id", "L" * 500),
)


def _identifier(profile_id: str, kind: str, value: str) -> dict[str, Value]:
    organisation = profile_id.startswith("A-")
    return {
        "profile_id": profile_id,
        "entity_type": "organisation" if organisation else "person",
        "kind": kind,
        "value": value,
        "records": ["crm:1"],
    }


def _fill_events(warehouse: Warehouse) -> None:
    day = datetime(2026, 6, 1)  # noqa: DTZ001 - the tables hold UTC without a zone
    orders: list[dict[str, Value]] = [
        {
            "profile_id": ADA,
            "account_id": ACME if n == 0 else None,
            "order_id": f"shop:{n}",
            "source": "shop",
            "ordered_at": day.replace(day=n + 1),
            "status": "completed",
            "currency": "EUR",
            "amount": 10.5,
        }
        for n in range(5)
    ]
    add(warehouse, "gold.order", *orders)
    add(
        warehouse,
        "gold.order_line",
        {"order_id": "shop:0", "line": 1, "quantity": 1.0, "amount": 10.5},
    )
    add(
        warehouse,
        "gold.ticket",
        {"profile_id": ADA, "ticket_id": "crm:t1", "created_at": day, "subject": "Call Ada back"},
    )
    add(
        warehouse,
        "gold.interaction",
        {
            "profile_id": ADA,
            "interaction_id": "web:1",
            "occurred_at": day,
            "subject": "/?mail=ada@example.org",
            "properties": '{"ip": "10.1.2.3"}',
        },
    )


def _fill_identity(warehouse: Warehouse) -> None:
    gone: list[tuple[str, str]] = [(GONE, "emptied"), (MERGED, "merged")]
    live = [(p, "live") for p in (ADA, BOB, VISITOR, ACME)]
    issued: list[dict[str, Value]] = [{"profile_id": p, "status": s} for p, s in live + gone]
    add(warehouse, "identity.profile", *issued)
    add(warehouse, "identity.alias", {"retired_id": MERGED, "profile_id": ADA, "run_id": 1})
    add(
        warehouse,
        "identity.history",
        {"profile_id": ADA, "run_id": 1, "event": "born", "records": 2},
        {"profile_id": ADA, "run_id": 2, "event": "absorbed", "other_id": MERGED},
    )
    add(
        warehouse,
        "identity.edge",
        {
            "record_l": "crm:1",
            "record_r": "shop:ada@example.org",
            "match_weight": 12.0,
            "probability": 0.99,
            "weights": '[{"comparison": "email", "level": "exact", "weight": 9.0}]',
            "decided": True,
        },
        {
            "record_l": "crm:1",
            "record_r": "crm:2",
            "match_weight": -3.0,
            "weights": "[]",
            "decided": False,
        },
    )
    alike: list[dict[str, Value]] = [{"profile_id": p, "group_id": ADA} for p in (ADA, BOB)]
    add(warehouse, "identity.possible", *alike)
    question: dict[str, Value] = {
        "entity_type": "person",
        "profile_id": ADA,
        "record_l": "crm:1",
        "chance": 0.4,
        "uncertainty": 0.8,
    }
    add(
        warehouse,
        "identity.review",
        question
        | {
            "item_id": APART,
            "place": 1,
            "direction": "apart",
            "other_id": BOB,
            "side_l": ["crm:1", "shop:ada@example.org"],
            "side_r": ["crm:2"],
            "record_r": "crm:2",
            "worth": 6.4,
        },
        question
        | {
            "item_id": JOINED,
            "place": 2,
            "direction": "joined",
            "side_l": ["crm:1"],
            "side_r": ["shop:ada@example.org"],
            "record_r": "shop:ada@example.org",
            "worth": 1.6,
        },
    )
