"""What the engine reads, made from silver: one row per person or organisation record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.contacts import clean_emails, clean_phones
from cdp.identity.traits import keyed_hashes
from cdp.model.attributes import ATTRIBUTES
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.identity.artefact import Model
    from cdp.identity.rules import IdentityFile
    from cdp.store import Warehouse

PACKAGE: Final = "cdp.identity"
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
    others = sorted(set(ATTRIBUTES) - COMPARED) if rules.extra != "none" else []
    given: dict[str, object] = {
        "extra_attributes": others,
        "with_custom": rules.extra == "all",
    }
    for name in (
        "blocked_declared",
        "employer",
        "engine_attribute",
        "engine_identifier",
        "engine_frame",
    ):
        statement = Statement.load(PACKAGE, name)
        warehouse.make(statement, **{p: given[p] for p in statement.params})
    return warehouse.query("select * from step.engine_frame order by record_id")


def blocked_by_model(warehouse: Warehouse, model: Model) -> pl.DataFrame:
    """Return (`kind`, `value`) of the e-mails and phones that the model holds to be nobody's."""
    values = warehouse.query(
        "select distinct kind, value from silver.identifier where kind in ('email', 'phone') "
        "order by kind, value"
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
