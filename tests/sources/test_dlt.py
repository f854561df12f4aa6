"""Resources of dlt: written by hand, and dlt's own reader of APIs over a real socket."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import polars as pl
import pyarrow as pa
import pytest

from bronze_room import emptied
from builders import carry_out, opened, workspace
from cdp.errors import ConfigError, UnreachableError
from cdp.ingest.stage import STAGE
from cdp.sources import SOURCES, Opening, SourceInstance
from cdp.stage import Report
from cdp.store import Warehouse
from dlt_shop import SHOP, Shop, Visit, table

USERS = {"resource": "dlt_shop:users", "changed": "seen"}
VISITS = {"resource": "dlt_shop:visits"}
BOTH = {"resource": "dlt_shop:shop", "secrets": {"token": {"env": "SHOP_TOKEN"}}}


def user(number: int, seen: str | None = None, **fields: object) -> dict[str, Any]:
    return {"id": number, "seen": seen or f"2026-01-01T{number:02}:00:00Z", **fields}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setenv("SHOP_TOKEN", "wristwatch")
    SHOP.users = [user(number) for number in range(1, 24)]
    SHOP.visits = [{"id": 1, "place": "Köln"}, {"id": 2, "place": "Bonn"}]
    SHOP.asked, SHOP.fails_at = [], None
    return SHOP


class Place:
    """A workspace that reads resources of dlt, and how often it did."""

    def __init__(self, root: Path) -> None:
        self.root, self.runs = root, 0

    def load(self, warehouse: Warehouse, *declared: dict[str, Any], **instance: Any) -> Report:
        self.runs += 1
        files = {
            f"sources/s{at}.yaml": {"type": "dlt", "options": options, **instance}
            for at, options in enumerate(declared)
        }
        return carry_out(STAGE, warehouse, workspace(self.root, files), run_id=self.runs)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="module")
def working_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with opened(tmp_path_factory.mktemp("working")) as warehouse:
        yield warehouse


@pytest.fixture
def warehouse(working_file: Warehouse) -> Warehouse:
    return emptied(working_file)


def new(report: Report) -> int:
    assert not report.notes
    return report.counts["rows_new"]


def keys(warehouse: Warehouse, condition: str = "true") -> list[str]:
    found = warehouse.query(f"select native_id from bronze.record where {condition} order by seq")  # noqa: S608
    return found["native_id"].to_list()


def test_everything_at_first_and_then_what_changed(
    place: Place, warehouse: Warehouse, shop: Shop
) -> None:
    assert new(place.load(warehouse, USERS)) == 23
    shop.users[6] = user(7, "2026-01-02T00:00:00Z", name="new")
    second = place.load(warehouse, USERS)
    assert (new(second), second.counts["rows_in"]) == (1, 1)
    assert shop.asked == ["2026", "2026-01-01T23:00:00Z"]
    assert new(place.load(warehouse, USERS)) == 0
    assert shop.asked[-1] == "2026-01-02T00:00:00Z"
    moments = warehouse.query("select changed_at from bronze.record where native_id = '7'")
    assert moments["changed_at"].max() == datetime(2026, 1, 2)  # noqa: DTZ001 - UTC, as stored


def test_a_resource_that_stops_is_asked_again_from_the_state_before(
    place: Place, warehouse: Warehouse, shop: Shop
) -> None:
    shop.fails_at = 10
    first = place.load(warehouse, {**BOTH, "delivery_rows": 5})
    assert (first.counts["rows_new"], first.counts["sources_failed"]) == (12, 1)
    note = first.notes[0]
    assert "source s0: users stopped (" in note
    assert "the token *** has expired); the next run tries again" in note
    shop.fails_at = None
    assert new(place.load(warehouse, BOTH)) == 13
    assert shop.asked == ["2026", "2026"]


def test_what_a_whole_resource_yields_no_more_is_gone(
    place: Place, warehouse: Warehouse, shop: Shop
) -> None:
    assert new(place.load(warehouse, VISITS)) == 2
    del shop.visits[0]
    assert new(place.load(warehouse, {**VISITS, "complete": False})) == 0
    assert new(place.load(warehouse, VISITS)) == 1
    assert keys(warehouse, "is_deleted") == ["1|Köln"]
    shop.visits.clear()
    assert new(place.load(warehouse, {**VISITS, "compare_days": None})) == 0
    assert new(place.load(warehouse, VISITS)) == 1


def test_what_is_marked_as_deleted_is_gone(place: Place, warehouse: Warehouse, shop: Shop) -> None:
    assert new(place.load(warehouse, USERS)) == 23
    shop.users[2] = user(3, "2026-02-01", gone=True)
    assert new(place.load(warehouse, USERS)) == 1
    assert keys(warehouse, "is_deleted") == ["3"]


def test_rows_come_in_every_way_that_dlt_knows(
    place: Place, warehouse: Warehouse, shop: Shop
) -> None:
    shop.visits = [
        table(),
        table().to_batches()[0].slice(0, 1),
        pl.DataFrame({"id": [3], "place": ["x"]}),
        [Visit(id=4, place="y"), ({"id": 5, "place": "z"},)],
        {"id": 6, "place": None, "when": datetime(2026, 1, 1, tzinfo=UTC), "n": float("nan")},
    ]
    assert new(place.load(warehouse, VISITS)) == 6
    assert keys(warehouse) == ["1|Köln", "2|", "3|x", "4|y", "5|z", "6|"]
    payload = warehouse.query("select payload from bronze.record where native_id = '6|'").item()
    assert payload == '{"id":6,"place":null,"when":"2026-01-01T00:00:00Z","n":null}'
    assert isinstance(table(), pa.Table)


def test_bad_rows_are_rejected_and_the_rest_is_kept(
    place: Place, warehouse: Warehouse, shop: Shop
) -> None:
    shop.visits += [{"id": None, "place": ""}, 7, {"id": 8, "place": "\udcff"}]
    report = place.load(warehouse, VISITS)
    assert report.counts["rows_new"] == 2
    assert report.notes == ("s0: rejected missing_id 1, not_an_object 1, not_json 1",)


def test_fields_come_go_and_change_their_kind(
    place: Place, warehouse: Warehouse, shop: Shop
) -> None:
    whole = {**VISITS, "key": "id"}
    assert new(place.load(warehouse, whole)) == 2
    shop.visits = [{"id": "1", "place": {"city": "Köln"}, "more": [1]}, {"id": 2}]
    assert new(place.load(warehouse, whole)) == 2
    versions = warehouse.query("select payload from bronze.record where native_id = '1'")
    assert json.loads(versions["payload"][-1]) == {
        "id": "1",
        "place": {"city": "Köln"},
        "more": [1],
    }


def test_a_source_has_several_objects_and_instances_are_apart(
    place: Place, warehouse: Warehouse, shop: Shop
) -> None:
    assert new(place.load(warehouse, BOTH, USERS)) == 23 + 2 + 23
    loads = warehouse.query("select source, object from bronze.load order by all")
    assert loads.rows() == [("s0", "users"), ("s0", "visits"), ("s1", "users")]
    # What it keeps for one instance says nothing of another.
    assert shop.asked == ["2026", "2026"]


def test_objects_and_what_is_different_for_one_are_chosen(
    place: Place, warehouse: Warehouse, shop: Shop
) -> None:
    assert shop
    own = {**BOTH, "key": "seen", "resources": {"visits": {"key": "place"}}}
    assert new(place.load(warehouse, own, objects=["visits"])) == 2
    assert keys(warehouse) == ["Köln", "Bonn"]


def find(options: dict[str, Any], **instance: Any) -> Any:
    declared = {"type": "dlt", "options": options, **instance}
    opening = Opening("it", SourceInstance.model_validate(declared), Path())
    assert SOURCES.get("dlt").fields(opening) == {}
    return SOURCES.get("dlt").find(opening)


@pytest.mark.parametrize(
    ("options", "instance", "message"),
    [
        ({"resource": "no_such_module:x"}, {}, "no_such_module:x cannot be imported"),
        ({"resource": "dlt_shop:sales"}, {}, "dlt_shop:sales cannot be imported"),
        ({"resource": "dlt_shop:nothing"}, {}, "no resource or source of dlt, it gives a int"),
        ({"resource": "dlt_shop:SHOP"}, {}, "no resource or source of dlt, it gives a Shop"),
        (VISITS, {"objects": ["sales"]}, "names sales, but dlt_shop:visits has .* some of visits"),
        (VISITS, {"auth": {"kind": "bearer", "token": {"env": "X"}}}, "options.secrets"),
    ],
)
def test_what_is_declared_wrongly_is_said_before_anything_is_read(
    options: dict[str, Any], instance: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        find(options, **instance)


def test_what_cannot_be_made_is_told_without_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "hunter2")
    with pytest.raises(UnreachableError, match=r"could not be made \(\*\*\* is no token\)"):
        find(BOTH)
    with pytest.raises(UnreachableError, match="could not be made"):
        find({**USERS, "arguments": {"colour": "red"}})


QUIET = """
import sys
from pathlib import Path
from cdp.sources import SOURCES, Opening, SourceInstance
assert not [name for name in sys.modules if name.split(".")[0] == "dlt"]
options = {"resource": "dlt_shop:visits"}
instance = SourceInstance.model_validate({"type": "dlt", "options": options})
found = SOURCES.get("dlt").find(Opening("it", instance, Path()))
print(sum(1 for delivery in found.walks["visits"] for batch in delivery.batches()))
import dlt
print(dlt.config["runtime.dlthub_telemetry"])
"""


def _run(code: str, home: Path) -> list[str]:
    tests = Path(__file__).parents[1]
    env = {**os.environ, "HOME": str(home), "PYTHONPATH": str(tests)}
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, env=env, cwd=home
    )
    return done.stdout.splitlines()


def test_without_dlt_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlt", None)
    with pytest.raises(ConfigError, match=r"install it with: pip install 'cdp\[dlt\]'"):
        find(VISITS)


def test_dlt_leaves_the_home_alone_and_tells_nobody(tmp_path: Path) -> None:
    assert _run(QUIET, tmp_path)[-1] == "False"
    assert not list(tmp_path.iterdir())


class _Api(BaseHTTPRequestHandler):
    """An API with pages of two, a token, and a parameter for what changed."""

    rows: ClassVar[list[dict[str, Any]]] = []
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.asked.append(query.get("since", ""))
        status, body = 200, self._page(query)
        if self.headers["authorization"] != "Bearer wristwatch":
            status, body = 401, {"error": "who are you?"}
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def _page(self, query: dict[str, str]) -> dict[str, Any]:
        since, at = query.get("since", ""), int(query.get("at", "0"))
        found = [row for row in self.rows if row["seen"] >= since]
        more = f"http://{self.headers['host']}/users?since={since}&at={at + 2}"
        return {"users": found[at : at + 2], "next": more if at + 2 < len(found) else None}

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("API_TOKEN", "wristwatch")
    _Api.rows, _Api.asked = [user(number) for number in range(1, 6)], []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def rest(api: str) -> dict[str, Any]:
    """Return an API as dlt's own reader of APIs has it described."""
    cursor = {"type": "incremental", "cursor_path": "seen", "initial_value": "2026"}
    users = {
        "name": "users",
        "primary_key": "id",
        "endpoint": {"path": "users", "data_selector": "users", "params": {"since": cursor}},
    }
    client = {
        "base_url": api,
        "auth": {"type": "bearer"},
        "paginator": {"type": "json_link", "next_url_path": "next"},
    }
    return {
        "resource": "dlt.sources.rest_api:rest_api_source",
        "arguments": {"config": {"client": client, "resources": [users]}},
        "secrets": {"config.client.auth.token": {"env": "API_TOKEN"}},
        "changed": "seen",
    }


def test_an_api_is_read_as_dlt_reads_it(
    place: Place, warehouse: Warehouse, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert new(place.load(warehouse, rest(api))) == 5
    assert _Api.asked == ["2026"] * 3
    _Api.rows.append(user(6))
    second = place.load(warehouse, rest(api))
    assert (new(second), second.counts["rows_in"]) == (1, 1)
    assert _Api.asked[3:] == ["2026-01-01T05:00:00Z"]
    monkeypatch.setenv("API_TOKEN", "hunter2")
    (note,) = place.load(warehouse, rest(api)).notes
    assert "users stopped" in note
    assert "401" in note
    assert "hunter2" not in note
