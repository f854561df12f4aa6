"""What a cell of a table holds: one value, several, or a JSON document.

Invariant: a column without a cell of several values stays a text column, at no cost.
"""

from __future__ import annotations

import json
from typing import Final

import polars as pl

MANY: Final = r"[;|]|^\s*\[.*\]\s*$"
DOCUMENT: Final = r"(?s)^\s*(?:\{.*\}|\[\s*\{.*\}\s*\])\s*$"
_ARRAY: Final = r"(?s)^\s*\[(.*)\]\s*$"
_QUOTES: Final = "\"' "


def parted(table: pl.DataFrame, columns: list[str]) -> tuple[pl.DataFrame, list[str]]:
    """Return the table with these columns as text or lists of text, and those with documents.

    A cell with a JSON object, or an array of them, is left empty here: it is read as a document.
    """
    changed, documents = [], []
    for name in columns:
        if isinstance(table.schema[name], pl.List):
            changed.append(pl.col(name).list.drop_nulls().alias(name))
            continue
        column = pl.col(name).str.strip_chars()
        kinds = table.select(
            many=column.str.contains(MANY).any(), document=column.str.contains(DOCUMENT).any()
        ).row(0)
        if kinds[1]:
            documents.append(name)
            column = pl.when(~column.str.contains(DOCUMENT)).then(column)
        changed.append((_values(column) if kinds[0] else _filled(column)).alias(name))
    return table.with_columns(changed), documents


def _filled(column: pl.Expr) -> pl.Expr:
    return pl.when(column != "").then(column)


def _values(column: pl.Expr) -> pl.Expr:
    """Return the values of a cell: a JSON array, or text parted by `;` or `|`."""
    is_array = column.str.contains(_ARRAY)
    bare = column.str.extract(_ARRAY, 1)
    is_quoted = bare.str.contains(r"""["']""")
    separator = (
        pl.when(is_quoted)
        .then(bare.str.replace_all(r"""["']\s*,\s*["']""", "|"))
        .otherwise(bare.str.replace_all(r"\s*,\s*", "|"))
    )
    parts = (
        pl.when(is_array)
        .then(separator.str.strip_chars(_QUOTES))
        .otherwise(column.str.replace_all(";", "|", literal=True))
    )
    items = parts.str.split("|").list.eval(pl.element().str.strip_chars())
    return items.list.eval(pl.element().filter((pl.element() != "") & pl.element().is_not_null()))


def documents_of(
    table: pl.DataFrame, others: list[str], documents: list[str], own: str
) -> pl.Series:
    """Return one JSON object per row: the other columns as text, the documents as they are.

    `own` names the column that held further attributes already, or nothing; what it holds stands
    under `extra`, as a document where it is one.
    """
    parts = [table.select(_embedded(table[name])).to_series() for name in documents]
    if own:
        parts.append(table.select(_embedded(table[own], "extra", is_text_kept=True)).to_series())
    if others:
        values = pl.struct(_as_text(table[name]) for name in others)
        text = table.select(text=values.struct.json_encode())["text"]
        parts.insert(0, text.str.slice(1, text.str.len_chars() - len("{}")))
    if not parts:
        return pl.Series("extra", [None] * len(table), dtype=pl.String)
    frame = pl.DataFrame({f"part_{number}": part for number, part in enumerate(parts)})
    joined = pl.concat_str(frame.columns, separator=",", ignore_nulls=True)
    return frame.select(extra=pl.when(joined != "").then("{" + joined + "}"))["extra"]


def _as_text(column: pl.Series) -> pl.Expr:
    """Return the cells as text, those of a list parted by `;`."""
    if column.dtype == pl.List:
        items = pl.col(column.name).list.eval(pl.element().cast(pl.String, strict=False))
        return items.list.join(";")
    return pl.col(column.name).cast(pl.String, strict=False)


def _embedded(column: pl.Series, key: str = "", *, is_text_kept: bool = False) -> pl.Expr:
    """Return `"key":value` where the cell is a document, or any text if it is kept."""
    text = (
        column.cast(pl.String, strict=False) if column.dtype != pl.List else column.list.join(";")
    )
    key = json.dumps(key or column.name)
    looks = text.filter(text.str.contains(r"^\s*[\[{]")).unique().drop_nulls()
    valid = pl.Series([value for value in looks if _is_json(value)], dtype=pl.String)
    is_document = text.is_in(valid.to_list()) & text.is_not_null()
    rendered = pl.DataFrame({"text": text}).select(pl.struct("text").struct.json_encode())
    literal = rendered.to_series().str.strip_prefix('{"text":').str.strip_suffix("}")
    kept = literal if is_text_kept else pl.Series([None] * len(text), dtype=pl.String)
    value = pl.when(is_document).then(text).otherwise(kept)
    is_filled = text.is_not_null() & (text.str.strip_chars() != "")
    return pl.when(is_filled).then(pl.lit(f"{key}:") + value).alias(column.name)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
