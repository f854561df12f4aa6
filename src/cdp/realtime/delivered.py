"""Rows and messages that sources sent, in the platform's own words, before a run has landed them.

Invariant: what is said of them is what their mapping and the statements of a run make of them;
whose they are is not decided here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import polars as pl

from cdp.canonical.few import Few
from cdp.model.tables import BY_NAME
from cdp.sources import ROWS
from cdp.store import Statement
from cdp.store.eventlog_entry import moment_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.realtime.readings import Readings
    from cdp.store import Warehouse
    from cdp.store.eventlog_entry import Entry

HAPPENED: Final = (
    *("order", "cart", "quote", "interaction", "ticket", "lead", "opportunity", "activity"),
)
"""What a timeline shows."""
_SCHEMA: Final = pl.Schema(
    {
        **ROWS,
        "source": pl.String(),
        "object": pl.String(),
        "received_at": pl.Datetime("us"),
    }
)
_PARTIES: Final = """
with said as (
    select record_id, list({'name': attribute, 'value': value}) as said
    from silver.attribute
    where position = 0
    group by record_id
),

named as (
    select record_id, list({'kind': kind, 'value': value} order by kind, position) as named
    from silver.identifier
    group by record_id
)

select r.record_id, r.object, r.trust_tier, s.said, n.named
from silver.record as r
left join said as s on s.record_id = r.record_id
left join named as n on n.record_id = r.record_id
where r.party_type = 'person'
order by r.record_id
"""
_ENTRIES: Final = "select profile_id, document from step.document_timeline order by profile_id"
_WHOSE: Final = """
select {kind}_id as id, record_id, ref_kind, ref_value
from silver."{kind}"
where record_id is not null or ref_value is not null
"""
_MEMORY: Final = 4
"""How many times longer than its JSON a document is in memory, about."""
_TRAITS: Final = {
    "given_name": "firstName",
    "family_name": "lastName",
    "full_name": "name",
    "birth_date": "birthday",
}
_PLACE: Final = {"city": "city", "state": "state", "postcode": "postalCode", "country": "country"}


@dataclass(frozen=True, slots=True)
class Party:
    """A person as a record of a source that was sent describes them.

    Attributes:
        record_id: the source record.
        object: the source's own name of its object.
        tier: how far its values are facts.
        at: when it arrived (ISO 8601, UTC).
        traits: what it says, by the names of the public event spec.
        named: its identifiers (kind, value), normalised, the preferred of each kind first.
        size: about how many bytes it takes.
    """

    record_id: str
    object: str
    tier: str
    at: str
    traits: dict[str, Any]
    named: tuple[tuple[str, str], ...]
    size: int


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened with a party: an order, a ticket, ...

    Attributes:
        id: its key, which nothing else of any kind has.
        record_id: the source record whose it is; None: `named` says whose.
        named: an identifier (kind, value) of whose it is.
        at: when it arrived (ISO 8601, UTC).
        entry: an entry of a timeline, marked as live.
        size: about how many bytes it takes.
    """

    id: str
    record_id: str | None
    named: tuple[str, str] | None
    at: str
    entry: dict[str, Any]
    size: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """What some rows come to.

    Attributes:
        parties, told: as they are now.
        gone: keys of rows that say that what they are of is gone.
    """

    parties: tuple[Party, ...]
    told: tuple[Told, ...]
    gone: tuple[str, ...]


