"""What every source type promises, whoever wrote it: one sample a type, the same tests for all."""

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cdp.errors import InputError
from cdp.sources import REJECTED, ROWS, SOURCES
from source_files import Files, find, read, write
from workbooks import workbook

EVENT = '{"messageId": "m-1", "type": "track", "timestamp": "2026-01-02T03:04:05Z"}'
TRACKING = (
    "SendID,SubscriberKey,EventDate,EventType\n1,k,1/2/2026 3:04:05 AM,Open\n1,k,2026-01-02,Open\n"
)


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(rows).write_parquet(buffer)
    return buffer.getvalue()


def _page(*rows: str) -> str:
    return f'{{"d":{{"results":[{",".join(rows)}]}}}}'


def _nodes(name: str, *rows: str) -> str:
    return f'{{"data":{{"{name}":{{"nodes":[{",".join(rows)}],"pageInfo":{{}}}}}}}}'


def _export(*rows: str) -> str:
    return f"<orders>{''.join(rows)}</orders>"


@dataclass(frozen=True)
class Sample:
    """A sound delivery of two rows, and one with one sound row and one piece that is none."""

    object: str
    good: Files
    bad: Files
    reason: str
    options: dict[str, Any] | None = None


SAMPLES = {
    "sap_c4c": Sample(
        "LeadCollection",
        {"LeadCollection.page-0001.json": _page('{"ID":"1"}', '{"ID":"2"}')},
        {"LeadCollection.page-0001.json": _page('{"ID":"1"}', '{"ID":""}')},
        "missing_id",
    ),
    "sap_s4": Sample(
        "A_SalesOrder",
        {"A_SalesOrder.page-0001.json": _page('{"SalesOrder":"1"}', '{"SalesOrder":"2"}')},
        {"A_SalesOrder.page-0001.json": _page('{"SalesOrder":"1"}', '{"SalesOrder":null}')},
        "missing_id",
    ),
    "sap_commerce": Sample(
        "orders",
        {"orders.page-0001.json": _page('{"code":"1"}', '{"code":"2"}')},
        {"orders.page-0001.json": '{"orders":[{"code":"1"},{"code":null}]}'},
        "missing_id",
    ),
    "salesforce": Sample(
        "Contact",
        {"Contact.page-0001.json": '{"done":true,"records":[{"Id":"1"},{"Id":"2"}]}'},
        {"Contact.page-0001.json": '{"done":true,"records":[{"Id":"1"},{"Id":null}]}'},
        "missing_id",
    ),
    "shopify": Sample(
        "orders",
        {"orders.page-0001.json": _nodes("orders", '{"id":"gid://x/1"}', '{"id":"gid://x/2"}')},
        {"orders.page-0001.json": _nodes("orders", '{"id":"gid://x/1"}', '"gid://x/2"')},
        "not_an_object",
    ),
    "hubspot": Sample(
        "contacts",
        {"contacts.page-0001.json": '{"results":[{"id":"1"},{"id":"2"}]}'},
        {"contacts.page-0001.json": '{"results":[{"id":"1"},{"id":null}]}'},
        "missing_id",
    ),
    "sfcc": Sample(
        "orders",
        {"orders.xml": _export('<order order-no="1"/>', '<order order-no="2"/>')},
        {"orders.xml": _export('<order order-no="1"/>', "<order/>")},
        "missing_id",
    ),
    "sap_marketing_cloud": Sample(
        "contacts",
        {"contacts.csv": "ID;CITY\nP-1;Köln\nP-2;Bonn\n"},
        {"contacts.csv": "ID;CITY\nP-1;Köln\nP-2\n"},
        "wrong_field_count",
    ),
    "sfmc_tracking": Sample(
        "Opens", {"Opens.csv": TRACKING}, {"Opens.csv": TRACKING[:-6]}, "wrong_field_count"
    ),
    "sfmc": Sample(
        "OpenEvent", {"Opens.csv": TRACKING}, {"Opens.csv": TRACKING[:-6]}, "wrong_field_count"
    ),
    "segment_events": Sample(
        "events",
        {"events-2026-01.jsonl": f"{EVENT}\n{EVENT}\n"},
        {"events-2026-01.jsonl": f"{EVENT}\n{EVENT[:30]}\n"},
        "broken_json",
    ),
    "csv_file": Sample(
        "people",
        {"people.csv": "id,name\n1,Ann\n2,Bob\n"},
        {"people.csv": "id,name\n1,Ann\n,Bob\n"},
        "missing_id",
        {"id_column": "id"},
    ),
    "jsonl_file": Sample(
        "people",
        {"people.jsonl": '{"id":1}\n{"id":2}\n'},
        {"people.jsonl": '{"id":1}\n[2]\n'},
        "not_an_object",
        {"id_column": "id"},
    ),
    "excel_file": Sample(
        "people",
        {"people.xlsx": workbook({"People": [["id", "name"], [1, "Ann"], [2, "Bob"]]})},
        {"people.xlsx": workbook({"People": [["id", "name"], [1, "Ann"], [None, "Bob"]]})},
        "missing_id",
        {"id_column": "id", "object": "people"},
    ),
    "parquet_file": Sample(
        "people",
        {"people.parquet": _parquet([{"id": 1}, {"id": 2}])},
        {"people.parquet": _parquet([{"id": 1}, {"id": None}])},
        "missing_id",
        {"id_column": "id"},
    ),
}
DATABASES = {"sql_database"}  # the file of one is walked over, not delivered
READS_FILES = [n for n in SOURCES.names() if SOURCES.get(n).reads_files and n not in DATABASES]
EACH_TYPE = pytest.mark.parametrize("name", READS_FILES)


