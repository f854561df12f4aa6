"""Attributes beyond the schema: recognised ones join their field, the rest is weak evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.identity.fields import MULTI_VALUED, field_of
from cdp.identity.words import alphanumeric, transliterate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MIN_FILL: Final = 0.2
MIN_DISTINCT: Final = 3
MAX_DISTINCT_SHARE: Final = 0.5
MAX_COPIES: Final = 0.3
MAX_EXTRAS: Final = 6
COPY_SAMPLE: Final = 2000

_READ_SQL: Final = """
with document as (
    select
        uid,
        case
            when json_valid(extra) and json_type(extra) = 'OBJECT' then [extra::json]
            when json_valid(extra) and json_type(extra) = 'ARRAY'
                then json_extract(extra, '$[*]')
            else [json_object('extra', extra)]
        end as parts
    from extra_text
),
part as (
    select
        uid,
        unnest(parts) as body
    from document
),
item as (
    select
        uid,
        unnest(json_keys(body)) as key,
        body
    from part
    where json_type(body) = 'OBJECT'
),
cell as (
    select
        uid,
        key,
        json_extract(body, '$."' || replace(key, '"', '') || '"') as value
    from item
)
select
    uid,
    key,
    unnest(
        case json_type(value)
            when 'ARRAY' then json_extract_string(value, '$[*]')
            else [json_extract_string(value, '$')]
        end
    ) as value
from cell
where json_type(value) not in ('NULL', 'OBJECT')
order by uid, key, value
"""


def read_extras(records: pl.DataFrame, connection: DuckDBPyConnection) -> pl.DataFrame:
    """Return (`uid`, `key`, `value`) for every attribute in `extra`, several values as rows.

    A JSON object gives its keys; an array of objects the keys of each; anything else is text
    under the key `extra`.
    """
    empty = pl.DataFrame(schema={"uid": pl.UInt32(), "key": pl.String(), "value": pl.String()})
    text = records.select("uid", "extra").filter(pl.col("extra").str.strip_chars() != "")
    if text.is_empty():
        return empty
    connection.register("extra_text", text)
    try:
        cells: pl.DataFrame = connection.sql(_READ_SQL).pl()
    finally:
        connection.unregister("extra_text")
    return cells.filter(pl.col("value").str.strip_chars() != "").sort("uid", "key", "value")


def merged(records: pl.DataFrame, cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the records with recognised attributes added, and the cells that were not.

    A list field takes every value; a single field takes the first where the record has none.
    """
    keys = cells["key"].unique().to_list()
    meaning = {key: field for key in keys if (field := field_of(key)) and field in records.columns}
    usable = {key: field for key, field in meaning.items() if field not in {"extra", "record_id"}}
    known = cells.filter(pl.col("key").is_in(usable.keys())).with_columns(
        field=pl.col("key").replace_strict(usable, default=None, return_dtype=pl.String)
    )
    for field in sorted(set(usable.values())):
        values = known.filter(pl.col("field") == field).group_by("uid").agg(pl.col("value"))
        added = records.select("uid").join(values, on="uid", how="left", maintain_order="left")
        records = records.with_columns(_with_values(field, added["value"]))
    return records, cells.filter(~pl.col("key").is_in(usable.keys()))


def _with_values(field: str, values: pl.Series) -> pl.Expr:
    if field in MULTI_VALUED:
        own = pl.col(field).fill_null(pl.lit([], dtype=pl.List(pl.String)))
        return pl.concat_list(own, values.list.drop_nulls().fill_null([])).alias(field)
    is_blank = pl.col(field).is_null() | (pl.col(field).str.strip_chars() == "")
    return pl.when(is_blank).then(values.list.first()).otherwise(pl.col(field)).alias(field)


def attributes(cells: pl.DataFrame) -> pl.DataFrame:
    """Return (`uid`, `key`, `value`), one value per record and key, in comparable form."""
    plain = cells.with_columns(value=transliterate(cells["value"]).str.to_lowercase())
    plain = plain.with_columns(value=alphanumeric(pl.col("value"))).drop_nulls("value")
    return plain.group_by("uid", "key").agg(pl.col("value").sort().str.join(" "))


def chosen_keys(cells: pl.DataFrame, core: pl.DataFrame) -> tuple[str, ...]:
    """Return the keys worth comparing: filled, neither constant nor unique, no copy of a field."""
    sizes = (
        cells.group_by("key")
        .agg(filled=pl.len(), distinct=pl.col("value").n_unique())
        .filter(
            (pl.col("filled") >= MIN_FILL * len(core))
            & (pl.col("distinct") >= MIN_DISTINCT)
            & (pl.col("distinct") <= MAX_DISTINCT_SHARE * pl.col("filled"))
        )
        .sort("key")
    )
    keys = [key for key in sizes["key"] if not _is_copy(cells.filter(pl.col("key") == key), core)]
    return tuple(keys[:MAX_EXTRAS])


def _is_copy(cells: pl.DataFrame, core: pl.DataFrame) -> bool:
    """Return whether the values are mostly a permutation of the letters of a core field."""
    sample = cells.sort("uid").head(COPY_SAMPLE).join(core, on="uid", maintain_order="left")
    value = _sorted_letters(pl.col("value"))
    same = [value == _sorted_letters(pl.col(name)) for name in core.columns if name != "uid"]
    copies = sample.select(pl.any_horizontal(same).fill_null(value=False).sum()).item()
    return bool(copies > MAX_COPIES * len(sample))


def _sorted_letters(text: pl.Expr) -> pl.Expr:
    plain = text.str.replace_all("[^0-9a-z]", "")
    return pl.when(plain != "").then(plain.str.split("").list.sort().list.join(""))
