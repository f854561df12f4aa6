"""From bronze to silver: extract, clean, judge, pivot, reconcile. One statement a step.

Invariant: silver is a function of bronze, the declared instances and the mappings alone, so it
may be rebuilt whole at any time. What becomes of a version depends on the versions alone that
make an entity together with it, so that a few of them may be looked at by themselves.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.canonical.cleaning import clean_distinct
from cdp.canonical.direct import direct
from cdp.canonical.extract import Origin, statements
from cdp.canonical.over import over
from cdp.canonical.plan import KINDS, entities, required
from cdp.canonical.sound import cells, crowded, odd, sound
from cdp.canonical.unknown import unknown_fields
from cdp.canonical.wide import meant, reading, together, with_left
from cdp.errors import ReconciliationError
from cdp.model.attributes import ATTRIBUTES
from cdp.model.tables.declare import table
from cdp.store import Statement
from cdp.store.schema import ddl, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.canonical.mapping import MappingFile
    from cdp.canonical.plan import Entity
    from cdp.canonical.wide import Wide
    from cdp.sources import SourceInstance
    from cdp.store import Warehouse

PACKAGE: Final = "cdp.canonical"
STEPS: Final = (
    "value",
    "entity",
    "refused",
    "good",
    "party",
    "stated",
    "event",
    "moved",
    "line",
    "told",
    "content",
    "statement",
    "seen",
)
KEPT: Final = ("part", "consent_key", "offer")
"""Steps whose tables the next run on a delta reads."""
TABLES: Final = (
    "record",
    "attribute",
    "identifier",
    "consent",
    "party_role",
    "relationship",
    "visitor_link",
    "order",
    "order_line",
    "cart",
    "quote",
    "product",
    "interaction",
    "ticket",
    "lead",
    "opportunity",
    "activity",
    "asset",
    "campaign",
    "campaign_member",
    "target_group",
    "target_group_member",
)
FIELD: Final = table(
    "temp.canonical_field",
    "one filled field of one entity",
    "",
    """
