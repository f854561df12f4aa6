"""Everything that is held on one person, as a document to be given to them (GDPR art. 15 and 20).

Invariants: it is made by the same list that erasure goes by, so that what can be erased can be
seen; of others (who lives with them, who a record was compared with) nothing is told but that
there is somebody.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from cdp.model.tables import BY_NAME
from cdp.model.tables.person import COLUMNS
from cdp.privacy.tables import Tables, theirs
from cdp.store.eventlog_reading import tail
from cdp.store.schema import quoted
from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from cdp.store.state_consents import Consents
from cdp.store.state_corrections import Corrections
from cdp.store.state_privacy import Requests

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from cdp.privacy.person import Person
    from cdp.privacy.tables import Kept
    from cdp.privacy.telling import Telling
    from cdp.store import Warehouse

SOMEBODY: Final = "[somebody else]"
FORMAT: Final = 1
_WORKINGS: Final = ("step.", "ops.", "quality.field")
_OTHERS: Final = """
with other as (
    select profile_id from identity.assignment where list_contains($records, record_id)
    union
    select unnest($ids) as profile_id
)
select distinct value from (
    select i.value from gold.identifier as i
    inner join other as o on o.profile_id = i.profile_id
    where i.entity_type = 'person'
    union all
    select unnest([p.full_name, p.given_name || ' ' || p.family_name]) from gold.profile as p
    inner join other as o on o.profile_id = p.profile_id
)
where length(value) > 4
order by value
"""


def package(
    warehouse: Warehouse, home: Path, person: Person, telling: Telling, *, at: datetime
) -> dict[str, Any]:
    """Return what is held on the person: sections of rows, each table with what it means."""
    tables = Tables(warehouse, person, telling)
    sections = [
        section
        for table in tables.kept
        if not table.name.startswith(_WORKINGS) and (condition := theirs(table))
        if (section := _section(warehouse, table, condition))
    ]
    kept = {"sections": sections, "here": _here(home, person), "events": _events(home, telling)}
    return {
        "format": FORMAT,
        "profile_id": person.profile_ids[0],
        "made_at": at.isoformat(timespec="seconds"),
        "shared_identifiers": person.kept_values,
        **_without_others(warehouse, person, kept),
    }


def _section(warehouse: Warehouse, table: Kept, condition: str) -> dict[str, Any] | None:
    name, there = table.name, set(table.columns) - {"content_hash"}
    columns = [c for c in BY_NAME[name].columns if c.name in there]
    order = ", ".join(quoted(c) for c in BY_NAME[name].key)
    chosen = ", ".join(quoted(c.name) for c in columns)
    frame = warehouse.query(
        f"select {chosen} from {quoted(name)} where {condition} order by {order}"  # noqa: S608
    )
    if frame.is_empty():
        return None
    rows = [
        {column.name: _plain(column.type, row[column.name]) for column in columns}
        for row in frame.to_dicts()
    ]
    return {
        "table": name,
        "what": BY_NAME[name].grain,
        "columns": {c.name: c.description for c in columns},
        "rows": rows,
    }


def _plain(type_: str, value: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    """Return a value as JSON has it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if type_ == "json":
        return json.loads(value)
    if isinstance(value, list):
        return [_plain("", one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _here(home: Path, person: Person) -> dict[str, Any]:
    """Return what was given, corrected and seen here, and not in a source."""
    records, values = set(person.records), {value for _, value in person.values}
    with State.open(home) as state:
        consents = [
            {
                "contact_kind": c.contact_kind,
                "contact_value": c.contact_value,
                "channel": c.channel,
                "purpose": c.purpose,
                "category": c.category,
                "state": c.state,
                "given_at": c.given_at.isoformat(),
                "proof": c.proof,
                "written_down_by": c.actor,
            }
            for _, c in Consents(state).every()
            if c.record_id in records or c.contact_value in values
        ]
        corrections = [
            {"changes": dict(c.wish.changes), "reason": c.reason, "made_at": c.made_at.isoformat()}
            for c in Corrections(state).every()
            if (c.wish.source, c.wish.object, c.wish.native_id) in set(person.keys)
        ]
        log = AuditLog(state)
        looked = [
            {
                "at": a.at.isoformat(timespec="seconds"),
                "who": a.key_id,
                "what": a.action,
                "purpose": a.purpose,
                "masked": a.detail == "masked",
            }
            for id_ in (*person.profile_ids, *person.records)
            for a in log.of(id_)
        ]
        asked = [
            {"type": r.type, "status": r.status, "received_at": r.received_at.isoformat()}
            for r in map(Requests(state).one, Requests(state).about(person.profile_ids))
        ]
    return {
        "consents": consents,
        "corrections": corrections,
        "accesses": sorted(looked, key=lambda a: (a["at"], a["who"], a["what"])),
        "requests": asked,
    }


def _events(home: Path, telling: Telling) -> list[dict[str, Any]]:
    """Return what was received and waits for the next run."""
    return [
        {"received_at": e.received_at, "source": e.source, "payload": json.loads(bytes(e.payload))}
        for _, e in tail(home)
        if telling.is_in(bytes(e.payload))
    ]


def _without_others(warehouse: Warehouse, person: Person, kept: dict[str, Any]) -> dict[str, Any]:
    """Return it without what names others: their ids, records, identifiers and names."""
    mine = {*person.profile_ids, *person.records}
    ids, records = set[str](), set[str]()
    for section in kept["sections"]:
        for row in section["rows"]:
            for column, value in row.items():
                found = _named(column, value) - mine
                ids |= {f for f in found if COLUMNS.get(column) == "profile" and f[:2] == "P-"}
                records |= found if COLUMNS.get(column) == "record" else set()
    texts = warehouse.query(_OTHERS, ids=sorted(ids), records=sorted(records))["value"].to_list()
    own = {value for _, value in person.values} | set(person.words)
    others = sorted({*ids, *records, *texts} - own - mine, key=lambda t: (-len(t), t))
    encoded = json.dumps(kept, ensure_ascii=False)
    if others:
        words = "|".join(re.escape(json.dumps(t, ensure_ascii=False)[1:-1]) for t in others)
        encoded = re.sub(f"(?<![\\w@.-])(?:{words})(?![\\w@-])", SOMEBODY, encoded)
    cleaned: dict[str, Any] = json.loads(encoded)
    return cleaned


def _named(column: str, value: object) -> set[str]:
    """Return the ids or records that a column names."""
    if COLUMNS.get(column) not in {"profile", "record"}:
        return set()
    values: Iterable[object] = value if isinstance(value, list) else [value]
    return {one for one in values if isinstance(one, str)}
