"""Rows of plain tables, by whole columns: key, time of change, payload and hash in one SELECT.

Invariant: it gives what `Collector` gives row by row. Whatever it is not sure of it leaves to
others: a file that is not plain is read row by row, a moment that is not plain is read by `moment`.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

import polars as pl
import sqlglot
from sqlglot import exp

from cdp.sources.wire.batch import BLANKS, KEY_DIGITS, parted
from cdp.sources.wire.shape import AllOf, FirstOf, LatestOf, as_key, moment, never
from cdp.store import Statement, Warehouse, scratch
from cdp.store.stream import batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from cdp.sources import Batch
    from cdp.sources.wire.shape import Shape

_ROWS: Final = 50_000
_DAY: Final = r"[12]\d{3}-\d\d-\d\d"
_CLOCK: Final = r"[T ]([01]\d|2[0-3]):\d\d(:\d\d(\.\d{1,6})?)?"
# What has no distance from UTC, or none but Z, is read without a calendar of time zones.
_MOMENT: Final = """
case
    when regexp_full_match(:text, :utc) then try_cast(rtrim(:text, 'Z') as timestamp)
    when regexp_full_match(:text, :local)
        then try_cast(:text as timestamp) - to_minutes(:ahead)
    when regexp_full_match(:text, :ahead_of) then try_cast(:text as timestamptz)::timestamp
end
"""
# What begins and ends with a visible character of ASCII has no blanks around it.
_TRIMMED: Final = """
case when regexp_full_match(:value, '[!-~]([ -~]*[!-~])?') then :value
    else nullif(trim(:value, :blanks), '') end
"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: how JSON has its value, and its text where it may be a key.

    `is_text` is false where the text is that of a number; `is_key` where it is never a key.
    """

    name: str
    json: exp.Expr
    text: exp.Expr | None = None
    is_text: bool = True
    is_key: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is read at once.

    Attributes:
        query: SELECT of the raw columns and `number`, the place of a row in its file.
        columns: what is read of it, in its order.
        label: name of the file in locators.
    """

    query: exp.Select
    columns: tuple[Column, ...]
    label: str


def is_columnar(shape: Shape) -> bool:
    """Return whether key and time of change are of a kind that is known by whole columns."""
    key, changed = shape.key, shape.changed
    known_key = key is None or (
        isinstance(key, AllOf) or (isinstance(key, FirstOf) and key.clean is as_key)
    )
    return known_key and (changed is never or isinstance(changed, LatestOf))


def has_texts(table: Table, shape: Shape) -> bool:
    """Return whether no key and no time of change is in a column of numbers with fractions."""
    fields: set[str] = set()
    for of in (shape.key, shape.changed):
        fields |= set(of.fields) if isinstance(of, FirstOf | AllOf | LatestOf) else set()
    names = {column.name for column in table.columns}
    is_dotted = any("." in field and field not in names for field in fields)
    return not is_dotted and all(c.text is not None for c in table.columns if c.name in fields)


def read_table(table: Table, shape: Shape, zone: tzinfo) -> Iterator[Batch]:
    """Yield the rows of the table."""
    fields = shape.changed.fields if isinstance(shape.changed, LatestOf) else ()
    texts = [c for name in fields for c in table.columns if c.name == name]
    statement = Statement(
        name="cdp.sources/table",
        sql=_select(table, shape, zone, texts).sql("duckdb"),
        grain="one row of a file",
        key="global",
        reads=(),
        broadcast=(),
        params=(),
        writes="step.row",
    )
    with closing(scratch(threads=2, memory_limit="1GB")) as connection:
        for arrow in batches(Warehouse(connection), statement, _ROWS):
            frame = pl.DataFrame(arrow)
            keyed = frame if shape.key is not None else _content_key(frame)
            yield _batch(keyed, table.label, len(texts), zone)


def text(value: str) -> exp.Expr:
    """Return a string literal."""
    return exp.Literal.string(value)


