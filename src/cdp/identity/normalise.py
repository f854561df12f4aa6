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
from cdp.identity.dates import date_columns, day_first_sources, is_year_only_habit, iso_dates
from cdp.identity.documents import read_documents
from cdp.identity.extras import attributes, chosen_keys, identifier_keys, identifiers
from cdp.identity.facets import folded
from cdp.identity.further import merged
from cdp.identity.genders import gender_letter
from cdp.identity.names import NAME_COLUMNS, further_names, in_order, name_columns
from cdp.identity.placeholders import placeholder_dates, placeholders
from cdp.identity.places import PLACE_COLUMNS, place_columns
from cdp.identity.traits import GUARDED, Traits, keyed_hashes
from cdp.identity.words import alphanumeric, latin, transliterate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TEXT: Final = (*NAME_COLUMNS, *PLACE_COLUMNS, "birth_date", "gender", "company", "national_id")
NAME_PART: Final = 5
MIN_NAME: Final = 3
UNIQUE: Final = "unique_id"
SYSTEM: Final = r"^([^:]+):"
BIRTH: Final = "birth_date"


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
    cells = read_documents(numbered.select("uid", text="extra"), connection)
    numbered, cells = merged(numbered, cells)
    attribute_cells = attributes(cells)
    text = latin(in_order(numbered), TEXT)
    learned = traits or Traits(
        day_first=_day_first(text), identifiers=identifier_keys(attribute_cells)
    )
    columns = _undated(text, numbered)
    contacts = _contacts(text) | {BIRTH: _dates(text, learned)}
    named = identifiers(attribute_cells, learned.identifiers)
    contacts["other_ids"] = pl.concat([contacts["other_ids"], named]).sort("uid", "value")
    if traits is None:
        banned = _found_placeholders(contacts, columns)
        hashes = {name: tuple(keyed_hashes(values, key)) for name, values in banned.items()}
        learned = replace(learned, placeholders=hashes)
    else:
        banned = _known_placeholders(contacts, learned, key)
    contacts = _without(contacts, banned)
    if traits is None:
        learned = replace(learned, year_only=is_year_only_habit(contacts[BIRTH]["value"]))
    columns = _with_dates(columns, contacts.pop(BIRTH), learned)
    columns = _with_contacts(columns, contacts)
    if traits is None:
        rest = attribute_cells.filter(~pl.col("key").is_in(list(learned.identifiers)))
        chosen = chosen_keys(rest, _core(columns))
        learned = replace(learned, extras={f"extra_{i}": k for i, k in enumerate(chosen)})
    columns = _with_extras(columns, attribute_cells, learned)
    return columns.rename({"uid": UNIQUE}), learned


def _day_first(text: pl.DataFrame) -> tuple[str, ...]:
    sources = text.with_columns(source=pl.col("source").fill_null(""))
    habits = sources.filter(day_first_sources(pl.col(BIRTH), "source"))
    return tuple(habits["source"].unique().sort())


def _dates(text: pl.DataFrame, traits: Traits) -> pl.DataFrame:
    """Return (`uid`, `value`), the main date of a record before its others."""
    day_first = pl.col("source").fill_null("").is_in(list(traits.day_first))
    main = text.select("uid", value=BIRTH, day_first=day_first)
    others = exploded(text, "birth_dates").join(main.select("uid", "day_first"), on="uid")
    dates = pl.concat([main, latin(others, ("value",))])
    iso = dates.select("uid", value=iso_dates(dates)).drop_nulls("value")
    return iso if others.is_empty() else iso.sort("uid", maintain_order=True)


def _with_dates(columns: pl.DataFrame, dates: pl.DataFrame, traits: Traits) -> pl.DataFrame:
    parts = dates.select("uid", **date_columns(pl.col("value"), year_only=traits.year_only))
    dated = _folded(columns.select("uid"), parts, "birth_dates").with_columns(
        pl.col("birth_vague").fill_null(value=False)
    )
    return pl.concat([columns, dated.drop("uid")], how="horizontal")


def _folded(uids: pl.DataFrame, values: pl.DataFrame, facet: str) -> pl.DataFrame:
    """Return one row per record from values in any number, sorted by `uid`, as a facet."""
    is_first = pl.col("uid").is_first_distinct()
    main = uids.join(values.filter(is_first), on="uid", how="left", maintain_order="left")
    return folded(main, values.filter(~is_first), facet)


