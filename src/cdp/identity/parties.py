"""Persons and organisations told apart: they are resolved alike but never compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from cdp.identity.names import NAME_COLUMNS, has_person_name
from cdp.identity.words import latin

if TYPE_CHECKING:
    from cdp.identity.artefact import PartyType


def party_types(records: pl.DataFrame) -> pl.Series:
    """Return, per record, `organisation` for a company without a person's name, else `person`."""
    text = latin(records.select(*NAME_COLUMNS, "company"), (*NAME_COLUMNS, "company"))
    is_company = pl.col("company").str.contains("[0-9a-z]").fill_null(value=False)
    kind = pl.when(is_company & ~has_person_name()).then(pl.lit("organisation"))
    return text.select(party_type=kind.otherwise(pl.lit("person")))["party_type"]


def split(records: pl.DataFrame) -> dict[PartyType, pl.DataFrame]:
    """Return the records of each party type, in the order they came."""
    employed = records.filter(pl.col("company").is_not_null())
    firms = employed.filter(party_types(employed) == "organisation")["record_id"]
    is_firm = records["record_id"].is_in(firms.to_list())
    return {"person": records.filter(~is_firm), "organisation": records.filter(is_firm)}
