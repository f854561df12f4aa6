"""Read Parquet in batches; dates, decimals and bytes become JSON text, NaN becomes null."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq
import sqlglot
from sqlglot import exp

from cdp.sources.wire.batch import BATCH_ROWS, Collector
from cdp.sources.wire.columnar import Column, Table, call, has_texts, is_columnar, read_table, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.delivery import Part, Task

_ISO: Final = """
strftime(:moment, '%Y-%m-%dT%H:%M:%S')
|| case when microsecond(:moment) % 1000000 = 0 then '' else strftime(:moment, '.%f') end
|| :zone
"""


def read_parquet(part: Part, task: Task) -> Iterator[Batch]:
    """Yield the rows of a Parquet file.

    Raises:
        InputError: it is no Parquet file, or lacks a column that the type depends on.
    """
    if not part.path.stat().st_size:
        return
    try:
        with pq.ParquetFile(part.path) as file:
            yield from _read(part, task, file)
    except pa.ArrowException as error:
        problem = f"cannot be read as Parquet ({str(error).splitlines()[0]})"
        raise part.failure(problem, "deliver it again") from error


def _read(part: Part, task: Task, file: pq.ParquetFile) -> Iterator[Batch]:
    names = file.schema_arrow.names
    lacking = [column for column in task.shape.columns if column not in names]
    if lacking:
        problem = f"has no column {', '.join(lacking)}; its columns are {', '.join(names)}"
        raise part.failure(problem, f"correct options in sources/{part.source}.yaml")
    table = _table(part, file.schema_arrow) if is_columnar(task.shape) else None
    if table is not None and has_texts(table, task.shape):
        yield from read_table(table, task.shape, task.zone)
        return
    collector = Collector(task.shape, task.zone)
    number = 0
    for arrow in file.iter_batches(batch_size=BATCH_ROWS):
        for number, row in enumerate(arrow.to_pylist(), start=number + 1):  # noqa: B020 - counts on
            collector.mapping(f"{part.label}:{number}", row)
            yield from collector.full()
    yield from collector.rest()


def _table(part: Part, schema: pa.Schema) -> Table | None:
    """Return how to read the file by whole columns; None where one is of an unusual type."""
    columns = [_column(field.name, field.type) for field in schema]
    known = [column for column in columns if column is not None]
    folded = {name.casefold() for name in schema.names} - {"number", "file_row_number"}
    if len(folded) < len(columns) or len(known) < len(columns):
        return None
    rows = call(
        "read_parquet",
        text(str(part.path)),
        exp.EQ(this=exp.column("file_row_number"), expression=exp.true()),
    )
    number = exp.Add(this=exp.column("file_row_number"), expression=exp.Literal.number(1))
    names = (exp.column(exp.to_identifier(name, quoted=True)) for name in schema.names)
    query = exp.select(exp.Alias(this=number, alias=exp.to_identifier("number")), *names)
    return Table(query.from_(rows), tuple(known), part.label)


def _column(name: str, type_: pa.DataType) -> Column | None:
    """Return how JSON has the values of a column; None where that takes a look at each."""
    value = exp.column(exp.to_identifier(name, quoted=True))
    if pa.types.is_string(type_) or pa.types.is_large_string(type_):
        return Column(name, value, value)
    if pa.types.is_signed_integer(type_):
        # A number may be a moment, which is for `moment` to tell.
        return Column(name, value, exp.cast(value, "varchar"), is_text=False)
    if pa.types.is_timestamp(type_) and type_.unit != "ns" and type_.tz in {None, "UTC"}:
        written = _written(value, "Z" if type_.tz else "")
        return Column(name, written, written, is_key=False)
    if pa.types.is_floating(type_):
        finite = call("isfinite", value)
        return Column(name, exp.Case(ifs=[exp.If(this=finite, true=exp.cast(value, "double"))]))
    if pa.types.is_boolean(type_):
        return Column(name, value)
    as_text = pa.types.is_decimal(type_) or pa.types.is_date(type_)
    return Column(name, exp.cast(value, "varchar")) if as_text else None


def _written(value: exp.Expr, zone: str) -> exp.Expr:
    """Return a timestamp as ISO 8601 has it, with a fraction only where there is one."""
    template = sqlglot.parse_one(_ISO, dialect="duckdb")
    moment = exp.cast(value, "timestamp")
    return exp.replace_placeholders(template, moment=moment, zone=text(zone))
