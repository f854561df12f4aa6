"""Landing: exactly once, in order, whatever is delivered again, late, changed or broken."""

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from builders import carry_out, opened, workspace
from cdp.errors import InputError, ReconciliationError
from cdp.ingest import landing
from cdp.ingest.landing import Landed
from cdp.ingest.stage import STAGE
from cdp.settings import Workspace
from cdp.stage import Report
from cdp.store import Warehouse
from source_files import Files, write

CRM = {"type": "csv_file", "path": "crm", "options": {"id_column": "id", "changed_at_column": "at"}}
LIST = {"type": "csv_file", "path": "list", "options": {"id_column": "id"}}
WEB = {"type": "segment_events", "path": "web"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working file with its tables, which take longer to make than any of these tests."""
    folder = tmp_path_factory.mktemp("made")
    with opened(folder):
        return folder / ".cdp"


@pytest.fixture(autouse=True)
def tables(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made, tmp_path / ".cdp")


class Place:
    """A workspace whose deliveries a test changes between runs."""

    def __init__(self, root: Path, warehouse: Warehouse, rules: Workspace) -> None:
        self.root, self.warehouse, self.rules = root, warehouse, rules
        self.runs = 0

    def deliver(self, folder: str, files: Files) -> None:
        write(self.root / "data" / folder, files)

    def ingest(self) -> dict[str, int]:
        return dict(self.report().counts)

    def report(self) -> Report:
        self.runs += 1
        return carry_out(STAGE, self.warehouse, self.rules, run_id=self.runs)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.warehouse.connection.execute(sql).fetchall()

    def versions(self) -> list[tuple[Any, ...]]:
        return self.rows(
            "select record_id, json_extract_string(payload, '$.name') from bronze.record "
            "order by seq"
        )

    def digests(self) -> list[str]:
        return [self.warehouse.digest(table) for table in STAGE.writes]


@contextmanager
def place(tmp_path: Path, **sources: dict[str, Any]) -> Iterator[Place]:
    files = {f"sources/{name}.yaml": declared for name, declared in sources.items()}
    for declared in sources.values():
        (tmp_path / "data" / declared["path"]).mkdir(parents=True, exist_ok=True)
    with opened(tmp_path) as warehouse:
        yield Place(tmp_path, warehouse, workspace(tmp_path, files))


def people(*rows: str) -> str:
    return "".join(f"{row}\n" for row in ("id,name,at", *rows))


def counts(new: int, repeated: int, rejected: int, deliveries: int = 1) -> dict[str, int]:
    return {
        "deliveries": deliveries,
        "rows_in": new + repeated + rejected,
        "rows_new": new,
        "rows_repeated": repeated,
        "rows_rejected": rejected,
    }


NOTHING = counts(0, 0, 0, deliveries=0)


def test_rows_land_as_they_came(tmp_path: Path) -> None:
    with place(tmp_path, web=WEB) as it:
        line = '{ "messageId":"m-1", "timestamp":"2026-01-02T03:04:05Z", "n": 1.50 }'
        it.deliver("web", {"events-2026-01.jsonl": f"{line}\n"})
        assert it.ingest() == counts(1, 0, 0)
        ((landed, load, cursor),) = it.rows(
            "select r, l, c from bronze.record r, bronze.load l, bronze.cursor c"
        )
        assert landed["payload"] == line
        assert landed["record_id"] == "web:m-1"
        assert landed["locator"] == "web/events-2026-01.jsonl:1"
        assert landed["changed_at"].isoformat() == "2026-01-02T03:04:05"
        assert landed["received_at"].isoformat() == "2026-07-01T00:00:00"
        assert (landed["seq"], landed["load_id"], landed["object"]) == (1, 1, "events")
        assert (load["run_id"], load["rows_new"]) == (1, 1)
        assert cursor["position_of"] == "web/events-2026-01.jsonl"


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    with place(tmp_path, crm=CRM, web=WEB) as it:
        it.deliver("crm", {"people.csv": people("1,Ann,2026-01-01", "2,Bob", ",Cy,2026-01-01")})
        it.deliver("web", {"events.jsonl": '{"messageId":"1"}\n{"broken'})
        assert it.ingest() == counts(2, 0, 3, deliveries=2)
        before = it.digests()
        assert it.ingest() == NOTHING
        assert it.digests() == before
        assert it.rows("select table_name from duckdb_tables() where schema_name = 'step'") == []


def test_a_file_that_grew_lands_only_what_is_new(tmp_path: Path) -> None:
    with place(tmp_path, crm=CRM) as it:
        rows = ["1,Ann,2026-01-01", "2,Bob", "3,Cy,2026-01-01"]
        it.deliver("crm", {"people.csv": people(*rows)})
        assert it.ingest() == counts(2, 0, 1)
        it.deliver("crm", {"people.csv": people(*rows, "3,Cyd,2026-02-01", "4,Di,2026-02-01")})
        assert it.ingest() == counts(2, 3, 0)
        assert it.warehouse.count("bronze.rejected") == 1
        assert it.warehouse.count("bronze.cursor") == 1
        assert [name for _, name in it.versions()] == ["Ann", "Cy", "Cyd", "Di"]


def test_the_same_rows_in_another_file_are_repeated(tmp_path: Path) -> None:
    with place(tmp_path, crm=CRM) as it:
        it.deliver("crm", {"people.csv": people("1,Ann,2026-01-01", "2,Bob,2026-01-01")})
        it.ingest()
        it.deliver("crm", {"people-again.csv": people("2,Bob,2026-01-01", "1,Ann,2026-01-01")})
        assert it.ingest() == counts(0, 2, 0)


def test_versions_that_arrive_late_are_kept_beside_the_newer_ones(tmp_path: Path) -> None:
    with place(tmp_path, crm=CRM) as it:
        it.deliver("crm", {"people.csv": people("1,New,2026-03-01")})
        it.ingest()
        it.deliver("crm", {"people-late.csv": people("1,Old,2026-01-01", "1,New,2026-03-02")})
        assert it.ingest() == counts(2, 0, 0)
        assert it.rows(
            "select arg_max(json_extract_string(payload, '$.at'), (changed_at, seq)) "
            "from bronze.record"
        ) == [("2026-03-02",)]
        assert it.rows("select list(seq order by seq) from bronze.record") == [([1, 2, 3],)]


@pytest.mark.parametrize(
    ("deliveries", "landed"),
    [
        ((["A"], ["A"]), ["A"]),
        ((["A"], ["B"], ["A"]), ["A", "B", "A"]),
        ((["A", "A"],), ["A"]),
        ((["A", "B"],), ["A", "B"]),
        ((["A", "B"], ["A", "B"]), ["A", "B"]),
        ((["A", "B"], ["A", "B", "C"]), ["A", "B", "C"]),
        ((["A", "B"], ["A"]), ["A", "B", "A"]),
        ((["A", "B"], ["A", "A"]), ["A", "B", "A"]),
        ((["A", "B"], ["B"]), ["A", "B"]),
    ],
)
def test_without_time_of_change_the_order_of_arrival_tells(
    deliveries: Sequence[list[str]], landed: list[str], tmp_path: Path
) -> None:
    with place(tmp_path, list=LIST) as it:
        for number, names in enumerate(deliveries):
            rows = [f"1,{name}" for name in names]
            it.deliver("list", {f"people-{number}.csv": "\n".join(["id,name", *rows])})
            it.ingest()
        assert [name for _, name in it.versions()] == landed


def test_objects_of_one_source_do_not_meet(tmp_path: Path) -> None:
    with place(tmp_path, list=LIST) as it:
        same = "id,name\n1,A\n"
        it.deliver("list", {"people.csv": same, "orders.csv": same})
        assert it.ingest() == counts(2, 0, 0, deliveries=2)
        assert it.rows("select object, seq, load_id from bronze.record order by seq") == [
            ("orders", 1, 1),
            ("people", 2, 2),
        ]


def test_rejected_pieces_are_kept_once(tmp_path: Path) -> None:
    with place(tmp_path, web=WEB) as it:
        it.deliver("web", {"events.jsonl": "oops\n"})
        report = it.report()
        assert report.notes == ("web: rejected broken_json 1",)
        it.deliver("web", {"events.jsonl": "oops\noops\n"})
        assert it.ingest() == counts(0, 1, 1)
        assert it.rows("select load_id, locator, reason, original from bronze.rejected") == [
            (1, "web/events.jsonl:1", "broken_json", "oops"),
            (2, "web/events.jsonl:2", "broken_json", "oops"),
        ]


def test_an_empty_file_is_noted_and_not_read_again(tmp_path: Path) -> None:
    with place(tmp_path, crm=CRM) as it:
        it.deliver("crm", {"people.csv": ""})
        assert it.report().notes == ("crm: crm/people.csv is empty",)
        assert it.report().notes == ()


def test_no_source_is_noted(tmp_path: Path) -> None:
    with place(tmp_path) as it:
        assert it.report().notes == (
            "no source is declared; add sources/<name>.yaml to the workspace",
        )


def test_a_removed_instance_is_not_read_and_keeps_its_records(tmp_path: Path) -> None:
    with place(tmp_path, crm=CRM, list=LIST) as it:
        it.deliver("crm", {"people.csv": people("1,Ann,2026-01-01")})
        it.deliver("list", {"people.csv": "id,name\n1,A\n"})
        it.ingest()
        (it.root / "sources" / "list.yaml").unlink()
        it.deliver("list", {"people.csv": "id,name\n1,B\n"})
        assert it.ingest() == NOTHING
        assert it.versions() == [("crm:1", "Ann"), ("list:1", "A")]


def test_where_no_source_was_ever_read_the_run_stops_before_anything_changes(
    tmp_path: Path,
) -> None:
    with place(tmp_path, crm=CRM, list=LIST) as it:
        it.deliver("crm", {"people.csv": "nr,name\n1,Ann\n"})
        (it.root / "data" / "list").rmdir()
        before = it.digests()
        told = r"(?s)none was before:\n  source crm: .*no column id.*\n  source list: .*list cannot"
        with pytest.raises(InputError, match=told):
            it.ingest()
        assert it.digests() == before


def test_a_source_that_cannot_be_read_leaves_the_others_and_what_it_brought(
    tmp_path: Path,
) -> None:
    with place(tmp_path, crm=CRM, list=LIST) as it:
        it.deliver("list", {"people.csv": "id,name\n1,A\n"})
        it.deliver("crm", {"people.csv": people("1,Ann,2026-01-01")})
        it.ingest()
        (it.root / "data" / "list" / "people.csv").unlink()
        (it.root / "data" / "list").rmdir()
        it.deliver("crm", {"more.csv": people("2,Bob,2026-01-01")})
        report = it.report()
        assert report.counts == counts(1, 0, 0) | {"sources_failed": 1}
        (note,) = report.notes
        assert re.search(r"source list: .*list cannot be read .*correct path: in sources", note)
        assert [row[0] for row in it.versions()] == ["crm:1", "list:1", "crm:2"]
        it.deliver("list", {"people.csv": "id,name\n1,B\n"})
        assert it.ingest() == counts(1, 0, 0)


def test_of_files_one_of_which_cannot_be_read_none_is_kept(tmp_path: Path) -> None:
    with place(tmp_path, crm=CRM, list=LIST) as it:
        it.deliver("crm", {"people.csv": people("1,Ann,2026-01-01")})
        it.deliver("list", {"a.csv": "id,name\n1,A\n", "people.csv": "nr,name\n1,A\n"})
        report = it.report()
        assert report.counts == counts(1, 0, 0) | {"sources_failed": 1}
        assert "people.csv has no column id" in report.notes[0]
        assert [row[0] for row in it.versions()] == ["crm:1"]
        it.deliver("list", {"people.csv": "id,name\n1,A\n"})
        assert it.ingest() == counts(2, 0, 0, deliveries=2)


def test_a_key_that_would_be_there_twice_undoes_what_was_landed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(tmp_path, crm=CRM, list=LIST) as it:
        it.deliver("crm", {"people.csv": people("1,Ann,2026-01-01")})
        assert it.ingest() == counts(1, 0, 0)
        before = it.digests()
        it.deliver("list", {"people.csv": "id,name\n1,A\n"})
        monkeypatch.setattr(landing, "_highest", lambda *_: 0)
        with pytest.raises(ReconciliationError, match=r"bronze\.record would hold a key twice"):
            it.ingest()
        assert it.digests() == before


def test_more_rows_than_a_batch_holds(tmp_path: Path) -> None:
    with place(tmp_path, web=WEB) as it:
        events = [json.dumps({"messageId": f"m-{n % 20_000}"}) for n in range(25_000)]
        it.deliver("web", {"events.jsonl": "\n".join(events)})
        assert it.ingest() == counts(20_000, 5_000, 0)
        assert it.rows("select count(distinct seq), min(seq), max(seq) from bronze.record") == [
            (20_000, 1, 20_000)
        ]


def test_a_first_delivery_of_many_rows_that_holds_some_twice(tmp_path: Path) -> None:
    with place(tmp_path, web=WEB) as it:
        keys = [n % 125_000 for n in range(128_000)]
        it.deliver("web", {"events.jsonl": "\n".join(f'{{"messageId": "m-{n}"}}' for n in keys)})
        assert it.ingest() == counts(125_000, 3_000, 0)
        assert it.rows("select count(distinct record_id), max(seq) from bronze.record") == [
            (125_000, 125_000)
        ]


def test_rows_that_went_missing_stop_the_stage() -> None:
    Landed("crm", "people", "people.csv", 6, 1, 2, 3).reconcile()
    with pytest.raises(ReconciliationError, match=r"source crm, object people .*: 7 rows read"):
        Landed("crm", "people", "people.csv", 7, 1, 2, 3).reconcile()
