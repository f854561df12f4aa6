"""Any file with one JSON object a line."""

from cdp.sources import SOURCES
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.lines import TextOptions, json_lines, one_row
from cdp.sources.wire.table import TableOptions, table_shape


class JsonlFileOptions(TableOptions, TextOptions):
    """Options of jsonl_file; columns may be dotted paths into nested objects."""


SOURCES.add(
    "jsonl_file",
    FileSource(
        name="jsonl_file",
        summary="any JSON lines file, or a folder of them",
        options=JsonlFileOptions,
        reads={".jsonl": json_lines(one_row), ".ndjson": json_lines(one_row)},
        shapes=table_shape,
    ),
)
