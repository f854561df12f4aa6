"""Databases: tables and queries of SQLite, whole and changed, cut short, drifting, unreadable."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bronze_room import emptied
from builders import carry_out, opened, workspace
from cdp.errors import InputError, UnreachableError
from cdp.ingest.stage import STAGE
from cdp.sources import SOURCES
from cdp.sources.remote.schema import types_of
from cdp.stage import Report
from cdp.store import Warehouse
from sql_shop import CHANGED, WHOLE, Shop, opening


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    with closing(shop.connection):
        yield shop


@pytest.fixture(scope="module")
def working_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with opened(tmp_path_factory.mktemp("working")) as warehouse:
        yield warehouse


@pytest.fixture
def warehouse(working_file: Warehouse) -> Warehouse:
    return emptied(working_file)


RARELY = {"compare_days": None}


# The database itself stops at a row in `fault`: no integer is as large.
OVERFLOW = "case when id in (select id from fault) then abs(-9223372036854775808) end"


def new(report: Report) -> int:
    assert not report.notes
    return report.counts["rows_new"]


def landed(warehouse: Warehouse, number: int) -> list[dict[str, Any]]:
    """Return all versions of a row, oldest first."""
    found = warehouse.query(
        "select payload from bronze.record where native_id = $key order by seq", key=str(number)
    )
    return [json.loads(payload) for payload in found["payload"]]


def test_everything_at_first_and_then_what_changed(shop: Shop, warehouse: Warehouse) -> None:
    shop.add(1, 35)
    first = shop.load(warehouse, CHANGED, **RARELY)
    assert (new(first), first.counts["deliveries"]) == (35, 4)
    shop.run("update users set name = 'new', seen = '2026-02-01 00:00:00' where id = 7")
    second = shop.load(warehouse, CHANGED, **RARELY)
    assert new(second) == 1
    assert second.counts["rows_in"] == 12
    assert [row["name"] for row in landed(warehouse, 7)] == ["n", "new"]
    assert new(shop.load(warehouse, CHANGED, **RARELY)) == 0


def test_without_a_time_of_change_all_rows_are_read(shop: Shop, warehouse: Warehouse) -> None:
    shop.add(1, 30)
    assert new(shop.load(warehouse, WHOLE)) == 30
    shop.run("update users set name = 'new' where id = 7")
    shop.run("delete from users where id = 8")
    report = shop.load(warehouse, WHOLE)
    assert (new(report), report.counts["rows_in"]) == (2, 30)
    gone = warehouse.query("select native_id from bronze.record where is_deleted")
    assert gone["native_id"].to_list() == ["8"]
    assert new(shop.load(warehouse, WHOLE)) == 0


@pytest.mark.parametrize("declared", [CHANGED, {**CHANGED, "key": ["name", "id"]}])
def test_rows_of_one_moment_are_told_apart_by_their_key(
    shop: Shop, warehouse: Warehouse, declared: dict[str, Any]
) -> None:
    shop.add(1, 25, "2026-01-01 00:00:00")
    assert new(shop.load(warehouse, declared)) == 25
    assert new(shop.load(warehouse, declared)) == 0


def test_numbers_may_say_what_changed(shop: Shop, warehouse: Warehouse) -> None:
    shop.run("create table orders (id integer primary key, version integer not null)")
    for number in range(1, 31):
        shop.run("insert into orders values (?, ?)", number, number * 1000)
    declared = {"table": "orders", "changed": "version"}
    assert new(shop.load(warehouse, declared)) == 30
    shop.run("update orders set version = 99000 where id = 1")
    second = shop.load(warehouse, declared)
    assert (new(second), second.counts["rows_in"]) == (1, 3)


def test_another_column_of_change_begins_anew(shop: Shop, warehouse: Warehouse) -> None:
    shop.add(1, 5)
    assert new(shop.load(warehouse, CHANGED)) == 5
    shop.run("update users set name = 'new', gone = '2020-01-01 00:00:00'")
    declared = {"table": "users", "changed": "gone"}
    assert new(shop.load(warehouse, declared)) == 5


def test_a_walk_that_was_cut_short_goes_on_where_it_stood(shop: Shop, warehouse: Warehouse) -> None:
    shop.add(1, 45)
    shop.run("create index users_seen on users (seen, id)")
    shop.run("create table fault (id integer)")
    shop.run("insert into fault values (28)")
    query = f"select id, name, seen, {OVERFLOW} as fault from users"  # noqa: S608
    declared = {"query": query, "key": "id", "changed": "seen"}
    first = shop.load(warehouse, declared)
    assert (first.counts["rows_new"], first.counts["sources_failed"]) == (20, 1)
    assert "integer overflow" in first.notes[0]
    assert "the next run tries again, from where it stood" in first.notes[0]
    shop.run("delete from fault")
    second = shop.load(warehouse, declared)
    assert (new(second), second.counts["rows_in"]) == (25, 25)


def test_a_whole_walk_that_was_cut_short_is_ended_first(shop: Shop, warehouse: Warehouse) -> None:
    shop.add(1, 35)
    shop.run("create table fault (id integer)")
    shop.run("insert into fault values (25)")
    query = f"select id, name, {OVERFLOW} as fault from users"  # noqa: S608
    declared = {"query": query, "key": "id"}
    assert shop.load(warehouse, declared).counts["rows_new"] == 20
    shop.run("delete from users where id > 20")
    assert new(shop.load(warehouse, declared)) == 0
    shop.add(21, 22)
    shop.run("update users set name = 'new' where id = 1")
    shop.run("delete from users where id = 2")
    assert new(shop.load(warehouse, declared)) == 4


def test_rows_that_nothing_puts_in_order_are_read_each_time(
    shop: Shop, warehouse: Warehouse
) -> None:
    shop.add(1, 20)
    shop.run("update users set seen = null where id in (3, 4)")
    assert new(shop.load(warehouse, CHANGED)) == 20
    shop.run("update users set name = 'new' where id = 3")
    assert new(shop.load(warehouse, CHANGED)) == 1


def test_what_is_marked_as_deleted_is_gone_and_may_come_back(
    shop: Shop, warehouse: Warehouse
) -> None:
    declared = {**CHANGED, "deleted": "gone"}
    shop.add(1, 5)
    shop.run("update users set gone = '0' where id = 1")
    assert new(shop.load(warehouse, declared)) == 5
    shop.run("update users set gone = '2026-02-01', seen = '2026-02-01 00:00:00' where id = 2")
    assert new(shop.load(warehouse, declared)) == 1
    marks = warehouse.query("select native_id from bronze.record where is_deleted")
    assert marks["native_id"].to_list() == ["2"]


def test_what_a_table_shows_no_more_is_gone(shop: Shop, warehouse: Warehouse) -> None:
    shop.add(1, 30)
    assert new(shop.load(warehouse, CHANGED, compare_days=0)) == 30
    shop.run("delete from users where id = 12")
    assert new(shop.load(warehouse, CHANGED, compare_days=0)) == 1
    shop.add(12, 12, "2026-02-01 00:00:00")
    assert new(shop.load(warehouse, CHANGED, compare_days=0)) == 1


def test_columns_come_go_and_change_their_kind(shop: Shop, warehouse: Warehouse) -> None:
    shop.add(1, 5)
    assert new(shop.load(warehouse, WHOLE)) == 5
    shop.run("alter table users add column city text default 'Köln'")
    assert new(shop.load(warehouse, WHOLE)) == 5
    shop.run("alter table users drop column gone")
    shop.run("update users set name = 7.5")
    assert new(shop.load(warehouse, WHOLE)) == 5
    assert landed(warehouse, 1)[1:] == [
        {"id": 1, "name": "n", "seen": "2026-01-01 00:01:00", "gone": None, "city": "Köln"},
        {"id": 1, "name": "7.5", "seen": "2026-01-01 00:01:00", "city": "Köln"},
    ]
    shop.run("alter table users drop column seen")
    (note,) = shop.load(warehouse, CHANGED).notes
    assert "it has no column seen, its columns are id, name, city" in note


def test_bad_rows_are_rejected_and_the_rest_is_kept(shop: Shop, warehouse: Warehouse) -> None:
    shop.run("create table people (code text, name text)")
    shop.run("insert into people values ('a', 'x'), (null, 'y'), ('  ', 'z')")
    shop.run("insert into people values ('b', cast(x'ff' as text)), ('c', x'00ff')")
    declared = {"table": "people", "key": "code"}
    for _ in range(2):
        report = shop.load(warehouse, declared)
        assert report.counts["rows_in"] == 5
        assert report.notes == ("shop: rejected missing_id 2, not_json 1",)
    found = warehouse.query("select reason, original from bronze.rejected order by original")
    assert found.rows() == [
        ("missing_id", '{"code":"  ","name":"z"}'),
        ("missing_id", '{"code":null,"name":"y"}'),
        ("not_json", r"{'code': 'b', 'name': '\udcff'}"),
    ]
    query = "select payload->>'name' as name from bronze.record where native_id = 'c'"
    assert warehouse.query(query).item() == "AP8="


def test_instances_are_apart_and_a_dead_one_blocks_no_other(
    shop: Shop, warehouse: Warehouse
) -> None:
    shop.add(1, 3)
    objects = {"users": WHOLE, "ghosts": {"table": "ghosts"}, "names": {**WHOLE, "key": "name"}}
    source = {"type": "sql_database", "path": "shop.db", "options": {"objects": objects}}
    files = {f"sources/{name}.yaml": source for name in ("here", "there")}
    files["sources/nowhere.yaml"] = {**source, "path": "no.db"}
    report = carry_out(STAGE, warehouse, workspace(shop.root, files))
    assert (report.counts["rows_new"], report.counts["sources_failed"]) == (12, 3)
    sources = warehouse.query("select distinct source from bronze.record order by source")
    assert sources["source"].to_list() == ["here", "there"]
    assert "there is no table or view ghosts that the user may see" in report.notes[0]
    assert "no.db cannot be read, there is no such file; correct path:" in report.notes[2]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"table": "people"}, "it has no primary key; give key:"),
        ({"table": "users", "changed": "mtime"}, "it has no column mtime, its columns are id,"),
        ({"query": "select no from users", "key": "no"}, "no such column: no"),
        ({"table": "users", "key": "name"}, "several rows have the key name; give key:"),
    ],
)
def test_what_cannot_be_read_is_told_with_a_remedy(
    shop: Shop, warehouse: Warehouse, declared: dict[str, Any], message: str
) -> None:
    shop.run("create table people (code text, name text)")
    shop.add(1, 11)
    told = f"source shop: users cannot be read.*{re.escape(message)}"
    with pytest.raises(InputError, match=told):
        shop.load(warehouse, declared)


def test_a_file_is_only_read(shop: Shop) -> None:
    shop.add(1, 2)
    before = (shop.root / "data" / "shop.db").read_bytes()
    objects = {"users": WHOLE, "ghosts": {"table": "ghosts"}}
    declared = {"path": "shop.db", "options": {"objects": objects}}
    fields = SOURCES.get("sql_database").fields(opening(declared, shop.root / "data"))
    assert fields == {"users": frozenset({"id", "name", "seen", "gone"})}
    assert {n: t.kind for n, t in types_of(fields["users"]).items()} == {
        "id": "number",
        **dict.fromkeys(("name", "seen", "gone"), "text"),
    }
    query = {"query": "select load_extension('x') as id", "key": "id"}
    found = SOURCES.get("sql_database").find(
        opening({"path": "shop.db", "options": {"objects": {"users": query}}}, shop.root / "data")
    )
    with pytest.raises(UnreachableError, match="users cannot be read"):
        next(found.walks["users"])
    found.close()
    assert (shop.root / "data" / "shop.db").read_bytes() == before
