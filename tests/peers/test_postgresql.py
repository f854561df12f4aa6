"""PostgreSQL over a real socket: its types, what changed, what may not be read, what goes down."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bronze_room import emptied
from builders import carry_out, opened, workspace
from cdp.errors import InputError, UnreachableError
from cdp.ingest.stage import STAGE
from cdp.sources import SOURCES, Opening, SourceInstance
from cdp.stage import Report
from cdp.store import Warehouse
from peers.postgresql import PASSWORD, Server, serving

AUTH = {"kind": "basic", "user": {"env": "SHOP_USER"}, "password": {"env": "SHOP_PASSWORD"}}
CHANGED = {"table": "public.users", "changed": "updated_at"}
USERS = """
create table users (
    id bigint primary key,
    name text,
    updated_at timestamptz not null
);
create index on users (updated_at, id);
grant select on users to reader;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def owner(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection[Any]]:
    monkeypatch.setenv("SHOP_USER", "reader")
    monkeypatch.setenv("SHOP_PASSWORD", PASSWORD)
    with server.owner() as connection:
        connection.execute("drop schema public cascade; create schema public")
        connection.execute("grant usage on schema public to reader")
        connection.execute(USERS)
        yield connection


class Place:
    """A workspace that reads the server as `reader`, and how often it did."""

    def __init__(self, root: Path, server: Server) -> None:
        self.root, self.server, self.runs = root, server, 0

    def declared(self, objects: dict[str, Any], **options: Any) -> dict[str, Any]:
        return {
            "type": "sql_database",
            "url": self.server.url,
            "auth": AUTH,
            "limits": {"timeout": 5},
            "options": {"objects": objects, "page_rows": 100, "compare_days": None, **options},
        }

    def load(self, warehouse: Warehouse, objects: dict[str, Any], **options: Any) -> Report:
        self.runs += 1
        files = {"sources/shop.yaml": self.declared(objects, **options)}
        return carry_out(STAGE, warehouse, workspace(self.root, files), run_id=self.runs)


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Place:
    return Place(tmp_path, server)


@pytest.fixture(scope="module")
def working_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with opened(tmp_path_factory.mktemp("working")) as warehouse:
        yield warehouse


@pytest.fixture
def warehouse(working_file: Warehouse) -> Warehouse:
    return emptied(working_file)


def fill(owner: psycopg.Connection[Any], first: int, last: int) -> None:
    owner.execute(
        "insert into users select n, 'name ' || n, timestamptz '2026-01-01' + n * interval '1 min'"
        " from generate_series(%s::int, %s::int) as n",
        (first, last),
    )


def new(report: Report) -> int:
    assert not report.notes
    return report.counts["rows_new"]


def test_everything_at_first_and_then_what_changed(
    place: Place, owner: psycopg.Connection[Any], warehouse: Warehouse
) -> None:
    fill(owner, 1, 950)
    first = place.load(warehouse, {"users": CHANGED})
    assert (new(first), first.counts["deliveries"]) == (950, 10)
    owner.execute("update users set name = 'new', updated_at = '2026-02-01' where id = 7")
    second = place.load(warehouse, {"users": CHANGED})
    assert (new(second), second.counts["rows_in"]) == (1, 12)
    assert new(place.load(warehouse, {"users": CHANGED})) == 0
    versions = warehouse.query(
        "select payload, changed_at from bronze.record where native_id = '7' order by seq"
    )
    payloads = [json.loads(payload) for payload in versions["payload"]]
    assert payloads == [
        {"id": 7, "name": "name 7", "updated_at": "2026-01-01T00:07:00Z"},
        {"id": 7, "name": "new", "updated_at": "2026-02-01T00:00:00Z"},
    ]
    assert versions["changed_at"].to_list()[1].isoformat() == "2026-02-01T00:00:00"


def test_a_database_that_stops_in_the_middle_is_read_on(
    place: Place, owner: psycopg.Connection[Any], warehouse: Warehouse
) -> None:
    fill(owner, 1, 950)
    query = "select *, 1 / (id - 555) as fault from users"
    objects = {"users": {"query": query, "key": "id", "changed": "updated_at"}}
    first = place.load(warehouse, objects)
    assert (first.counts["rows_new"], first.counts["sources_failed"]) == (500, 1)
    assert "(division by zero); the next run tries again, from where it stood" in first.notes[0]
    owner.execute("delete from users where id = 555")
    second = place.load(warehouse, objects)
    assert (new(second), second.counts["rows_in"]) == (449, 449)


