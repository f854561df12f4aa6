"""Any workbook: Excel (.xlsx, .xlsm, .xlsb, .xls) or OpenDocument (.ods)."""

from cdp.sources import SOURCES
from cdp.sources.wire.files import FileSource
from cdp.sources.wire.sheets import SheetOptions, read_nothing, sheets
from cdp.sources.wire.table import table_shape

SOURCES.add(
    "excel_file",
    FileSource(
        name="excel_file",
        summary="any Excel or OpenDocument workbook, or a folder of them; a sheet is an object",
        options=SheetOptions,
        reads=dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), read_nothing),
        shapes=table_shape,
        split=sheets,
    ),
)
