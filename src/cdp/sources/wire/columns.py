"""Read Parquet in batches; dates, decimals and bytes become JSON text, NaN becomes null."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from cdp.sources.wire.batch import BATCH_ROWS, Collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.sources import Batch
    from cdp.sources.wire.files import Part, Task


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
    collector = Collector(task.shape, task.zone)
    number = 0
    for arrow in file.iter_batches(batch_size=BATCH_ROWS):
        for number, row in enumerate(arrow.to_pylist(), start=number + 1):  # noqa: B020 - counts on
            collector.mapping(f"{part.label}:{number}", row)
            yield from collector.full()
    yield from collector.rest()
