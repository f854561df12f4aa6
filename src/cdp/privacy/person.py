"""Everything by which one person is found: ids, records, what happened, keys, and telling texts.

Invariant: what somebody else owns, too (a family's mailbox, an office's phone) tells nothing of
the person alone, so it is neither sought as a text nor kept as a tombstone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.errors import InputError, NotFoundError, StateError
from cdp.model.tables.person import EVENTS
from cdp.store.state import State
from cdp.store.state_provisional import Provisionals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cdp.store import Warehouse

_THERE: Final = "select schema_name || '.' || table_name as name from duckdb_tables()"
_PARTS: Final = "step.canonical_part"
_IDS: Final = """
select profile_id as id from identity.alias where retired_id = $id
union
select retired_id from identity.alias
where profile_id in (
    select $id union select profile_id from identity.alias where retired_id = $id
)
union
select $id
order by id
"""
_RECORDS: Final = """
select record_id from identity.assignment where list_contains($ids, profile_id)
union
select record_id from gold.source_record where list_contains($ids, profile_id)
order by record_id
"""
_VERSIONS: Final = """
with known as (
    select record_id from (select unnest($records) as record_id)
),
delivered as (
    select b.source, b.object, b.native_id
    from bronze.record as b
    where b.record_id in (from known)
        or b.source || ':' || ltrim(b.native_id, '0') in (from known)
    union
    select b.source, b.object, b.native_id
    from step.canonical_part as p
    inner join bronze.record as b on b.seq = p.seq
    where p.record_id in (from known)
)
select b.seq, b.source, b.object, b.native_id, b.load_id, b.locator
from bronze.record as b
inner join delivered as n
    on n.source = b.source and n.object = b.object and n.native_id = b.native_id
order by b.seq
"""
_SHARED_VERSIONS: Final = """
select distinct p.seq
from step.canonical_part as p
where list_contains($seqs, p.seq)
    and not list_contains($records, p.record_id)
    and (
        p.kind = 'party'
        and p.record_id in (select record_id from silver.record where party_type <> 'visitor')
        or list_contains($shared, p.record_id)
    )
order by p.seq
"""
_VALUES: Final = """
with mine as (
    select kind, value, original
    from silver.identifier
    where list_contains($records, record_id) and kind <> 'source'
    union
    select kind, value, value as original
    from gold.identifier
    where list_contains($ids, profile_id) and kind <> 'source'
)
select
    m.kind,
    m.value,
    m.original,
    exists (
        select 1 from silver.identifier as i
        where i.kind = m.kind and i.value = m.value and not list_contains($records, i.record_id)
    ) or m.kind in ('domain', 'tax_id') or exists (
        select 1 from identity.blocked_value as b where b.kind = m.kind and b.value = m.value
    ) as shared
from mine as m
order by all
"""
_OWNER: Final = "select profile_id from gold.source_record where record_id = $record"
_WORDS: Final = """
select distinct original from silver.attribute
where list_contains($records, record_id)
    and attribute in ('given_name', 'middle_name', 'family_name', 'full_name', 'birth_date')
union
select distinct unnest([full_name, given_name, family_name]) from gold.profile
where list_contains($ids, profile_id)
union
select distinct json_extract_string(value, '$.street') from silver.attribute
where list_contains($records, record_id) and attribute = 'address' and json_valid(value)
order by all
"""


@dataclass(frozen=True, slots=True)
class Person:
    """What is sought of one person.

    Attributes:
        profile_ids: the id and those that were merged into it.
        records: source records, of visitors too.
        events: ids of what happened with nobody else concerned.
        shared_events: ids of what an organisation owns, too: it stays, without the person.
        versions: numbers of versions in bronze that are the person's alone.
        shared_versions: numbers of versions that others are read from, too.
        keys: (source, object, native id) of all versions.
        values: (kind, value) of identifiers that nobody else has, as normalised and as received.
        words: names and streets as received; sought only where a row is known to be about them.
        kept_values: how many identifiers others have, too.
        places: (source, object, load, locator) of versions, as quarantine speaks of them.
        terms: keyed hashes of what identity models know of their values, by file and column.
    """

    profile_ids: tuple[str, ...]
    records: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    shared_events: tuple[str, ...] = ()
    versions: tuple[int, ...] = ()
    shared_versions: tuple[int, ...] = ()
    keys: tuple[tuple[str, str, str], ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    kept_values: int = 0
    places: tuple[tuple[str, str, int, str], ...] = ()
    terms: dict[str, list[int]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the person as a JSON document."""
        return asdict(self)

    @staticmethod
    def of_json(document: Mapping[str, Any]) -> Person:
        """Return the person that `as_json` wrote."""
        return msgspec.convert(document, Person)