def test_deletions_are_found_by_their_mark_and_by_comparison(
    place: Place, owner: psycopg.Connection[Any], warehouse: Warehouse
) -> None:
    owner.execute("alter table users add column is_deleted boolean")
    fill(owner, 1, 250)
    objects = {"users": {**CHANGED, "deleted": "is_deleted"}}
    assert new(place.load(warehouse, objects)) == 250
    owner.execute("update users set is_deleted = true, updated_at = '2026-02-01' where id = 7")
    owner.execute("delete from users where id in (8, 9)")
    assert new(place.load(warehouse, objects, compare_days=0)) == 3
    gone = warehouse.query("select native_id from bronze.record where is_deleted order by 1")
    assert gone["native_id"].to_list() == ["7", "8", "9"]


VALUES = {
    "numeric(20, 6)": ("12345678901234.100000", "12345678901234.100000"),
    "numeric": ("'NaN'", "NaN"),
    "float8": ("'NaN'", None),
    "real": ("1.1", 1.1),
    "bigint": ("9223372036854775807", 9223372036854775807),
    "boolean": ("true", True),
    "text": (r"E'Köln \'\n\u20ac'", "Köln '\n€"),
    "char(4)": ("'ab'", "ab  "),
    "date": ("'2026-02-28'", "2026-02-28"),
    "timestamp": ("'2026-02-28 13:00:00.123456'", "2026-02-28T13:00:00.123456"),
    "timestamptz": ("'2026-02-28 13:00:00+05:30'", "2026-02-28T07:30:00Z"),
    "timestamptz[]": ("array['2026-02-28 13:00:00+05:30'::timestamptz]", ["2026-02-28T07:30:00Z"]),
    "timestamp(0)": ("'infinity'", "infinity"),
    "date ": ("'0044-03-15 BC'", "0044-03-15 BC"),
    "time": ("'24:00:00'", "24:00:00"),
    "interval": ("'1 year 2 days 03:00'", "1 year 2 days 03:00:00"),
    "bytea": (r"'\x00ff'", "AP8="),
    "uuid": ("'00000000-0000-0000-0000-00000000000a'", "00000000-0000-0000-0000-00000000000a"),
    "jsonb": ("""'{"b": 1.10, "a": [null, "x"]}'""", {"b": 1.10, "a": [None, "x"]}),
    "json": ("""E'{"b":\\n 1}'""", {"b": 1}),
    "text[]": ("array['a', null, 'b']", ["a", None, "b"]),
    "int[]": ("array[[1, 2], [3, 4]]", [[1, 2], [3, 4]]),
    "numeric[]": ("array[1.50, 2]", ["1.50", "2"]),
    "inet": ("'10.0.0.1/8'", "10.0.0.1/8"),
    "int4range": ("'[1,5)'", "[1,5)"),
    "point": ("'(1,2)'", "(1,2)"),
    "mood": ("'sad'", "sad"),
    "varchar": ("null", None),
}


def test_values_of_every_kind_come_exactly(
    place: Place, owner: psycopg.Connection[Any], warehouse: Warehouse
) -> None:
    owner.execute("create type mood as enum ('sad', 'glad')")
    columns = ", ".join(f"c{at} {kind}" for at, kind in enumerate(VALUES))
    owner.execute(f"create table kinds (id int primary key, {columns})")
    values = ", ".join(sql for sql, _ in VALUES.values())
    owner.execute(f"insert into kinds values (1, {values})")  # noqa: S608
    owner.execute("grant select on kinds to reader")
    assert new(place.load(warehouse, {"kinds": {"table": "kinds"}})) == 1
    payload = json.loads(warehouse.query("select payload from bronze.record").item())
    found = {kind: payload[f"c{at}"] for at, kind in enumerate(VALUES)}
    assert found == {kind: expected for kind, (_, expected) in VALUES.items()}
    assert (
        '{"a": [null, "x"], "b": 1.10}'
        in warehouse.query("select payload from bronze.record").item()
    )


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("uuid", [f"'{n:08x}-0000-0000-0000-000000000000'" for n in range(1, 8)]),
        ("mood", ["'sad'", "'glad'"]),
        ("numeric", ["1", "1.5", "2.25", "1e30"]),
        ("char(5)", ["'a'", "'b'", "'ab'"]),
        ("bytea", [r"'\x01'", r"'\x0102'", r"'\xff'"]),
        ("timestamptz", ["'2026-01-01'", "'2026-01-01 00:00:00.000001'"]),
        ('text collate "C"', ["'a'", "'B'", "'c'", "'D'"]),
        ("interval", ["'1 day'", "'2 days'", "'1 year'"]),
    ],
)
def test_keys_of_every_kind_keep_pages_apart(
    place: Place, owner: psycopg.Connection[Any], warehouse: Warehouse, kind: str, values: list[str]
) -> None:
    owner.execute("create type mood as enum ('sad', 'glad')")
    owner.execute(f"create table keys (k {kind}, n int, primary key (k, n))")
    for value in values:
        owner.execute(f"insert into keys select {value}, n from generate_series(1, 3) n")  # noqa: S608
    owner.execute("grant select on keys to reader")
    report = place.load(warehouse, {"keys": {"table": "keys"}}, page_rows=2)
    assert new(report) == 3 * len(values)


