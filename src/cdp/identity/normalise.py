"""Raw records to the columns that are compared and blocked on, one row per record.

Invariant: the result for a record depends on that record and on the `Traits`, never on row order;
with frozen traits it does not depend on the other records.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.companies import company_columns
from cdp.identity.contacts import clean_emails, clean_phones, exploded, gathered
from cdp.identity.dates import date_columns, day_first_sources, is_year_only_habit, iso_date
from cdp.identity.extras import attributes, chosen_keys, merged, read_extras
from cdp.identity.names import name_columns
from cdp.identity.placeholders import placeholder_dates, placeholders
from cdp.identity.places import place_columns
from cdp.identity.traits import GUARDED, Traits, keyed_hashes
from cdp.identity.words import alphanumeric, latin, transliterate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TEXT: Final = (
    "given_name",
    "middle_name",
    "family_name",
    "full_name",
    "birth_date",
    "gender",
    "street",
    "city",
    "postcode",
    "country",
    "company",
    "national_id",
)
NAME_PART: Final = 5
MIN_NAME: Final = 3
UNIQUE: Final = "unique_id"


def normalise(
    records: pl.DataFrame,
    connection: DuckDBPyConnection,
    *,
    traits: Traits | None,
    key: bytes,
) -> tuple[pl.DataFrame, Traits]:
    """Return the comparable columns of the records and the traits they were read with.

    `records` are of one party type, conformed and sorted by id; `unique_id` counts them from 0.
    With `traits` given they are applied as they are, else they are learned from these records.
    """
    numbered = records.with_row_index("uid")
    numbered, cells = merged(numbered, read_extras(numbered, connection))
    text = latin(numbered, TEXT)
    columns = _undated(text)
    contacts = _contacts(text)
    learned = traits or Traits(day_first=_day_first(text))
    dates = _dates(text, learned)
    if traits is None:
        found = _learn_placeholders(contacts | {"birth_date": dates}, columns, key)
        learned = replace(learned, placeholders=found)
    contacts = _without_placeholders(contacts | {"birth_date": dates}, learned, key)
    dates = contacts.pop("birth_date")
    if traits is None:
        learned = replace(learned, year_only=is_year_only_habit(dates["value"]))
    columns = _with_contacts(_with_dates(columns, dates, learned), contacts)
    attribute_cells = attributes(cells)
    if traits is None:
        chosen = chosen_keys(attribute_cells, _core(columns))
        learned = replace(learned, extras={f"extra_{i}": k for i, k in enumerate(chosen)})
    columns = _with_extras(columns, attribute_cells, learned)
    return columns.rename({"uid": UNIQUE}), learned


def _day_first(text: pl.DataFrame) -> tuple[str, ...]:
    sources = text.with_columns(source=pl.col("source").fill_null(""))
    habits = sources.filter(day_first_sources(pl.col("birth_date"), "source"))
    return tuple(habits["source"].unique().sort())


def _dates(text: pl.DataFrame, traits: Traits) -> pl.DataFrame:
    is_day = pl.col("source").fill_null("").is_in(traits.day_first)
    return text.select("uid", value=iso_date(pl.col("birth_date"), is_day)).drop_nulls("value")


def _with_dates(columns: pl.DataFrame, dates: pl.DataFrame, traits: Traits) -> pl.DataFrame:
    dated = columns.join(
        dates.rename({"value": "birth_date"}), on="uid", how="left", maintain_order="left"
    )
    return dated.with_columns(**date_columns(pl.col("birth_date"), year_only=traits.year_only))


def _undated(text: pl.DataFrame) -> pl.DataFrame:
    others = text.select(
        "uid",
        "record_id",
        "source",
        gender=pl.when(pl.col("gender") != "").then(pl.col("gender").str.slice(0, 1)),
    )
    parts = [others, name_columns(text), place_columns(text), company_columns(text["company"])]
    return pl.concat(parts, how="horizontal")


def _contacts(text: pl.DataFrame) -> dict[str, pl.DataFrame]:
    national = text.select("uid", value=alphanumeric(pl.col("national_id")))
    ids = exploded(text, "other_ids")
    folded = ids.with_columns(value=transliterate(ids["value"]).str.to_lowercase())
    return {
        "emails": clean_emails(exploded(text, "emails")).sort("uid", "value"),
        "phones": clean_phones(exploded(text, "phones")).sort("uid", "value"),
        "other_ids": folded.with_columns(pl.col("value").str.strip_chars())
        .unique()
        .sort("uid", "value"),
        "national_id": national.with_columns(pl.col("value").str.replace_all(" ", "")).drop_nulls(),
    }


def _learn_placeholders(
    contacts: dict[str, pl.DataFrame], columns: pl.DataFrame, key: bytes
) -> dict[str, tuple[int, ...]]:
    surname = columns.select(
        "uid", surname=pl.coalesce("family", pl.col("company").str.replace_all(" ", ""))
    )
    found = {name: placeholders(contacts[name], surname) for name in GUARDED}
    found["birth_date"] = placeholder_dates(contacts["birth_date"], surname)
    return {name: tuple(keyed_hashes(values, key)) for name, values in found.items()}


def _without_placeholders(
    contacts: dict[str, pl.DataFrame], traits: Traits, key: bytes
) -> dict[str, pl.DataFrame]:
    kept = dict(contacts)
    for name in (*GUARDED, "birth_date"):
        banned = traits.placeholders.get(name, ())
        if banned:
            values = contacts[name]["value"].unique().sort()
            bad = values.filter(keyed_hashes(values, key).is_in(list(banned)))
            kept[name] = contacts[name].filter(~pl.col("value").is_in(bad.to_list()))
    return kept


def _with_contacts(columns: pl.DataFrame, contacts: dict[str, pl.DataFrame]) -> pl.DataFrame:
    emails = contacts["emails"].join(columns.select("uid", "given", "family"), on="uid")
    plain_local = pl.col("local").str.replace_all("[^a-z]", "")
    named = pl.any_horizontal(
        (pl.col(name).str.len_chars() >= MIN_NAME)
        & plain_local.str.contains(pl.col(name).str.slice(0, NAME_PART), literal=True)
        for name in ("given", "family")
    ).fill_null(value=False)
    phones = contacts["phones"]
    short = phones.with_columns(pl.col("value").str.tail(7))
    parts = [
        gathered(contacts["emails"], "emails"),
        gathered(contacts["emails"], "locals", "local"),
        gathered(emails.filter(~named), "own_locals", "local"),
        gathered(phones, "phones"),
        gathered(short, "short_phones"),
        gathered(contacts["other_ids"], "claimed_ids"),
        contacts["national_id"].rename({"value": "national_id"}),
    ]
    for part in parts:
        columns = columns.join(part, on="uid", how="left", maintain_order="left")
    return _with_own_ids(columns)


def _with_own_ids(columns: pl.DataFrame) -> pl.DataFrame:
    """Add `ids` (claimed and own) and the systems they belong to; a record is its own first id.

    `claimed_systems` are the systems whose ids a record claims beside its own: two records that
    name different ids of one system contradict each other, two own ids of it do not.
    """
    own = pl.concat_list(
        pl.col("record_id").str.to_lowercase(),
        (pl.col("source") + ":" + pl.col("record_id")).str.to_lowercase(),
    ).list.drop_nulls()
    claimed = pl.col("claimed_ids").fill_null([])
    system = pl.element().str.extract(r"^([^:]+):", 1)
    widened = columns.with_columns(ids=pl.concat_list(claimed, own).list.unique().list.sort())
    return widened.with_columns(
        claimed_systems=claimed.list.eval(system).list.drop_nulls().list.unique().list.sort(),
        id_systems=pl.col("ids").list.eval(system).list.drop_nulls().list.unique().list.sort(),
    )


def _core(columns: pl.DataFrame) -> pl.DataFrame:
    single = ["given", "family", "birth_date", "street", "company", "city", "postcode"]
    return columns.select(
        "uid",
        *single,
        "national_id",
        both_names=pl.col("given").fill_null("") + pl.col("family").fill_null(""),
        email=pl.col("emails").list.first(),
        phone=pl.col("phones").list.first(),
    )


def _with_extras(columns: pl.DataFrame, cells: pl.DataFrame, traits: Traits) -> pl.DataFrame:
    for name, attribute in traits.extras.items():
        values = cells.filter(pl.col("key") == attribute).select("uid", pl.col("value").alias(name))
        columns = columns.join(values, on="uid", how="left", maintain_order="left")
        columns = columns.with_columns(pl.col(name).str.split(" ").alias(f"{name}_tokens"))
    return columns
