"""Files in an object store that asks for credentials: whole and changed, many, broken, gone."""

import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from builders import carry_out, opened, workspace
from cdp.ingest.stage import STAGE
from cdp.sources import SOURCES, Opening, SourceInstance
from cdp.stage import Report
from cdp.store import Warehouse
from peers.object_store import BUCKET, Store, serving
from workbooks import workbook

AUTH = {"kind": "basic", "user": {"env": "LAKE_KEY_ID"}, "password": {"env": "LAKE_SECRET"}}
QUICK = {"attempts": 2, "longest_wait": 0.05, "timeout": 10}


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with serving() as store:
        yield store


@pytest.fixture
def store(running: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("LAKE_KEY_ID", running.key_id)
    monkeypatch.setenv("LAKE_SECRET", running.secret)
    for page in list(running.bucket.list()):
        running.bucket.delete([entry["path"] for entry in page])
    return running


class Place:
    """A workspace that reads the store, and its working file."""

    def __init__(self, root: Path, store: Store, type_: str, /, **declared: Any) -> None:
        source = {
            "type": type_,
            "path": f"s3://{BUCKET}/people",
            "store": {"endpoint": store.url, "region": "us-east-1", **declared.pop("store", {})},
            "auth": AUTH,
            "limits": QUICK,
            "options": {"object": "people", "id_column": "id"},
            **declared,
        }
        self.root, self.runs, self.declared = root, 0, source
        self.rules = workspace(root, {"sources/lake.yaml": source})

    def load(self, warehouse: Warehouse) -> Report:
        self.runs += 1
        return carry_out(STAGE, warehouse, self.rules, run_id=self.runs)

    def opening(self, cursors: Mapping[tuple[str, str], str] | None = None) -> Opening:
        instance = SourceInstance.model_validate(self.declared)
        return Opening("lake", instance, self.root, cursors or {})


def ids(warehouse: Warehouse) -> list[str]:
    found = warehouse.query("select native_id from bronze.record order by native_id")
    return list(found["native_id"])


def parquet(*keys: int) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame({"id": keys}).write_parquet(buffer)
    return buffer.getvalue()


SAMPLES: dict[str, dict[str, bytes]] = {
    "csv_file": {"people/a.csv": b"id\n1\n", "people/b.csv.gz": gzip.compress(b"id\n2\n")},
    "jsonl_file": {"people/a.jsonl": b'{"id":1}\n', "people/b.ndjson": b'{"id":2}\n'},
    "parquet_file": {"people/a.parquet": parquet(1), "people/b.parquet": parquet(2)},
    "excel_file": {"people/a.xlsx": workbook({"A": [["id"], [1]], "B": [["id"], [2]]})},
}


@pytest.mark.parametrize("type_", SAMPLES)
def test_each_type_of_file_is_read_once(type_: str, store: Store, tmp_path: Path) -> None:
    store.put(SAMPLES[type_])
    place = Place(tmp_path, store, type_)
    with opened(place.root) as warehouse:
        first = place.load(warehouse)
        assert (first.counts["rows_new"], first.notes) == (2, ())
        assert ids(warehouse) == ["1", "2"]
        locator = warehouse.query("select min(locator) as l from bronze.record").item()
        assert locator.startswith(f"s3://{BUCKET}/people/a.")
        again = place.load(warehouse)
        assert (again.counts["deliveries"], again.notes) == (0, ())


def test_what_is_new_or_changed_is_fetched_and_nothing_else(store: Store, tmp_path: Path) -> None:
    store.put({f"people/p-{n}.jsonl": f'{{"id":{n}}}\n' for n in range(5)})
    place = Place(tmp_path, store, "jsonl_file")
    with opened(place.root) as warehouse:
        place.load(warehouse)
        store.put({"people/p-1.jsonl": '{"id":1,"name":"Ann"}\n', "people/p-9.jsonl": '{"id":9}\n'})
        store.put({"people/p-2.jsonl": '{"id":2}\n'})  # written again as it was
        delta = place.load(warehouse)
        assert (delta.counts["rows_in"], delta.counts["rows_new"]) == (2, 2)
        assert ids(warehouse) == ["0", "1", "1", "2", "3", "4", "9"]


def test_thousands_of_small_objects_over_several_pages_of_the_listing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(is_open=True) as store:
        monkeypatch.setenv("LAKE_KEY_ID", store.key_id)
        monkeypatch.setenv("LAKE_SECRET", store.secret)
        store.put({f"people/part-{n:05d}.jsonl": f'{{"id":{n}}}\n' for n in range(1_200)})
        place = Place(tmp_path, store, "jsonl_file")
        with opened(place.root) as warehouse:
            report = place.load(warehouse)
            assert (report.counts["rows_new"], report.counts["deliveries"]) == (1_200, 2)
            assert place.load(warehouse).counts["rows_in"] == 0


def test_a_run_that_is_cut_short_goes_on_where_it_stood(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdp.sources.wire.objects._OBJECTS", 10)
    store.put({f"people/p-{n:02d}.jsonl": f'{{"id":{n}}}\n' for n in range(30)})
    place = Place(tmp_path, store, "jsonl_file")
    found = SOURCES.get("jsonl_file").find(place.opening())
    (walk,) = found.walks.values()
    first = next(walk)
    assert sum(len(batch.rows) for batch in first.batches()) == 10
    second = next(walk)
    next(iter(second.batches()))  # the run dies in the middle of it
    found.close()
    cursors = {(first.object, label): position for label, position in first.positions().items()}
    rest = SOURCES.get("jsonl_file").find(place.opening(cursors))
    (walk,) = rest.walks.values()
    keys = [key for d in walk for batch in d.batches() for key in batch.rows["native_id"]]
    rest.close()
    assert keys == [str(n) for n in range(10, 30)]


def test_an_object_that_is_gone_or_changed_when_its_turn_comes(
    store: Store, tmp_path: Path
) -> None:
    store.put({"people/a.jsonl": '{"id":1}\n', "people/b.jsonl": '{"id":2}\n'})
    place = Place(tmp_path, store, "jsonl_file")
    found = SOURCES.get("jsonl_file").find(place.opening())
    store.bucket.delete("people/a.jsonl")
    store.put({"people/b.jsonl": '{"id":22}\n'})
    (walk,) = found.walks.values()
    (delivery,) = list(_read(walk))
    found.close()
    assert list(found.notes) == [f"lake: s3://{BUCKET}/people/a.jsonl was gone when its turn came"]
    cursors = {(delivery.object, label): p for label, p in delivery.positions().items()}
    assert not SOURCES.get("jsonl_file").find(place.opening(cursors)).walks


def _read(walk: Iterator[Any]) -> Iterator[Any]:
    for delivery in walk:
        list(delivery.batches())
        yield delivery


def test_a_broken_object_is_a_rejected_piece_and_the_others_are_read(
    store: Store, tmp_path: Path
) -> None:
    store.put({"people/a.parquet": b"PAR1 no more", "people/b.parquet": parquet(2)})
    place = Place(tmp_path, store, "parquet_file")
    with opened(place.root) as warehouse:
        report = place.load(warehouse)
        assert report.notes == ("lake: rejected unreadable_file 1",)
        assert ids(warehouse) == ["2"]
        assert place.load(warehouse).counts["rows_in"] == 0
        store.put({"people/a.parquet": parquet(1)})
        place.load(warehouse)
        assert ids(warehouse) == ["1", "2"]


def test_a_broken_workbook_is_a_rejected_piece(store: Store, tmp_path: Path) -> None:
    store.put({"people/a.xlsx": b"no workbook", "people/b.xlsx": workbook({"A": [["id"], [2]]})})
    place = Place(tmp_path, store, "excel_file")
    with opened(place.root) as warehouse:
        assert place.load(warehouse).notes == ("lake: rejected unreadable_file 1",)
        assert ids(warehouse) == ["2"]


def test_folders_below_are_read_where_it_is_said(store: Store, tmp_path: Path) -> None:
    store.put({"people/day=1/a.jsonl": '{"id":1}\n', "people/day=2/a.jsonl": '{"id":2}\n'})
    (flat,) = SOURCES.get("jsonl_file").find(Place(tmp_path, store, "jsonl_file").opening()).notes
    assert flat == f"lake: nothing to read for jsonl_file in s3://{BUCKET}/people"
    place = Place(tmp_path, store, "jsonl_file", store={"recursive": True})
    with opened(place.root) as warehouse:
        assert place.load(warehouse).counts["rows_new"] == 2


def test_one_object_may_be_named(store: Store, tmp_path: Path) -> None:
    store.put({"people/a.jsonl": '{"id":1}\n', "people/b.jsonl": '{"id":2}\n'})
    place = Place(tmp_path, store, "jsonl_file", path=f"s3://{BUCKET}/people/b.jsonl")
    with opened(place.root) as warehouse:
        place.load(warehouse)
        assert ids(warehouse) == ["2"]


def test_the_pages_of_an_export_of_sap(store: Store, tmp_path: Path) -> None:
    pages = {f"people/LeadCollection.page-000{n}.json": f'{{"d":{{"ID":"{n}"}}}}' for n in (1, 2)}
    store.put(pages)
    place = Place(tmp_path, store, "sap_c4c", options={})
    with opened(place.root) as warehouse:
        place.load(warehouse)
        assert ids(warehouse) == ["1", "2"]


@pytest.mark.parametrize(
    ("declared", "environment", "said"),
    [
        ({}, {"LAKE_SECRET": "wrong"}, r"SignatureDoesNotMatch.*; look at auth:"),
        ({}, {"LAKE_KEY_ID": "AKIANOBODY"}, r"InvalidAccessKeyId.*; look at auth:"),
        ({"path": "s3://nowhere/people"}, {}, r"s3://nowhere/people .*404.*; correct path:"),
        ({"store": {"endpoint": "http://127.0.0.1:9"}}, {}, r"cannot be read .*the next run tries"),
        ({"auth": {**AUTH, "user": {"env": "NO_SUCH_VARIABLE"}}}, {}, r"NO_SUCH_VARIABLE is not"),
    ],
)
def test_a_store_that_refuses_or_is_not_there_leaves_the_others_alone(
    declared: dict[str, Any],
    environment: dict[str, str],
    said: str,
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    place = Place(tmp_path, store, "jsonl_file", **declared)
    other = {"type": "csv_file", "path": "here", "options": {"id_column": "id"}}
    place.rules = workspace(tmp_path, {"sources/here.yaml": other, "data/here/a.csv": "id\n7\n"})
    with opened(place.root) as warehouse:
        report = place.load(warehouse)
        assert ids(warehouse) == ["7"]
    assert report.counts["sources_failed"] == 1
    (note,) = report.notes
    assert note.startswith("source lake: ")
    assert re.search(said, note)
    assert store.secret not in note


def test_credentials_come_from_the_environment_where_none_are_declared(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put({"people/a.jsonl": json.dumps({"id": 1})})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", store.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", store.secret)
    place = Place(tmp_path, store, "jsonl_file")
    del place.declared["auth"]
    found = SOURCES.get("jsonl_file").find(place.opening())
    assert list(found.walks) == ["people"]
    found.close()
