"""Rows of one key become one item, whatever the batches they come in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from cdp.publish.gathering import items
from cdp.publish.layout import NEAREST, PAGE
from cdp.publish.packing import unpack

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = [("a", 1), ("b", PAGE + 2), ("c", NEAREST), ("d", NEAREST + 1), ("é", 2)]
BATCHES = [1, 3, 7, 50, 1000]


def _batches(size: int) -> Iterator[pa.RecordBatch]:
    keys = [key for key, count in ROWS for _ in range(count)]
    texts = [f'{{"n":"{key}","i":{i}}},' for key, count in ROWS for i in range(count)]
    table = pa.table({"profile_id": keys, "document": texts})
    yield from table.to_batches(max_chunksize=size)


def _found(name: str, size: int) -> dict[str, list[dict[str, object]]]:
    stored = [item for some in items(name, _batches(size)) for item in some]
    return {key.decode(): json.loads(unpack(value)) for key, value in stored}


def _expected(most: int) -> dict[str, list[dict[str, object]]]:
    return {key: [{"n": key, "i": i} for i in range(min(count, most))] for key, count in ROWS}


@pytest.mark.parametrize("size", BATCHES)
def test_a_list_holds_all_rows_of_its_key(size: int) -> None:
    assert _found("identifiers", size) == _expected(1000)


@pytest.mark.parametrize("size", BATCHES)
def test_a_list_of_the_nearest_holds_the_first_rows_of_its_key(size: int) -> None:
    assert _found("apart", size) == _expected(NEAREST)


@pytest.mark.parametrize("size", BATCHES)
def test_a_long_list_is_cut_into_pages(size: int) -> None:
    found = _found("timeline", size)
    whole = _expected(1000)
    assert found["b\x00000000000"] == whole["b"][:PAGE]
    assert found["b\x00000000001"] == whole["b"][PAGE:]
    assert found["é\x00000000000"] == whole["é"]


def test_no_rows_give_no_items() -> None:
    assert list(items("apart", [])) == []
