"""JSON in a cell, laid out as rows: every value with its key and the object it stands in.

Invariant: an object keeps its parts together (`part` is the same for them), so that a further name
or address is read whole; a list of plain values gives a row each under the name of the list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import polars.selectors as cs

from cdp.identity.fields import OWN_NAMES, field_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CELLS: Final[dict[str, pl.DataType]] = {
    "uid": pl.UInt32(),
    "part": pl.String(),
    "key": pl.String(),
    "value": pl.String(),
}
ROOT: Final = ("$", "$.extra")
"""Where the values stand that belong to the record itself, not to a further value of it."""

_READ_SQL: Final = """
with document as (
    select
        number,
        case
            when json_valid(text) and json_type(text) in ('OBJECT', 'ARRAY') then text
            else json_object('extra', text)
        end as body
    from document_text
)
select
    document.number as number,
    leaf.fullkey as place,
    json_extract_string(leaf.atom, '$') as value
from document, json_tree(document.body) as leaf
where leaf.type not in ('OBJECT', 'ARRAY', 'NULL')
order by number, leaf.id
"""
_KEY: Final = r'\.(?:"([^"]*)"|([^.\[\]"]+))(?:\[\d+\])*$'
_PARENT: Final = r'(?:\."[^"]*"|\.[^.\[\]"]+)?(?:\[\d+\])*$'
_LABELS: Final = ("type", "kind", "label", "use", "category")
_VALUES: Final = ("value", "text", "number", "id", "content")
_SYSTEM: Final = "system"


def read_documents(texts: pl.DataFrame, connection: DuckDBPyConnection) -> pl.DataFrame:
    """Return (`uid`, `part`, `key`, `value`) for every value in the texts (`uid`, `text`).

    A text that is no JSON object or array is one value under the key `extra`. An object of a type
    and a value (`{"type": "mobile", "value": "..."}`) is a value under that type.
    """
    filled = texts.filter(pl.col("text").str.strip_chars() != "")
    if filled.is_empty():
        return pl.DataFrame(schema=CELLS)
    distinct = filled.select(pl.col("text").unique().sort()).with_row_index("number")
    connection.register("document_text", distinct)
    try:
        leaves: pl.DataFrame = connection.sql(_READ_SQL).pl()
    finally:
        connection.unregister("document_text")
    cells = _typed(_placed(leaves)).filter(pl.col("value").str.strip_chars() != "")
    numbers = filled.join(distinct, on="text").select("uid", "number")
    whole = numbers.join(cells, on="number").sort("uid", "order")
    return whole.select(pl.col(name).cast(kind) for name, kind in CELLS.items())


def _placed(leaves: pl.DataFrame) -> pl.DataFrame:
    """Return `number`, `order`, `part`, `key`, `value`: a place parted into object and key."""
    place = pl.col("place")
    key = pl.coalesce(place.str.extract(_KEY, 1), place.str.extract(_KEY, 2), pl.lit("extra"))
    part = place.str.replace(_PARENT, "")
    return leaves.with_row_index("order").select("number", "order", "value", part=part, key=key)


def _typed(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells with objects of a type and a value read as that value under the type.

    Under a list whose name is a field (`{"emails": [{"value": ...}]}`) it is a value of that field;
    with a system (`{"system": "crm", "id": 7}`) it is the identifier `crm:7`.
    """
    name = pl.col("key").str.to_lowercase()
    cells = cells.with_columns(
        is_label=name.is_in(_LABELS) & ~pl.col("part").is_in(ROOT),
        is_value=name.is_in(_VALUES) & ~pl.col("part").is_in(ROOT),
        is_system=(name == _SYSTEM) & ~pl.col("part").is_in(ROOT),
    )
    objects = (
        cells.filter(pl.any_horizontal(cs.starts_with("is_")))
        .group_by("number", "part", maintain_order=True)
        .agg(
            label=pl.col("value").filter("is_label").first(),
            system=pl.col("value").filter("is_system").first(),
            values=pl.col("is_value").sum(),
        )
        .filter(pl.col("values") == 1)
    )
    listed = pl.coalesce(*(pl.col("part").str.extract(_KEY, group) for group in (1, 2)))
    known = _fields(pl.concat([cells.select(k=listed)["k"], objects["label"]]))
    whole = cells.join(objects, on=["number", "part"], how="left", maintain_order="left")
    is_read = pl.col("is_value") & (
        pl.len().over("number", "part") <= len(("label", "value", "system"))
    )
    key = (
        pl.when(pl.col("system").is_not_null())
        .then(pl.lit("other_ids"))
        .when(listed.is_in(known))
        .then(listed)
        .otherwise(pl.coalesce("label", listed, "key"))
    )
    value = pl.concat_str(pl.col("system"), "value", separator=":")
    read = whole.with_columns(
        key=pl.when(is_read).then(key).otherwise("key"),
        value=pl.when(is_read).then(pl.coalesce(value, "value")).otherwise("value"),
    )
    return read.filter(~pl.col("is_label") & ~pl.col("is_system")).select(
        "number", "order", "part", "key", "value"
    )


def _fields(names: pl.Series) -> list[str]:
    return [
        name for name in names.drop_nulls().unique() if field_of(name) not in {None, *OWN_NAMES}
    ]
