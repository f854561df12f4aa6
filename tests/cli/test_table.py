"""Tables for people: no value is cut, and nothing that a source sent moves a cursor."""

from __future__ import annotations

import io
import os
import sys
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
import pytest

from cdp.cli.status import _rows
from cdp.cli.table import lines, screen_width, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS: list[tuple[object, ...]] = [
    ("Ada Élise", 7, None, True),
    ("日本", 1200, Decimal("1.5"), False),
]
NAMES = ["name", "orders", "sum", "known"]


def plain(columns: Sequence[str], rows: Sequence[Sequence[object]], width: int | None) -> list[str]:
    return [click.unstyle(line) for line in lines(columns, rows, width)]


@pytest.mark.parametrize("width", [None, 80, 29])
def test_what_fits_is_a_table(width: int | None) -> None:
    assert plain(NAMES, ROWS, width) == [
        "name       orders  sum  known",
        "Ada Élise       7       True",
        "日本         1200  1.5  False",
    ]


def test_what_is_wider_than_the_screen_has_a_line_for_each_column() -> None:
    assert plain(NAMES, ROWS[:1], 28) == [
        "row 1",
        "  name    Ada Élise",
        "  orders  7",
        "  sum",
        "  known   True",
    ]


def test_no_rows_and_no_columns() -> None:
    assert plain(["a", "b"], [], 80) == ["a  b"]
    assert plain([], [], 80) == [""]


def test_what_cannot_be_printed_is_written_as_an_escape() -> None:
    assert shown("a\nb\x1b[2Jc é") == "a\\nb\\x1b[2Jc é"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_screen_is_as_wide_as_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert screen_width() is None
    monkeypatch.setattr(sys, "stdout", _Terminal())
    monkeypatch.setitem(os.environ, "COLUMNS", "70")
    assert screen_width() == 70


def test_sources_that_do_not_fit_are_paragraphs() -> None:
    row: dict[str, Any] = {
        "source": "crm_of_the_north",
        "object": "IndividualCustomerCollection",
        "versions": 5,
        "accepted": 4,
        "superseded": 1,
        "deleted": 0,
    }
    table = [click.unstyle(line) for line in _rows("sources", [row], None)]
    assert table[2:] == [
        "source            object                        versions  accepted  superseded",
        "crm_of_the_north  IndividualCustomerCollection         5         4           1",
    ]
    narrow = "\n".join(_rows("sources", [row], 60)).splitlines()
    assert narrow[2:] == [
        "crm_of_the_north  IndividualCustomerCollection",
        "    versions 5, accepted 4, superseded 1",
    ]