record_id   varchar    key of the entity: of the party, the event, the statement
source      varchar    source instance
object      varchar    the source's own name of the object
seq         bigint     version it was read from
seen_at     timestamp  when the source last changed that version, else when it arrived (UTC)
received_at timestamp  when that version arrived (UTC)
item        bigint     element of the list that it was read from, from 0
kind        varchar    party, attribute, identifier, ..., order, order_line, ...
slot        integer    place of the entity in the mapping; the better value comes first
main        boolean    the entity stands for itself
merge       boolean    several records make up the entity
field       varchar    field of the entity; `$` is its key
type        varchar?   cleaning that the value gets
hint        varchar?   what the cleaning needs to know: country, zone and order of dates
meaning     varchar?   the value by the mapping; null where the mapping gives it none
plain       varchar?   the clean value where the value is plain; null leaves it to the cleaner
original    varchar    the value as received
""",
)
_UNEQUAL: Final = """
select source, object, versions, accepted, superseded, deleted, quarantined
from silver.reconciliation
where versions <> accepted + superseded + deleted + quarantined
order by source, object
"""
_OBJECTS: Final = """
select distinct source, object from temp.canonical_version where is_mapped order by source, object
"""
_LEFT: Final = """
select number, list_sort(list(distinct place)) as places
from temp.canonical_meant
group by number
order by number
"""
_PASSING: Final = """
select table_name
from duckdb_tables()
where database_name = 'temp' and starts_with(table_name, 'canonical_')
order by table_name
"""


@dataclass(frozen=True, slots=True)
class Instance:
    """A declared source instance with the mapping that reads it."""

    name: str
    mapping: MappingFile
    trust_tier: str
    region: str | None
    time_zone: str | None

    @staticmethod
    def of(name: str, mapping: MappingFile, declared: SourceInstance) -> Instance:
        """Return an instance as its file declares it."""
        return Instance(name, mapping, declared.trust_tier, declared.region, declared.time_zone)

    @property
    def dates(self) -> str:
        """The hint for timestamps."""
        return f"{self.time_zone or self.mapping.time_zone} {self.mapping.slash_dates}"


def rebuild(warehouse: Warehouse, instances: list[Instance], country: str) -> dict[str, int]:
    """Make silver what bronze, instances and mappings say; return the rows by table.

    Raises:
        ReconciliationError: a version was neither accepted, replaced, a deletion nor quarantined.
    """
    declare(warehouse, instances)
    warehouse.make(load("version"))
    wides = extract(warehouse, instances, country, admitted(warehouse))
    for step in (*STEPS, *KEPT):
        warehouse.make(load(step))
    counts = {table: warehouse.replace(load(table)) for table in TABLES}
    for statement in direct(wides):
        counts[statement.writes.removeprefix("silver.")] += warehouse.append(statement)
    warehouse.replace(load("quarantine"))
    warehouse.replace(load("reconciliation"))
    check(warehouse)
    return counts


def load(name: str) -> Statement:
    """Return a statement of this room."""
    return Statement.load(PACKAGE, name)


def declare(warehouse: Warehouse, instances: list[Instance]) -> None:
    """Write down what is declared, as small tables that the statements join."""
    _put(
        warehouse,
        "instance",
        {"source": pl.String, "trust_tier": pl.String, "region": pl.String},
        [(i.name, i.trust_tier, i.region) for i in instances],
    )
    _put(
        warehouse,
        "object",
        {
            "source": pl.String,
            "object": pl.String,
            "strip_zeros": pl.Boolean,
            "all_versions": pl.Boolean,
        },
        [
            (i.name, name, spec.strip_zeros, spec.versions == "all")
            for i in instances
            for name, spec in i.mapping.objects.items()
        ],
    )
    lines = tuple(f"{of}_line" for of in ("order", "cart", "order_change", "cart_change"))
    kinds = ("party", "consent", "relationship", "role", "visitor_link", *lines)
    _put(
        warehouse,
        "required",
        {"kind": pl.String, "field": pl.String},
        [(kind, field) for kind in (*kinds, *KINDS.values()) for field in required(kind)],
    )
    _put(
        warehouse,
        "attribute",
        {"attribute": pl.String, "party_type": pl.String},
        [(a.name, of) for a in ATTRIBUTES.values() for of in a.of],
    )


def admitted(
    warehouse: Warehouse, instead: Mapping[str, str] = MappingProxyType({})
) -> Mapping[str, str]:
    """Return what payloads are read from: as corrected, and none of a version that is refused."""
    if not warehouse.count("quality.refusal") and not warehouse.count("quality.correction"):
        return instead
    view = over(load("admitted"), instead)
    warehouse.view(view)
    return {**instead, "bronze.record": view.writes}


def _put(
    warehouse: Warehouse,
    name: str,
    schema: Mapping[str, type[pl.DataType]],
    rows: Iterable[tuple[object, ...]],
) -> None:
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    warehouse.put(f"temp.canonical_{name}", frame)


def extract(
    warehouse: Warehouse,
    instances: list[Instance],
    country: str,
    instead: Mapping[str, str] = MappingProxyType({}),
) -> list[Wide]:
    """Take what the mappings name out of the latest versions, clean it, and return wide tables.

    Their sound rows are listed in `temp.canonical_sound`; all else is in `temp.canonical_field`,
    with clean values by what was received in `temp.canonical_clean`.

    `instead` names tables to read in place of others, as a part of bronze in place of all of it.
    """
    # DuckDB 2.0.0 hides rows inserted into a table that the same transaction created from an
    # empty SELECT, so this table is created by its columns.
    warehouse.connection.execute(f"drop table if exists {quoted(FIELD.name)}")
    warehouse.connection.execute(ddl(FIELD))
    by_name = {instance.name: instance for instance in instances}
    wides: list[Wide] = []
    plans = [
        (by_name[source], name, entities(by_name[source].mapping.objects[name], source))
        for source, name in warehouse.query(_OBJECTS).iter_rows()
    ]
    several = _several(plans)
    for instance, name, found in plans:
        unknown = unknown_fields(warehouse, instance.name, name, instance.mapping, instead)
        origin = Origin(instance.name, name, instance.dates, country, unknown)
        families, others = together(found)
        every = instance.mapping.objects[name].versions == "all"
        for family in families:
            main = family[0]
            is_alone = not every and main.key is None and (instance.name, main.kind) not in several
            wide, statement = reading(family, origin, len(wides), is_alone=is_alone)
            warehouse.make(over(statement, instead))
            wides.append(wide)
        for statement in statements(others, origin):
            warehouse.append(over(statement, instead))
    return _judged(warehouse, wides)


def _several(plans: list[tuple[Instance, str, list[Entity]]]) -> set[tuple[str, str]]:
    """Return the sources that make entities of a kind in several ways, with the kind."""
    ways = Counter(
        (instance.name, "party" if entity.kind == "visitor_link" else entity.kind)
        for instance, _, found in plans
        for entity in found
        if entity.main
    )
    return {way for way, count in ways.items() if count > 1}


def _judged(warehouse: Warehouse, wides: list[Wide]) -> list[Wide]:
    """Clean what is left, and tell sound rows from odd ones, whose cells go to all others."""
    warehouse.make(meant(wides))
    clean_distinct(warehouse)
    left = dict(warehouse.query(_LEFT).iter_rows())
    cleaned = []
    for wide in wides:
        if wide.number in left:
            found, statement = with_left(wide, left[wide.number])
            warehouse.make(statement)
            cleaned.append(found)
        else:
            cleaned.append(wide)
    for step in (crowded, odd, sound):
        warehouse.make(step(cleaned))
    for wide in cleaned:
        warehouse.append(cells(wide))
    return cleaned


def tidy(warehouse: Warehouse) -> None:
    """Drop the private tables that no later run reads."""
    warehouse.connection.execute("drop view if exists temp.canonical_admitted")
    for name in warehouse.query(_PASSING)["table_name"].to_list():
        warehouse.drop(f"temp.{name}")


def check(warehouse: Warehouse) -> None:
    """Return when every version is accounted for.

    Raises:
        ReconciliationError: a version was neither accepted, replaced, a deletion nor quarantined.
    """
    unequal = warehouse.query(_UNEQUAL).rows()
    if unequal:
        listed = "; ".join(
            f"{source}/{name}: {versions} versions in bronze, but {accepted} accepted + "
            f"{superseded} superseded + {deleted} deleted + {quarantined} quarantined"
            for source, name, versions, accepted, superseded, deleted, quarantined in unequal
        )
        msg = (
            f"canonical does not add up in {listed}. No silver table was changed; keep the "
            "workspace as it is and report this"
        )
        raise ReconciliationError(msg)