def call(name: str, *arguments: exp.Expr) -> exp.Expr:
    """Return a call of a DuckDB function."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def trimmed(value: exp.Expr) -> exp.Expr:
    """Return the text without the blanks around it, null where nothing is left."""
    template = sqlglot.parse_one(_TRIMMED, dialect="duckdb")
    return exp.replace_placeholders(template, value=value, blanks=text(BLANKS))


def _select(table: Table, shape: Shape, zone: tzinfo, texts: Sequence[Column]) -> exp.Select:
    payload = _object(table.columns)
    ordered = _object(sorted(table.columns, key=lambda column: column.name))
    query = (
        exp.select("number", _as(payload, "payload"), _as(call("sha256", ordered), "content_hash"))
        .select(_as(_key(shape, table.columns), "native_id"))
        .from_("raw")
        .with_("raw", as_=table.query)
    )
    for index, column in enumerate(texts):
        left = trimmed(column.text or exp.null())
        query = query.select(
            _as(_moment(column, zone), f"moment_{index}"),
            _as(exp.cast(left, "varchar"), f"text_{index}"),
            _as(exp.Boolean(this=column.is_text), f"is_text_{index}"),
        )
    return query


def _as(value: exp.Expr, name: str) -> exp.Expr:
    return exp.Alias(this=value, alias=exp.to_identifier(name))


def _object(columns: Sequence[Column]) -> exp.Expr:
    pairs = [
        exp.PropertyEQ(this=exp.to_identifier(c.name, quoted=True), expression=c.json)
        for c in columns
    ]
    return exp.cast(call("to_json", exp.Struct(expressions=pairs)), "varchar")


def _key(shape: Shape, columns: Sequence[Column]) -> exp.Expr:
    known = {c.name: c.text for c in columns if c.text is not None and c.is_key}
    if isinstance(shape.key, FirstOf):
        values = [trimmed(known[name]) for name in shape.key.fields if name in known]
        return call("coalesce", *values) if values else exp.cast(exp.null(), "varchar")
    if isinstance(shape.key, AllOf):
        values = [
            call("coalesce", trimmed(known[name]) if name in known else exp.null(), text(""))
            for name in shape.key.fields
        ]
        joined = call("concat_ws", text("|"), *values)
        return call("nullif", joined, text("|" * (len(values) - 1)))
    return exp.cast(exp.null(), "varchar")


def _moment(column: Column, zone: tzinfo) -> exp.Expr:
    """Return the moment of a plain text; null where the zone is no fixed distance from UTC."""
    if not isinstance(zone, timezone) or column.text is None:
        return exp.cast(exp.null(), "timestamp")
    ahead = int(zone.utcoffset(None).total_seconds()) // 60
    known = f"{_DAY}{_CLOCK}Z" if ahead else f"{_DAY}({_CLOCK}Z?)?"
    return exp.replace_placeholders(
        sqlglot.parse_one(_MOMENT, dialect="duckdb"),
        text=trimmed(column.text),
        utc=text(known),
        local=text(f"{_DAY}({_CLOCK})?"),
        ahead_of=text(rf"{_DAY}{_CLOCK}[+-]\d\d:\d\d"),
        ahead=exp.Literal.number(ahead),
    )


def _batch(frame: pl.DataFrame, label: str, texts: int, zone: tzinfo) -> Batch:
    moments = [_read(frame, i, zone) for i in range(texts)]
    changed = pl.coalesce(*moments) if moments else pl.lit(None, dtype=pl.Datetime("us"))
    no_mark = pl.lit(None, dtype=pl.Boolean)
    rows = frame.with_columns(changed.alias("changed_at"), no_mark.alias("is_deleted"))
    return parted(rows, f"{label}:")


def _read(frame: pl.DataFrame, index: int, zone: tzinfo) -> pl.Series:
    """Return the moments, those that are not plain read one distinct text at a time."""
    found = frame[f"moment_{index}"].cast(pl.Datetime("us"))
    texts = frame[f"text_{index}"]
    left = texts.filter(found.is_null() & texts.is_not_null()).unique()
    if not len(left):
        return found
    of = str if frame.item(0, f"is_text_{index}") else int
    read: list[datetime | None] = [moment(of(one), zone) for one in left.to_list()]
    moments = pl.Series(read, dtype=pl.Datetime("us"))
    return found.fill_null(texts.replace_strict(left, moments, default=None))


def _content_key(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the hash of their content as their key."""
    return frame.with_columns(pl.col("content_hash").str.slice(0, KEY_DIGITS).alias("native_id"))
