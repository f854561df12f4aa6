"""Workbooks of a test, written by hand: what matters is how a cell is stored."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

Cell = str | int | float | bool | tuple[str, object] | None
Sheets = Mapping[str, Sequence[Sequence[Cell]]]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs count="4"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/>'
    '<xf numFmtId="21" applyNumberFormat="1"/></cellXfs></styleSheet>'
)
_STYLE = {"date": 1, "moment": 2, "clock": 3}


def workbook(sheets: Sheets, merged: str | None = None) -> bytes:
    """Return an .xlsx file: `("date", 45000)` is a day, `("error", "#N/A")` an error cell."""
    buffer = io.BytesIO()
    ids = {name: f"rId{number}" for number, name in enumerate(sheets, start=1)}
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _relations({"rId1": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": _book(ids),
        "xl/_rels/workbook.xml.rels": _relations(
            {"rId0": ("styles", "styles.xml")}
            | {of: ("worksheet", f"worksheets/{of}.xml") for of in ids.values()}
        ),
        "xl/styles.xml": _STYLES,
    }
    for name, rows in sheets.items():
        parts[f"xl/worksheets/{ids[name]}.xml"] = _sheet(rows, merged)
    with zipfile.ZipFile(buffer, "w") as file:
        for path, text in parts.items():
            file.writestr(path, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return buffer.getvalue()


def _relations(of: Mapping[str, tuple[str, str]]) -> str:
    found = "".join(
        f'<Relationship Id="{key}" Type="{_REL}/{kind}" Target="{target}"/>'
        for key, (kind, target) in of.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{found}</Relationships>'


def _book(ids: Mapping[str, str]) -> str:
    sheets = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" r:id="{of}"/>'
        for number, (name, of) in enumerate(ids.items(), start=1)
    )
    return f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{sheets}</sheets></workbook>'


def _sheet(rows: Sequence[Sequence[Cell]], merged: str | None) -> str:
    body = "".join(_row(number, row) for number, row in enumerate(rows, start=1) if row)
    joined = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData>{joined}</worksheet>'


def _row(number: int, row: Sequence[Cell]) -> str:
    cells = (_cell(f"{chr(65 + at)}{number}", cell) for at, cell in enumerate(row))
    return f'<row r="{number}">{"".join(cells)}</row>'


def _cell(place: str, cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        case int() | float():
            return f'<c r="{place}"><v>{cell}</v></c>'
        case ("error", text):
            return f'<c r="{place}" t="e"><v>{text}</v></c>'
        case (kind, value):
            return f'<c r="{place}" s="{_STYLE[kind]}"><v>{value}</v></c>'
        case text:
            inside = f'<t xml:space="preserve">{escape(text)}</t>'
            return f'<c r="{place}" t="inlineStr"><is>{inside}</is></c>'