class Deliveries:
    """Reads rows of the event log; from one thread."""

    def __init__(self, readings: Readings) -> None:
        self._readings = readings
        self._few = Few(readings.country, "gold", "step")
        self._timeline = Statement.load("cdp.publish", "timeline")

    def read(self, entries: Sequence[Entry]) -> Delivered:
        """Return what rows come to, the latest version of each; of what no mapping reads, nothing.

        Raises:
            CdpError: they cannot be read.
        """
        latest = {(e.source, e.object, e.id): e for e in sorted(entries, key=_when)}
        at = {f"{e.source}:{e.id}": e.received_at for e in latest.values()}
        gone = tuple(f"{e.source}:{e.id}" for e in latest.values() if e.is_deleted)
        rows = [entry for entry in latest.values() if not entry.is_deleted]
        instances = self._readings.of(sorted({entry.source for entry in rows}))
        if not instances:
            return Delivered((), (), gone)
        frame = pl.DataFrame([_row(entry) for entry in rows], schema=_SCHEMA, orient="row")
        warehouse = self._few.silver(frame, instances)
        last = max(entry.received_at for entry in rows)
        return Delivered(
            tuple(
                _party(row, at.get(row["record_id"], last))
                for row in warehouse.query(_PARTIES).to_dicts()
            ),
            tuple(self._told(warehouse, at, last)),
            gone,
        )

    def close(self) -> None:
        """Give the memory back."""
        self._few.close()

    def _told(self, warehouse: Warehouse, at: dict[str, str], last: str) -> list[Told]:
        whose: dict[tuple[str, str], dict[str, Any]] = {}
        with warehouse.transaction():
            for kind in HAPPENED:
                whose |= {(kind, key): row for key, row in _gilded(warehouse, kind).items()}
            warehouse.make(self._timeline)
        found = []
        for key, document in warehouse.query(_ENTRIES).iter_rows():
            entry = msgspec.json.decode(document.rstrip(","))
            entry["detail"]["live"] = True
            row = whose.get((entry["kind"], key))
            if row is None:
                continue  # it names nobody
            kind, value = row["ref_kind"], row["ref_value"]
            named = (kind, value) if kind is not None and value is not None else None
            size, id_ = _MEMORY * len(document), row_key(entry["kind"], key)
            found.append(Told(id_, row["record_id"], named, at.get(key, last), entry, size))
        return found


def _gilded(warehouse: Warehouse, kind: str) -> dict[str, dict[str, Any]]:
    """Put rows of silver where timelines are made of; return whose they are, by key.

    Each is given to itself: a timeline of one entry, so that whose it is may be said later.
    """
    silver, gold = ({c.name for c in BY_NAME[f"{of}.{kind}"].columns} for of in ("silver", "gold"))
    columns = ", ".join(f'"{name}"' for name in sorted(silver & gold))
    warehouse.connection.execute(f'delete from gold."{kind}"')  # noqa: S608 - one of our own names
    warehouse.write(
        f'insert into gold."{kind}" (profile_id, {columns}) '  # noqa: S608 - as above
        f'select {kind}_id, {columns} from silver."{kind}"'
    )
    return {row["id"]: row for row in warehouse.query(_WHOSE.format(kind=kind)).to_dicts()}


def row_key(kind: str, key: str) -> str:
    """Return what tells an order from a ticket, or a person, that was made of the same record."""
    return f"{kind} {key}"


def _when(entry: Entry) -> str:
    """Return what tells the later of two versions; of equal ones it is the last to come."""
    return entry.changed_at or entry.received_at


def _row(entry: Entry) -> tuple[Any, ...]:
    changed = moment_of(entry.changed_at) if entry.changed_at is not None else None
    payload = bytes(entry.payload).decode()
    place = f"{entry.request_id}#{entry.index}"
    received = moment_of(entry.received_at)
    return (entry.id, changed, place, "", payload, None, entry.source, entry.object, received)


def _party(row: dict[str, Any], at: str) -> Party:
    said = {each["name"]: each["value"] for each in row["said"] or ()}
    named = tuple((each["kind"], each["value"]) for each in row["named"] or ())
    traits: dict[str, Any] = {_TRAITS[name]: said[name] for name in _TRAITS if said.get(name)}
    traits |= {kind: value for kind, value in reversed(named) if kind in {"email", "phone"}}
    if said.get("address"):
        parts = json.loads(said["address"])
        street = " ".join(filter(None, (parts.get("street"), parts.get("house_number"))))
        place = {name: parts.get(of) for of, name in _PLACE.items()} | {"street": street or None}
        traits["address"] = {name: value for name, value in place.items() if value}
    size = _MEMORY * len(json.dumps([traits, named]))
    return Party(row["record_id"], row["object"], row["trust_tier"], at, traits, named, size)
