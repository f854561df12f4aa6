"""Any delimited text with a header line."""

from cdp.sources import SOURCES
from cdp.sources.wire.delimited import CsvOptions, read_csv
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.table import TableOptions, table_shape


class CsvFileOptions(TableOptions, CsvOptions):
    """Options of csv_file."""


SOURCES.add(
    "csv_file",
    FileSource(
        name="csv_file",
        summary="any CSV file, or a folder of them",
        options=CsvFileOptions,
        reads={".csv": read_csv, ".tsv": read_csv, ".txt": read_csv},
        shapes=table_shape,
    ),
)
