"""A Parquet file, compressed with zstd."""

from typing import TYPE_CHECKING

from cdp.destinations import DESTINATIONS, Destination, DestinationDefinition

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyRelation


class ParquetFile(DestinationDefinition):
    """A Parquet file for each segment."""


def _write(rows: "DuckDBPyRelation", path: "Path", definition: ParquetFile) -> None:  # noqa: ARG001 - the registry's signature
    rows.write_parquet(str(path), compression="zstd")


DESTINATIONS.add("parquet_file", Destination("parquet_file", ".parquet", ParquetFile, _write))