def sought(home: Path, warehouse: Warehouse, profile_id: str) -> Person:
    """Return what the working file knows a profile by, also by an id told before a run gave it.

    Raises:
        StateError: what was heard of them has not been landed yet; the next run does.
        NotFoundError, InputError: as `find`.
    """
    try:
        return find(warehouse, profile_id)
    except NotFoundError:
        with State.open(home) as state:
            record_id = Provisionals(state).record_of(profile_id)
        if record_id is None:
            raise
    found = _column(warehouse, _OWNER, record=record_id)
    if not found:
        msg = f"{profile_id} was just heard of; `cdp run` lands it, then this is carried out"
        raise StateError(msg)
    return find(warehouse, found[0])


def find(warehouse: Warehouse, profile_id: str) -> Person:
    """Return what the working file knows a profile by.

    Raises:
        NotFoundError: no record belongs to it (any more).
        InputError: the working file was never brought up to date by this version.
    """
    if _PARTS not in set(warehouse.query(_THERE)["name"]):
        msg = "the working file does not say what records were read from; run `cdp run` first"
        raise InputError(msg)
    ids = _column(warehouse, _IDS, id=profile_id)
    records = _column(warehouse, _RECORDS, ids=ids)
    if not records:
        msg = f"{profile_id} has no source record; nothing can be found of it"
        raise NotFoundError(msg)
    alone, shared = _happened(warehouse, ids, records)
    mine = [*records, *alone]
    found = warehouse.query(_VERSIONS, records=[*mine, *shared]).rows()
    seqs = [row[0] for row in found]
    others = set(_column(warehouse, _SHARED_VERSIONS, seqs=seqs, records=mine, shared=shared))
    values = warehouse.query(_VALUES, ids=ids, records=records).rows()
    return Person(
        profile_ids=tuple(ids),
        records=tuple(records),
        events=tuple(alone),
        shared_events=tuple(shared),
        versions=tuple(s for s in seqs if s not in others),
        shared_versions=tuple(sorted(others)),
        keys=tuple(sorted({row[1:4] for row in found if row[0] not in others})),
        values=tuple(
            sorted({(k, text) for k, v, o, both in values if not both for text in (v, o)})
        ),
        words=tuple(w for w in _column(warehouse, _WORDS, ids=ids, records=records) if w),
        kept_values=len({(k, v) for k, v, _, both in values if both}),
        places=tuple((r[1], r[2], r[4], r[5]) for r in found if r[0] not in others),
    )


def _happened(
    warehouse: Warehouse,
    ids: list[str],
    records: list[str],
    schemas: tuple[str, ...] = ("gold", "silver"),
) -> tuple[list[str], list[str]]:
    """Return what happened with the person alone, and with an organisation beside them."""
    owners = {"gold": ("profile_id", "account_id"), "silver": ("record_id", "account_record_id")}
    alone: set[str] = set()
    shared: set[str] = set()
    there = set(_column(warehouse, _THERE))
    for name in EVENTS:
        for schema in (schema for schema in schemas if f"{schema}.{name}" in there):
            mine, other = owners[schema]
            rows = warehouse.query(
                f'select {name}_id, {other} is not null from {schema}."{name}" '  # noqa: S608
                f"where list_contains($keys, {mine})",
                keys=ids if schema == "gold" else records,
            ).rows()
            shared |= {id_ for id_, both in rows if both}
            alone |= {id_ for id_, both in rows if not both}
    return sorted(alone - shared), sorted(shared)


def _column(warehouse: Warehouse, sql: str, **params: Iterable[object]) -> list[Any]:
    return [row[0] for row in warehouse.query(sql, **params).rows()]


def within(warehouse: Warehouse, person: Person) -> Person:
    """Return the person with the ids and events that an earlier file knows their records by.

    A profile that held other records, too, is theirs as a whole in that file.
    """
    records = list(person.records)
    ids = _column(
        warehouse,
        "select distinct profile_id from gold.source_record "
        "where list_contains($records, record_id) order by 1",
        records=records,
    )
    wider = replace(person, profile_ids=tuple(sorted({*person.profile_ids, *ids})))
    alone, shared = _happened(warehouse, list(wider.profile_ids), [], ("gold",))
    return replace(
        wider,
        events=tuple(sorted({*person.events, *alone})),
        shared_events=tuple(sorted({*person.shared_events, *shared})),
    )
