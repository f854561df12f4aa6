"""Workbooks: cells with their own types, sheets as objects, rows that can be found again."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from cdp.errors import InputError
from source_files import Everything, find, read, write
from workbooks import Cell, Sheets, workbook


def rows(folder: Path, book: Sheets, /, **options: Any) -> Everything:
    write(folder, {"book.xlsx": workbook(book)})
    return read(folder, "excel_file", options=options)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("01067", "01067"),
        ("5", "5"),
        ("true", "true"),
        ("2023-03-15", "2023-03-15"),
        (" x ", " x "),
        ("", None),
        ("  ", None),
        (5, 5),
        (0, 0),
        (1, 1),
        (-3, -3),
        (1.5, 1.5),
        (1e14, 100_000_000_000_000),
        (1e15, 1_000_000_000_000_000),
        (1e300, 1e300),
        (True, True),
        (False, False),
        (("date", 45_000), "2023-03-15"),
        (("moment", 45_000.75), "2023-03-15T18:00:00"),
        (("moment", 45_000), "2023-03-15"),
        (("clock", 0.5), "12:00:00"),
        (("error", "#N/A"), None),
        (None, None),
    ],
)
@pytest.mark.parametrize("beside", ["text", 7, True, ("date", 1_000), None])
def test_a_cell_has_its_own_value_whatever_else_is_in_its_column(
    cell: Cell, value: object, beside: Cell, tmp_path: Path
) -> None:
    sheet: list[list[Cell]] = [["id", "v"], ["a", cell], ["b", beside]]
    everything = rows(tmp_path, {"People": sheet}, id_column="id")
    assert json.loads(everything.payloads[0]) == {"id": "a", "v": value}
    assert type(json.loads(everything.payloads[0])["v"]) is type(value)


def test_sheets_are_objects_and_a_row_is_found_by_sheet_and_row(tmp_path: Path) -> None:
    people: list[list[Cell]] = [["id"], [1], [], ["", " "], [2]]
    everything = rows(tmp_path, {"People": people, "Shops": [["id"], [9]]}, id_column="id")
    assert everything.objects == ("People", "Shops")
    assert everything.ids == ["1", "2", "9"]
    assert everything.rows["locator"].to_list() == [
        "book.xlsx#People:2",
        "book.xlsx#People:5",
        "book.xlsx#Shops:2",
    ]


def test_one_sheet_is_chosen_and_given_a_name(tmp_path: Path) -> None:
    both: Sheets = {"Sheet1": [["id"], [1]], "Notes": [["x"], ["y"]]}
    everything = rows(tmp_path, both, sheets=["Sheet1"], object="people", id_column="id")
    assert (everything.objects, everything.ids) == (("people",), ["1"])


def test_what_stands_above_the_header_is_left_aside(tmp_path: Path) -> None:
    sheet: list[list[Cell]] = [["Customers of 2026"], [], [None, "id", "name"], [None, 1, "Ann"]]
    everything = rows(tmp_path, {"People": sheet}, header_row=3, id_column="id")
    assert everything.payloads == ['{"id":1,"name":"Ann"}']
    assert everything.rows["locator"].to_list() == ["book.xlsx#People:4"]


def test_every_column_has_a_name_of_its_own(tmp_path: Path) -> None:
    sheet: list[list[Cell]] = [["id", "a", "a", None], [1, 2, 3, None], [2, None, None, "x"]]
    everything = rows(tmp_path, {"People": sheet}, id_column="id")
    assert everything.payloads == [
        '{"id":1,"a":2,"a#2":3}',
        '{"id":2,"a":null,"a#2":null,"column_4":"x"}',
    ]


def test_a_merged_cell_has_its_value_in_its_first_row_only(tmp_path: Path) -> None:
    sheet: list[list[Cell]] = [["id", "city"], [1, "Bonn"], [2, None]]
    write(tmp_path, {"book.xlsx": workbook({"People": sheet}, merged="B2:B3")})
    payloads = read(tmp_path, "excel_file").payloads
    assert payloads == ['{"id":1,"city":"Bonn"}', '{"id":2,"city":null}']


def test_a_row_without_a_key_is_rejected_with_its_place(tmp_path: Path) -> None:
    everything = rows(tmp_path, {"People": [["id", "n"], [None, "Ann"]]}, id_column="id")
    assert everything.refused == [("book.xlsx#People:2", "missing_id")]


@pytest.mark.parametrize("sheet", [[], [["id"]], [[], [], [None]]])
def test_an_empty_sheet_has_no_rows(sheet: list[list[Cell]], tmp_path: Path) -> None:
    write(tmp_path, {"book.xlsx": workbook({"People": sheet})})
    everything = read(tmp_path, "excel_file", options={"id_column": "id"})
    assert not len(everything.rows)
    (delivery,) = find(tmp_path, "excel_file").deliveries
    assert delivery.label == "book.xlsx#People"


@pytest.mark.parametrize("content", [b"id;name", workbook({"P": [["id"], [1]]})[:700]])
def test_a_file_that_is_no_workbook_is_told(content: bytes, tmp_path: Path) -> None:
    write(tmp_path, {"book.xlsx": content})
    with pytest.raises(InputError, match=r"source it: .*book.xlsx cannot be read as a workbook"):
        read(tmp_path, "excel_file")


def test_a_sheet_that_is_broken_is_told(tmp_path: Path) -> None:
    whole = workbook({"People": [["id"], [1]]}).replace(b"</sheetData>", b"</sheetDato>")
    write(tmp_path, {"book.xlsx": whole})
    with pytest.raises(InputError, match=r"source it: .*book.xlsx cannot be read as a workbook"):
        read(tmp_path, "excel_file")


def test_a_sheet_or_column_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no sheet Shops; its sheets are People"):
        rows(tmp_path, {"People": [["id"], [1]]}, sheets=["Shops"])
    with pytest.raises(InputError, match=r"has no column key in sheet People; it has id"):
        rows(tmp_path, {"People": [["id"], [1]]}, id_column="key")


def test_a_workbook_that_was_read_is_not_read_again(tmp_path: Path) -> None:
    both: Sheets = {"People": [["id"], [1]], "Shops": [["id"], [9]]}
    cursors = rows(tmp_path, both).cursors
    assert not find(tmp_path, "excel_file", cursors=cursors).deliveries


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_workbook_is_left_aside(suffix: str, tmp_path: Path) -> None:
    write(tmp_path, {f"book.xlsx{suffix}": gzip.compress(workbook({"P": [["id"], [1]]}))})
    assert any("left aside" in note for note in find(tmp_path, "excel_file").notes)
