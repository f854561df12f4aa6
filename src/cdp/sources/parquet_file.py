"""Any Parquet file."""

from cdp.sources import SOURCES
from cdp.sources.wire.columns import read_parquet
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.table import TableOptions, table_shape

SOURCES.add(
    "parquet_file",
    FileSource(
        name="parquet_file",
        summary="any Parquet file, or a folder of them",
        options=TableOptions,
        reads={".parquet": read_parquet},
        shapes=table_shape,
    ),
)