def test_what_has_no_key_is_rejected_and_columns_come_and_go(
    place: Place, owner: psycopg.Connection[Any], warehouse: Warehouse
) -> None:
    fill(owner, 1, 3)
    objects = {"users": {"query": "select nullif(id, 2) as id, name from users", "key": "id"}}
    for _ in range(2):
        report = place.load(warehouse, objects)
        assert report.notes == ("shop: rejected missing_id 1",)
    owner.execute("alter table users add column city text default 'Köln'")
    owner.execute("alter table users alter column name type json using to_json(name)")
    assert new(place.load(warehouse, {"people": {"table": "users"}})) == 3
    payload = warehouse.query("select payload from bronze.record where object = 'people' limit 1")
    assert sorted(json.loads(payload.item())) == ["city", "id", "name", "updated_at"]


def test_what_may_not_be_read_leaves_the_others(
    place: Place, owner: psycopg.Connection[Any], warehouse: Warehouse
) -> None:
    fill(owner, 1, 3)
    owner.execute("create table secrets (id int primary key); create sequence numbers")
    owner.execute("grant all on sequence numbers to reader")
    objects = {
        "secrets": {"table": "secrets"},
        "ghosts": {"table": "public.ghosts"},
        "twice": {"query": "select id, id from users", "key": "id"},
        "numbers": {"query": "select nextval('numbers') as id", "key": "id"},
        "broken": {"query": "select id from user", "key": "id"},
        "users": {"query": "select id, name, ':x' as c, 5 % 2 as p from users -- all", "key": "id"},
    }
    report = place.load(warehouse, objects)
    assert report.counts["rows_new"] == 3
    secrets, ghosts, twice, numbers, broken, told = report.notes
    assert told == "shop: read 1 of 6 objects"
    assert "(permission denied for table secrets); let the user of auth: select from it" in secrets
    assert "there is no table or view public.ghosts that the user may see" in ghosts
    assert "it has several columns id" in twice
    assert "read-only transaction); it would change something" in numbers
    assert 'column "id" does not exist' in broken


def test_who_may_not_come_in_is_told_so(
    place: Place,
    owner: psycopg.Connection[Any],
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "wrong horse")
    with pytest.raises(InputError, match="no source can be read") as stopped:
        place.load(warehouse, {"users": CHANGED})
    note = str(stopped.value)
    assert 'password authentication failed for user "reader"' in note
    assert "look at url:, path: and auth:; the next run tries again" in note
    assert "wrong horse" not in note
    assert owner


def test_a_connection_that_is_cut_keeps_what_came_before(
    place: Place, owner: psycopg.Connection[Any]
) -> None:
    fill(owner, 1, 250)
    instance = SourceInstance.model_validate(place.declared({"users": CHANGED}))
    found = SOURCES.get("sql_database").find(Opening("shop", instance, place.root))
    pages = found.walks["users"]
    first = next(pages)
    assert sum(len(batch.rows) for batch in first.batches()) == 100
    second = next(pages)
    reading = "from pg_stat_activity where usename = 'reader'"
    owner.execute(f"select pg_terminate_backend(pid) {reading}")
    with pytest.raises(UnreachableError, match=r"terminating connection .* tries again"):
        list(second.batches())
    found.close()


def test_its_columns_are_known_before_a_run(place: Place, owner: psycopg.Connection[Any]) -> None:
    owner.execute("create view names as select id, name from users")
    objects = {
        "users": CHANGED,
        "names": {"table": "names", "key": "id"},
        "counts": {"query": "select name, count(*) as n from users group by name", "key": "name"},
    }
    owner.execute("grant select on names to reader")
    instance = SourceInstance.model_validate(place.declared(objects))
    now = datetime(2026, 7, 1, tzinfo=UTC)
    fields = SOURCES.get("sql_database").fields(Opening("shop", instance, place.root, {}, now))
    assert fields == {
        "users": frozenset({"id", "name", "updated_at"}),
        "names": frozenset({"id", "name"}),
        "counts": frozenset({"name", "n"}),
    }
