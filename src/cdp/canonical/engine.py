"""From bronze to silver: extract, clean, judge, pivot, reconcile. One statement a step.

Invariant: silver is a function of bronze, the declared instances and the mappings alone, so it
may be rebuilt whole at any time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.canonical.cleaning import clean_distinct
from cdp.canonical.extract import Origin, statements
from cdp.canonical.plan import KINDS, entities, required
from cdp.canonical.unknown import unknown_fields
from cdp.errors import ReconciliationError
from cdp.model.attributes import ATTRIBUTES
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cdp.canonical.mapping import MappingFile
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
    "line",
    "statement",
    "seen",
)
TABLES: Final = (
    "record",
    "attribute",
    "identifier",
    "consent",
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
)
_FIELD: Final[dict[str, type[pl.DataType] | pl.DataType]] = {
    "record_id": pl.String,
    "source": pl.String,
    "object": pl.String,
    "seq": pl.Int64,
    "seen_at": pl.Datetime("us"),
    "received_at": pl.Datetime("us"),
    "kind": pl.String,
    "slot": pl.Int32,
    "item": pl.Int64,
    "main": pl.Boolean,
    "merge": pl.Boolean,
    "field": pl.String,
    "type": pl.String,
    "hint": pl.String,
    "meaning": pl.String,
    "original": pl.String,
}
_UNEQUAL: Final = """
select source, object, versions, accepted, superseded, quarantined
from silver.reconciliation
where versions <> accepted + superseded + quarantined
order by source, object
"""
_OBJECTS: Final = """
select distinct source, object from step.canonical_version where is_mapped order by source, object
"""


@dataclass(frozen=True, slots=True)
class Instance:
    """A declared source instance with the mapping that reads it."""

    name: str
    mapping: MappingFile
    trust_tier: str
    region: str | None
    time_zone: str | None

    @property
    def dates(self) -> str:
        """The hint for timestamps."""
        return f"{self.time_zone or self.mapping.time_zone} {self.mapping.slash_dates}"


def rebuild(warehouse: Warehouse, instances: list[Instance], country: str) -> dict[str, int]:
    """Make silver what bronze, instances and mappings say; return the rows by table.

    Raises:
        ReconciliationError: a version was neither accepted, replaced nor quarantined.
    """
    _declare(warehouse, instances)
    warehouse.make(_load("version"))
    _extract(warehouse, instances, country)
    counts = {"values_cleaned": clean_distinct(warehouse)}
    for step in STEPS:
        warehouse.make(_load(step))
    counts |= {table: warehouse.replace(_load(table)) for table in TABLES}
    warehouse.replace(_load("quarantine"))
    warehouse.replace(_load("reconciliation"))
    _check(warehouse)
    return counts


def _load(name: str) -> Statement:
    return Statement.load(PACKAGE, name)


def _declare(warehouse: Warehouse, instances: list[Instance]) -> None:
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
    kinds = ("party", "consent", "relationship", "visitor_link", "order_line", "cart_line")
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


def _put(
    warehouse: Warehouse,
    name: str,
    schema: Mapping[str, type[pl.DataType]],
    rows: Iterable[tuple[object, ...]],
) -> None:
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    warehouse.put(f"step.canonical_{name}", frame)


def _extract(warehouse: Warehouse, instances: list[Instance], country: str) -> None:
    warehouse.put("step.canonical_field", pl.DataFrame(schema=_FIELD))
    by_name = {instance.name: instance for instance in instances}
    for source, name in warehouse.query(_OBJECTS).iter_rows():
        instance = by_name[source]
        unknown = unknown_fields(warehouse, source, name, instance.mapping)
        origin = Origin(source, name, instance.dates, country, unknown)
        for statement in statements(entities(instance.mapping.objects[name], source), origin):
            warehouse.append(statement)


def _check(warehouse: Warehouse) -> None:
    unequal = warehouse.query(_UNEQUAL).rows()
    if unequal:
        listed = "; ".join(
            f"{source}/{name}: {versions} versions in bronze, but {accepted} accepted + "
            f"{superseded} superseded + {quarantined} quarantined"
            for source, name, versions, accepted, superseded, quarantined in unequal
        )
        msg = (
            f"canonical does not add up in {listed}. No silver table was changed; keep the "
            "workspace as it is and report this"
        )
        raise ReconciliationError(msg)
