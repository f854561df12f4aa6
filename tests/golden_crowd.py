"""A seeded crowd of records, events and permissions in which every odd shape occurs."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from golden_rows import Row, add, day, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.store import Warehouse

SOURCES = ("crm", "erp", "shop")
PERSONS, ORGANISATIONS, VISITORS = 60, 12, 8
EVENTS = (
    *("order", "cart", "quote", "interaction", "ticket", "lead", "opportunity", "activity"),
    *("asset", "campaign_member", "target_group_member"),
)
_TIERS = {"crm": "declared", "erp": "master_data", "shop": "observed"}
_KINDS = {"person": "P", "organisation": "A", "visitor": "V"}


def party_records() -> dict[str, str]:
    """Every record_id with its kind of party."""
    persons = {f"{SOURCES[n % 3]}:{n}": "person" for n in range(PERSONS)}
    organisations = {f"{SOURCES[n % 2]}:O{n}": "organisation" for n in range(ORGANISATIONS)}
    visitors = {f"web:{n}": "visitor" for n in range(VISITORS)}
    return persons | organisations | visitors


def assign(warehouse: Warehouse, seed: int) -> None:
    """Give every record an id, at random; some ids hold many records, some one."""
    rng = Random(seed)  # noqa: S311 - test data
    warehouse.connection.execute("delete from identity.assignment")
    rows: list[Row] = []
    for record_id, kind in party_records().items():
        own_kind = rng.random() < 0.3 and kind == "visitor"
        letter = "P" if own_kind else _KINDS[kind]
        profile_id = f"{letter}-{rng.randrange(18 if letter == 'P' else 5)}"
        if letter == "V":
            profile_id = f"V-{record_id}"
        entity = "person" if letter == "P" else kind
        rows.append({"record_id": record_id, "profile_id": profile_id, "entity_type": entity})
    add(warehouse, "identity.assignment", rows)


def crowd(warehouse: Warehouse, seed: int = 1) -> None:
    """Fill silver and identity."""
    rng = Random(seed)  # noqa: S311 - test data
    assign(warehouse, seed)
    records = party_records()
    add(warehouse, "silver.record", [_record(rng, key, kind) for key, kind in records.items()])
    attributes = [row for key, kind in records.items() for row in _attributes(rng, key, kind)]
    add(warehouse, "silver.attribute", attributes)
    add(warehouse, "silver.identifier", _identifiers(rng, records))
    blocked = [{"kind": "email", "value": "mail1@x.example"}, {"kind": "phone", "value": "+321"}]
    add(warehouse, "identity.blocked_value", blocked)
    add(warehouse, "silver.relationship", _relationships(rng))
    add(warehouse, "silver.party_role", list(_roles(seed, records)))
    add(warehouse, "silver.consent", [_consent(rng, n) for n in range(150)])
    for name in EVENTS:
        add(warehouse, f"silver.{name}", [_event(rng, name, n) for n in range(50)])
    lines = [{"order_id": f"shop:{n}", "line": line} for n in range(50) for line in (1, 2)]
    add(warehouse, "silver.order_line", lines)
    for name in ("product", "campaign", "target_group"):
        add(warehouse, f"silver.{name}", [{f"{name}_id": f"shop:{n}"} for n in range(5)])


def _record(rng: Random, record_id: str, kind: str) -> Row:
    source = record_id.partition(":")[0]
    return {
        "record_id": record_id,
        "party_type": kind,
        "trust_tier": _TIERS.get(source, "observed"),
        "region": rng.choice(["EU", "US", None]),
        "status": rng.choice(["active", "blocked", None]),
        "changed_at": rng.choice([day(rng.randint(1, 9)), None]),
        "created_at": rng.choice([day(rng.randint(1, 9)), None]),
        "custom": rng.choice(["{}", '{"club":"gold"}', '{"club":"tin","shoe":41}']),
    }


def _attributes(rng: Random, record_id: str, kind: str) -> list[Row]:
    if kind == "visitor":
        return []
    if kind == "organisation":
        values: Row = {"organisation_name": f"Firm {rng.randrange(4)}", "role": "customer"}
    else:
        values = {
            "given_name": rng.choice(["Ann", "Anna", "A."]),
            "family_name": rng.choice(["Peeters", "Maes"]),
            "birth_date": rng.choice(["1980-02-03", "unknown"]),
            "address": text(
                {
                    "street": rng.choice(["Hauptstraße", "Hauptstr."]),
                    "house_number": str(rng.randrange(3)),
                    "city": "Ghent",
                }
            ),
        }
    return [
        {
            "record_id": record_id,
            "attribute": name,
            "value": value,
            "seen_at": day(rng.randint(1, 3)),
            "verified": rng.random() < 0.2,
        }
        for name, value in values.items()
        if rng.random() < 0.8
    ]


def _identifiers(rng: Random, records: dict[str, str]) -> list[Row]:
    rows: list[Row] = []
    for record_id, kind in records.items():
        rows.append({"record_id": record_id, "kind": "source", "value": record_id})
        if kind == "visitor":
            continue
        for position in range(rng.randrange(3)):
            value = f"mail{(rng.randrange(15) * 2 + position) % 30}@x.example"
            rows.append(
                {"record_id": record_id, "kind": "email", "value": value, "position": position}
            )
        if rng.random() < 0.5:
            value = f"+32{rng.randrange(12)}"
            rows.append({"record_id": record_id, "kind": "phone", "value": value})
    return rows


def _roles(seed: int, records: dict[str, str]) -> Iterator[Row]:
    rng = Random(seed)  # noqa: S311 - test data
    for record_id, kind in records.items():
        for role in ("customer", "supplier") if kind != "visitor" else ():
            if rng.random() < 0.4:
                yield {
                    "record_id": record_id,
                    "role": role,
                    "scope": rng.choice(["any", "1000"]),
                    "attributes": rng.choice(
                        ["{}", '{"terms":"30"}', '{"limit":"5","terms":"14"}']
                    ),
                    "valid_from": rng.choice([None, day(rng.randint(1, 9))]),
                    "valid_to": rng.choice([None, day(rng.randint(1, 9))]),
                    "seen_at": day(rng.randint(1, 3)),
                }


def _relationships(rng: Random) -> list[Row]:
    organisations = [f"{SOURCES[n % 2]}:O{n}" for n in range(ORGANISATIONS)]
    contacts = [
        {
            "record_id": f"{SOURCES[n % 3]}:{n}",
            "other_record_id": rng.choice(organisations),
            "kind": "contact_of",
            "attributes": rng.choice(["{}", '{"function":"buyer"}']),
            "valid_to": rng.choice([None, day(rng.randint(1, 9))]),
        }
        for n in range(0, PERSONS, 2)
    ]
    above = [
        {"record_id": left, "other_record_id": right, "kind": "subsidiary_of"}
        for left, right in zip(organisations, organisations[3:], strict=False)
    ]
    return [*contacts, *above, {"record_id": "x:0", "other_record_id": "x:1", "kind": "contact_of"}]


def _consent(rng: Random, number: int) -> Row:
    kind = rng.choice(["email", "phone", "post"])
    values = {"email": f"mail{rng.randrange(30)}@x.example", "phone": f"+32{rng.randrange(12)}"}
    n = rng.randrange(PERSONS)
    named = rng.random() < 0.85
    return {
        "consent_id": f"crm:{number}",
        "record_id": f"{SOURCES[n % 3]}:{n}" if named else None,
        "contact_kind": kind,
        "contact_value": values.get(kind) if rng.random() < 0.7 or not named else None,
        "channel": {"email": "email", "phone": rng.choice(["sms", "phone"]), "post": "post"}[kind],
        "category": rng.choice(["any", "any", "news"]),
        "state": rng.choice(["granted", "granted", "denied", "pending"]),
        "given_at": day(rng.randint(1, 6)),
        "provable": rng.random() < 0.5,
    }


def _event(rng: Random, name: str, number: int) -> Row:
    person = rng.randrange(PERSONS)
    parties: list[Row] = [
        {"record_id": f"{SOURCES[person % 3]}:{person}"},
        {"record_id": f"{SOURCES[person % 3]}:{person}", "account_record_id": "crm:O2"},
        {"record_id": "erp:O1"},
        {"record_id": f"web:{rng.randrange(VISITORS)}"},
        {"ref_kind": "email", "ref_value": f"mail{rng.randrange(32)}@x.example"},
        {"ref_kind": "source", "ref_value": f"{SOURCES[person % 3]}:{person}"},
        {"record_id": "gone:1"},
        {},
    ]
    more: Row = {}
    if name == "order":
        more = {"amount": rng.randrange(3), "ordered_at": day(rng.randint(1, 9))}
        more["reference"] = rng.choice([None, f"web-{1000 + rng.randrange(50)}"])
        number += 1000
    source = rng.choice(SOURCES) if name == "order" else "shop"
    return {f"{name}_id": f"{source}:{number}", **rng.choice(parties), **more}