def test_every_type_that_reads_files_has_a_sample() -> None:
    assert sorted(SAMPLES) == READS_FILES


@EACH_TYPE
def test_it_is_registered_under_its_own_name_with_a_summary(name: str) -> None:
    source = SOURCES.get(name)
    assert source.name == name
    assert source.summary
    assert source.options.model_json_schema()["type"] == "object"


@EACH_TYPE
def test_a_sound_delivery_comes_out_row_by_row(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    everything = read(write(tmp_path, sample.good), name, options=sample.options or {})
    assert everything.objects == (sample.object,)
    assert everything.rows.schema == ROWS
    assert everything.rejected.schema == REJECTED
    assert (len(everything.rows), len(everything.rejected)) == (2, 0)
    assert all(isinstance(json.loads(payload), dict) for payload in everything.payloads)
    assert everything.rows["locator"].n_unique() == 2
    assert not everything.notes


@EACH_TYPE
def test_a_piece_that_is_no_row_is_rejected_and_the_rest_is_kept(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    everything = read(write(tmp_path, sample.bad), name, options=sample.options or {})
    assert len(everything.rows) == 1
    (_, reason, message, original) = everything.rejected.row(0)
    assert (len(everything.rejected), reason) == (1, sample.reason)
    assert message
    assert original


@EACH_TYPE
def test_reading_twice_gives_the_same(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    write(tmp_path, sample.good)
    first, second = (read(tmp_path, name, options=sample.options or {}) for _ in range(2))
    assert first.rows.equals(second.rows)
    assert first.cursors == second.cursors


@EACH_TYPE
def test_what_the_cursor_knows_is_not_delivered_again(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    write(tmp_path, sample.good)
    options = sample.options or {}
    cursors = read(tmp_path, name, options=options).cursors
    assert cursors
    assert not find(tmp_path, name, options=options, cursors=cursors).deliveries
    other = dict.fromkeys(cursors, "another position")
    assert find(tmp_path, name, options=options, cursors=other).deliveries


@EACH_TYPE
def test_an_empty_file_has_no_rows(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    write(tmp_path, dict.fromkeys(sample.good, b""))
    everything = read(tmp_path, name, options=sample.options or {})
    assert (len(everything.rows), len(everything.rejected)) == (0, 0)
    assert everything.objects == (sample.object,)


@EACH_TYPE
def test_a_missing_folder_is_told_with_source_path_and_remedy(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"source it: .*nowhere cannot be read .*sources/it.yaml"):
        find(tmp_path, name, "nowhere")


@EACH_TYPE
def test_a_folder_without_known_files_is_noted(name: str, tmp_path: Path) -> None:
    found = find(write(tmp_path, {"readme.md": "nothing", ".hidden": "x"}), name)
    assert not found.deliveries
    nothing, aside = found.notes
    assert f"nothing to read for {name}" in nothing
    assert aside == f"it: left aside, {name} does not know them: readme.md"


@EACH_TYPE
def test_a_single_file_may_be_named(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    write(tmp_path, sample.good)
    everything = read(tmp_path, name, next(iter(sample.good)), options=sample.options or {})
    assert len(everything.rows) == 2
