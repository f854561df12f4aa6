"""A file of JSON lines: one object a row, empty values as null, moments as ISO 8601 in UTC."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field
from sqlglot import exp

from cdp.destinations import DESTINATIONS, Destination, DestinationDefinition

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyRelation

_ROWS = "leaving_rows"


class JsonlFile(DestinationDefinition):
    """A file of JSON lines for each segment."""

    compression: Literal["none", "gzip"] = Field("none", description="how files are packed")


def _write(rows: "DuckDBPyRelation", path: "Path", definition: JsonlFile) -> None:
    target = exp.Literal.string(str(path)).sql("duckdb")
    moments = "timestampformat '%Y-%m-%dT%H:%M:%S.%fZ'"
    options = f"format json, compression {definition.compression}, {moments}"
    rows.query(_ROWS, f"copy {_ROWS} to {target} ({options})")


DESTINATIONS.add("jsonl_file", Destination("jsonl_file", ".jsonl", JsonlFile, _write))
