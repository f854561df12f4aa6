"""What the engine reads, made from silver: one row per person or organisation record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.contacts import clean_emails, clean_phones
from cdp.identity.traits import keyed_hashes
from cdp.model.attributes import ATTRIBUTES
from cdp.store import Statement
from cdp.store.narrow import scoped

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.identity.artefact import Model
    from cdp.identity.rules import IdentityFile
    from cdp.store import Warehouse

PACKAGE: Final = "cdp.identity"
BY_RECORD: Final = ("engine_attribute", "engine_identifier", "engine_frame")
"""Statements that make the engine's input, record by record."""
LIMITED: Final = ("blocked_shared", "blocked_stale")
"""Statements that say, from all records together, which identifiers are evidence of nothing."""
COMPARED: Final = frozenset(
    {
        "given_name",
        "middle_name",
        "family_name",
        "full_name",
        "birth_date",
        "gender",
        "company",
        "address",
        "organisation_name",
        "role",
    }
)
"""Attributes with a field of their own; a role says what a party is to a source, not who it is."""

CLEANING: Final[dict[str, tuple[str, Callable[[pl.DataFrame], pl.DataFrame]]]] = {
    "email": ("emails", clean_emails),
    "phone": ("phones", clean_phones),
}
"""Identifier kind: the engine's field, and how it writes a value."""


def engine_frame(warehouse: Warehouse, rules: IdentityFile) -> pl.DataFrame:
    """Return the records of persons and organisations as the engine reads them, sorted by id.

    `step.engine_frame` holds them too, `step.blocked_declared` the values that were left out.
    """
    patterns = pl.DataFrame(
        rules.patterns(), schema={"kind": pl.String, "pattern": pl.String}, orient="row"
    )
    warehouse.put("step.blocked_pattern", patterns)
    _limit(warehouse, rules)
    for name in ("blocked_declared", "engine_employer", *BY_RECORD):
        statement = Statement.load(PACKAGE, name)
        warehouse.make(statement, **_given(rules, statement))
    return warehouse.query("select * from step.engine_frame order by record_id")


def refresh_frame(warehouse: Warehouse, rules: IdentityFile, model: Model) -> None:
    """Bring `step.engine_frame`, and the values left out of it, up to date for touched records."""
    touched = "record_id in (select record_id from step.touched_record_id)"
    held = f"(kind, value) in (select (kind, value) from silver.identifier where {touched})"  # noqa: S608 - constants
    declared = Statement.load(PACKAGE, "blocked_declared")
    warehouse.redo(scoped(declared, {"silver.identifier": touched}), held)
    employer = Statement.load(PACKAGE, "engine_employer")
    warehouse.redo(scoped(employer, {"silver.relationship": touched}), touched)
    for name in LIMITED:
        warehouse.put(f"step.{name}_before", warehouse.query(f"from step.{name}"))
    _limit(warehouse, rules)
    warehouse.append(Statement.load(PACKAGE, "delta_shared"))
    for name in BY_RECORD:
        statement = Statement.load(PACKAGE, name)
        warehouse.refresh(statement, **_given(rules, statement))
    warehouse.connection.execute(f"delete from step.blocked_found where {held}")  # noqa: S608 - constants
    warehouse.insert("step.blocked_found", blocked_by_model(warehouse, model, touched))


def _limit(warehouse: Warehouse, rules: IdentityFile) -> None:
    """Find, in all of silver, what joins too many people and what was last seen too long ago."""
    for name, column, declared in (
        ("limit", "people", rules.limits()),
        ("window", "days", rules.windows()),
    ):
        schema = {"kind": pl.String, column: pl.Int64}
        warehouse.put(
            f"step.identifier_{name}", pl.DataFrame(declared, schema=schema, orient="row")
        )
    for name in LIMITED:
        warehouse.make(Statement.load(PACKAGE, name))


def _given(rules: IdentityFile, statement: Statement) -> dict[str, object]:
    given: dict[str, object] = {
        "extra_attributes": sorted(set(ATTRIBUTES) - COMPARED) if rules.extra != "none" else [],
        "with_custom": rules.extra == "all",
    }
    return {name: given[name] for name in statement.params}


def blocked_by_model(warehouse: Warehouse, model: Model, held_by: str = "true") -> pl.DataFrame:
    """Return (`kind`, `value`) of the e-mails and phones that the model holds to be nobody's.

    Only values of records that satisfy the condition `held_by` are looked at.
    """
    values = warehouse.query(
        "select distinct kind, value from silver.identifier "  # noqa: S608 - our own conditions
        f"where kind in ('email', 'phone') and {held_by} order by kind, value"
    )
    found = [_blocked(values, kind, model) for kind in CLEANING]
    return pl.concat(found).sort("kind", "value")


def _blocked(values: pl.DataFrame, kind: str, model: Model) -> pl.DataFrame:
    field, clean = CLEANING[kind]
    banned = {h for part in model.parts.values() for h in part.traits.placeholders.get(field, ())}
    mine = values.filter(pl.col("kind") == kind).with_row_index("uid")
    cleaned = clean(mine.select("uid", "value"))
    distinct = cleaned["value"].unique().sort()
    bad = distinct.filter(keyed_hashes(distinct, model.key).is_in(sorted(banned)))
    rows = cleaned.filter(pl.col("value").is_in(bad.to_list()))["uid"]
    return mine.filter(pl.col("uid").is_in(rows.to_list())).select("kind", "value")