def _undated(text: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    parts = [
        text.select("uid", "record_id", "source", gender=gender_letter(text["gender"])),
        _names(text, records),
        _places(text, records),
        _companies(text),
    ]
    return pl.concat(
        [part.drop("uid") if i else part for i, part in enumerate(parts)], how="horizontal"
    )


def _names(text: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    main = name_columns(text).with_columns(text["uid"])
    raw = _structs(records, "names")
    if raw.is_empty():
        return folded(main, raw, "names")
    others = latin(in_order(raw), NAME_COLUMNS)
    own = text.filter(pl.col("uid").is_in(others["uid"].unique().to_list()))
    return folded(main, further_names(others, own), "names")


def _places(text: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    raw = latin(_structs(records, "addresses"), PLACE_COLUMNS)
    main = place_columns(text).with_columns(text["uid"])
    return folded(main, place_columns(raw).with_columns(raw["uid"]), "addresses")


def _companies(text: pl.DataFrame) -> pl.DataFrame:
    raw = latin(exploded(text, "companies"), ("value",))
    main = company_columns(text["company"]).with_columns(text["uid"])
    others = company_columns(raw["value"].alias("company")).with_columns(raw["uid"])
    return folded(main, others, "companies")


def _structs(records: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return `uid` and the fields of every struct in a list column, a row each."""
    filled = records.select("uid", column).filter(pl.col(column).list.len() > 0)
    return filled.explode(column).drop_nulls(column).unnest(column)


def _contacts(text: pl.DataFrame) -> dict[str, pl.DataFrame]:
    others = exploded(text, "national_ids")
    national = pl.concat([text.select("uid", value="national_id"), latin(others, ("value",))])
    plain = alphanumeric(pl.col("value")).str.replace_all(" ", "")
    return {
        "emails": clean_emails(exploded(text, "emails")).sort("uid", "value"),
        "phones": clean_phones(exploded(text, "phones")).sort("uid", "value"),
        "other_ids": _ids(text, "other_ids"),
        "own_ids": _ids(text, "own_ids"),
        "national_id": national.with_columns(value=plain)
        .drop_nulls("value")
        .sort("uid", maintain_order=True),
    }


def _ids(text: pl.DataFrame, column: str) -> pl.DataFrame:
    ids = exploded(text, column)
    folded_ids = ids.with_columns(value=transliterate(ids["value"]).str.to_lowercase())
    return folded_ids.with_columns(pl.col("value").str.strip_chars()).unique()


def _found_placeholders(
    contacts: dict[str, pl.DataFrame], columns: pl.DataFrame
) -> dict[str, pl.Series]:
    """Return the values of each guarded field that turn out to identify nobody."""
    surname = columns.select(
        "uid", surname=pl.coalesce("family", pl.col("company").str.replace_all(" ", ""))
    )
    found = {name: placeholders(contacts[name], surname) for name in GUARDED}
    return found | {BIRTH: placeholder_dates(contacts[BIRTH], surname)}


def _known_placeholders(
    contacts: dict[str, pl.DataFrame], traits: Traits, key: bytes
) -> dict[str, pl.Series]:
    """Return the values at hand that are remembered, as hashes, to identify nobody."""
    found = {}
    for name in (*GUARDED, BIRTH):
        hashes = traits.placeholders.get(name, ())
        if hashes:
            values = contacts[name]["value"].unique().sort()
            found[name] = values.filter(keyed_hashes(values, key).is_in(list(hashes)))
    return found


def _without(
    contacts: dict[str, pl.DataFrame], banned: dict[str, pl.Series]
) -> dict[str, pl.DataFrame]:
    kept = {
        name: contacts[name].filter(~pl.col("value").is_in(values.to_list()))
        for name, values in banned.items()
    }
    return contacts | kept


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
        gathered(pl.concat([contacts["other_ids"], contacts["own_ids"]]), "identifiers"),
    ]
    for part in parts:
        columns = columns.join(part, on="uid", how="left", maintain_order="left")
    national = contacts["national_id"].rename({"value": "national_id"})
    numbers = _folded(columns.select("uid"), national, "national_ids").drop("uid")
    return _with_own_ids(pl.concat([columns, numbers], how="horizontal"))


def _with_own_ids(columns: pl.DataFrame) -> pl.DataFrame:
    """Add `ids` (claimed and own) and the systems they belong to; a record is its own first id.

    `claimed_systems` are the systems whose ids a record claims beside its own: two records that
    name different ids of one system contradict each other, two own ids of it do not.
    """
    record = pl.col("record_id").str.to_lowercase()
    with_source = (pl.col("source") + ":" + pl.col("record_id")).str.to_lowercase()
    own = columns.select(
        "uid",
        ids=_ordered(record, with_source),
        id_systems=_ordered(record.str.extract(SYSTEM, 1), with_source.str.extract(SYSTEM, 1)),
    )
    claiming = columns.select("uid", "claimed_ids").filter(pl.col("claimed_ids").list.len() > 0)
    claimed = pl.col("claimed_ids")
    system = pl.element().str.extract(SYSTEM, 1)
    widened = claiming.join(own, on="uid").select(
        "uid",
        all_ids=pl.concat_list(claimed, "ids").list.unique().list.sort(),
        claimed_systems=claimed.list.eval(system).list.drop_nulls().list.unique().list.sort(),
        all_systems=pl.concat_list(claimed.list.eval(system), "id_systems")
        .list.drop_nulls()
        .list.unique()
        .list.sort(),
    )
    both = own.join(widened, on="uid", how="left", maintain_order="left")
    return pl.concat(
        [
            columns,
            both.select(
                ids=pl.coalesce("all_ids", "ids"),
                claimed_systems=pl.col("claimed_systems").fill_null([]),
                id_systems=pl.coalesce("all_systems", "id_systems"),
            ),
        ],
        how="horizontal",
    )


def _ordered(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    """Return the distinct known values of two columns as a sorted list."""
    low, high = pl.min_horizontal(one, other), pl.max_horizontal(one, other)
    return (
        pl.when(low.is_null())
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .when(low == high)
        .then(pl.concat_list(low))
        .otherwise(pl.concat_list(low, high))
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
