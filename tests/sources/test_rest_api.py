"""APIs described in YAML, over a real socket: every way to page, changed, throttled, cut short."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml

from builders import carry_out, opened, workspace
from cdp.errors import ConfigError, InputError
from cdp.ingest.stage import STAGE
from cdp.sources import INSTANCES, SOURCES
from cdp.sources.remote.schema import types_of
from simulators.rest import Api, Row, serving
from walked import Walked

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
AUTH = {"kind": "bearer", "token": {"env": "API_TOKEN"}}
QUICK = {"attempts": 3, "longest_wait": 0.05}
ROWS: dict[str, Any] = {"path": "rows", "data_selector": "data.items", "primary_key": "id"}
CHANGED = {"cursor_field": "updated_at", "row_order": "asc"}
SINCE = {"sort": "updated_at", "updated_since": "{since.iso}"}
LINK = {"type": "json_link", "next_url_path": "paging.next"}
PAGES: dict[str, Row] = {
    "json_link": LINK,
    "header_link": {"type": "header_link"},
    "cursor": {"type": "cursor", "cursor_path": "paging.after", "cursor_param": "after"},
    "page_number": {"type": "page_number", "total_path": "paging.pages"},
    "offset": {"type": "offset", "limit": 100, "has_more_path": "paging.more"},
    "single_page": {"type": "single_page"},
}


def row(number: int, minute: int | None = None, **fields: object) -> Row:
    changed = BEGUN + timedelta(minutes=number if minute is None else minute)
    return {"id": number, "updated_at": changed.isoformat(), **fields}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("API_TOKEN", "t0ken")
    with serving(Api([row(number) for number in range(1, 451)])) as running:
        yield running


def place_of(root: Path, api: Api, resources: Row, **options: Any) -> Walked:
    declared = {
        "type": "rest_api",
        "url": f"{api.url}/v1/",
        "auth": AUTH,
        "limits": QUICK,
        "options": {"paginator": PAGES[api.style], "resources": resources, **options},
    }
    return Walked(declared, root)


@pytest.mark.parametrize("style", PAGES)
def test_everything_is_read_however_it_pages(tmp_path: Path, api: Api, style: str) -> None:
    api.style = style
    rows = ROWS if style != "single_page" else {**ROWS, "data_selector": ""}
    place = place_of(tmp_path, api, {"rows": rows})
    new = place.load()
    assert (new, place.notes) == (450, [])
    assert place.ids("rows") == [str(number) for number in range(1, 451)]
    assert len(api.asked) == (1 if style == "single_page" else 5)
    assert place.load() == 0


@pytest.mark.parametrize("style", ["json_link", "page_number"])
def test_then_what_changed(tmp_path: Path, api: Api, style: str) -> None:
    api.style = style
    place = place_of(tmp_path, api, {"rows": {**ROWS, **CHANGED, "params": SINCE}})
    assert place.load() == 450
    assert "updated_since" not in api.asked[0]
    asked = len(api.asked)
    api.rows[6] = row(7, 5_000, name="changed")
    new = place.load()
    assert (new, len(api.asked)) == (1, asked + 1)
    assert "updated_since=2026-01-01T07%3A20%3A00.000Z" in api.asked[-1]


def test_rows_that_move_while_they_are_read_hide_no_others(tmp_path: Path, api: Api) -> None:
    def change(moving: Api) -> None:
        if len(moving.asked) == 1:
            moving.rows[0] = row(1, 9_000)

    api.style, api.meanwhile = "offset", change
    place = place_of(tmp_path, api, {"rows": {**ROWS, **CHANGED, "params": SINCE}})
    place.load()
    assert set(place.ids("rows")) == {str(number) for number in range(1, 451)}
    assert place.ids("rows").count("1") == 2


@pytest.mark.parametrize(
    ("params", "asked"),
    [
        ({"after_epoch": "{since.epoch}"}, "after_epoch=1767252000"),
        ({"day": "{since.date}"}, "day=2026-01-01"),
        ({"updated_since": "{since:%Y-%m-%dT%H:%M+00:00}"}, "updated_since=2026-01-01T07%3A20"),
    ],
)
def test_the_moment_is_written_as_the_api_wants_it(
    tmp_path: Path, api: Api, params: Row, asked: str
) -> None:
    api.style = "offset"
    given = {**params, "sort": "updated_at"}
    place = place_of(tmp_path, api, {"rows": {**ROWS, **CHANGED, "params": given}})
    assert place.load() == 450
    api.asked.clear()
    api.rows.append(row(451))
    assert place.load() == 1
    assert asked in api.asked[0]


def test_an_api_that_searches_is_asked_by_post(tmp_path: Path, api: Api) -> None:
    api.style = "cursor"
    found = {
        **ROWS,
        **CHANGED,
        "path": "rows/search",
        "method": "POST",
        "body": {"after_epoch": "{since.epoch}", "sort": "updated_at", "limit": 200},
        "initial_value": "2026-01-01",
        "paginator": {"type": "cursor", "cursor_path": "paging.after", "cursor_body_path": "after"},
    }
    place = place_of(tmp_path, api, {"rows": found})
    api.refusals = [(429, {"retry-after": "0"}, ""), (503, {}, "")]
    assert place.load() == 450
    assert len(api.asked) == 3
    assert "1767225600" in api.asked[0]
    assert place.load() == 0
    assert "1767252000" in api.asked[-1]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("2026-01-01", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00.000Z"),
        ("2026-01-01T00:00:00+02:00", "2025-12-31T22:00:00.000Z"),
    ],
)
def test_a_first_load_begins_at_the_same_moment_however_it_is_written(
    tmp_path: Path, api: Api, written: str, asked: str
) -> None:
    rows = {**ROWS, **CHANGED, "params": SINCE, "initial_value": written}
    place_of(tmp_path, api, {"rows": rows}).load()
    assert asked in unquote(api.asked[0])


LINES: Row = {
    "path": "rows/{parent.id}/lines",
    "data_selector": "data.items",
    "primary_key": ["_rows_id", "line"],
    "cursor_field": "changed",
    "parent": "rows",
    "include_from_parent": ["id"],
}


def test_what_belongs_to_a_row_is_asked_for_where_the_row_changed(tmp_path: Path, api: Api) -> None:
    api.rows = [row(number) for number in range(1, 21)]
    api.lines = {str(n): [{"line": k, "of": n} for k in range(3)] for n in range(1, 21)}
    api.lines["1"] = [{"line": k, "of": 1} for k in range(150)]
    rows = {**ROWS, **CHANGED, "params": SINCE}
    place = place_of(tmp_path, api, {"rows": rows, "lines": LINES}, overlap_minutes=0)
    new = place.load()
    assert (new, place.notes) == (20 + 150 + 19 * 3, [])
    assert place.ids("lines")[:2] == ["1|0", "1|1"]
    payload = next(each for _, key, each, _ in place.rows if key == "7|2")
    assert payload == '{"_rows_id":7,"line":2,"of":7}'
    api.asked.clear()
    api.rows[4] = row(5, 5_000)
    api.lines["5"].append({"line": 9, "of": 5})
    assert place.load() == 2
    asked = [each.partition("?")[0] for each in api.asked]
    assert asked == ["/v1/rows", "/v1/rows", "/v1/rows/20/lines", "/v1/rows/5/lines"]


def test_not_more_rows_are_asked_for_in_a_run_than_is_said(tmp_path: Path, api: Api) -> None:
    api.page, api.lines = 50, {str(n): [{"line": 1}] for n in range(1, 451)}
    rows = {**ROWS, **CHANGED, "params": SINCE}
    resources = {"rows": rows, "lines": {**LINES, "most_parents": 120}}
    place = place_of(tmp_path, api, resources, overlap_minutes=0)
    place.load()
    assert "more than 120 of rows to ask for" in place.notes[0]
    assert len(place.ids("lines")) == 100
    for _ in range(5):
        place.load()
    assert place.notes == []
    assert len(place.ids("lines")) == 450


def test_the_newest_first_are_read_until_they_are_known(tmp_path: Path, api: Api) -> None:
    rows = {**ROWS, "cursor_field": "updated_at", "row_order": "desc"}
    place = place_of(tmp_path, api, {"rows": {**rows, "params": {"sort": "-updated_at"}}})
    assert place.load() == 450
    api.rows.append(row(451))
    api.asked.clear()
    assert place.load() == 1
    assert len(api.asked) == 1


def test_deleted_rows_are_told_by_a_mark_or_by_their_absence(tmp_path: Path, api: Api) -> None:
    api.rows[2]["state"] = "archived"
    rows = {**ROWS, "deleted": {"state": ["archived", "erased"]}}
    declared = dict(place_of(tmp_path, api, {"rows": rows}, compare_days=0).declared)
    place = workspace(tmp_path, {"sources/api.yaml": declared})
    with opened(tmp_path) as warehouse:
        assert carry_out(STAGE, warehouse, place).counts["rows_new"] == 450
        del api.rows[5]
        assert carry_out(STAGE, warehouse, place, run_id=2).counts["rows_new"] == 1
        gone = warehouse.query("select native_id from bronze.record where is_deleted order by seq")
        assert list(gone["native_id"]) == ["3", "6"]


def test_an_interrupted_walk_goes_on_where_it_stood(tmp_path: Path, api: Api) -> None:
    def fail(failing: Api) -> None:
        if len(failing.asked) == 30:
            failing.refusals = [(500, {}, "")] * 4

    api.page, api.meanwhile = 10, fail
    place = place_of(tmp_path, api, {"rows": {**ROWS, **CHANGED, "params": SINCE}})
    new = place.load()
    assert len(place.notes) == 1
    kept, api.refusals = new, []
    assert kept >= 280
    assert kept + place.load() == 450


@pytest.mark.parametrize(
    ("change", "style", "told"),
    [
        ({"data_selector": "data.rows"}, "json_link", "has nothing at data.rows; correct data_se"),
        ({"data_selector": "data.count.x"}, "json_link", "no JSON with rows at data.count.x"),
        ({"path": "nowhere"}, "json_link", "404: no such thing"),
        (
            {"paginator": {"type": "cursor", "cursor_path": "data.count", "cursor_param": "x"}},
            "json_link",
            "points at the page that it is; correct paginator:",
        ),
    ],
)
def test_an_api_that_is_not_as_it_was_described_is_told_of(
    tmp_path: Path, api: Api, change: Row, style: str, told: str
) -> None:
    api.style = style
    place = place_of(tmp_path, api, {"rows": {**ROWS, **change}})
    place.load()
    (note,) = place.notes
    assert told in note
    assert note.startswith("source api: ")


def test_a_parent_without_the_field_is_told_of(tmp_path: Path, api: Api) -> None:
    lines = {**LINES, "path": "rows/{parent.number}/lines"}
    place = place_of(tmp_path, api, {"rows": ROWS, "lines": lines})
    place.load()
    (note,) = place.notes
    assert "a row of rows has no number; correct what {parent...} says" in note


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("{resources: {}}", "resources: Dictionary should have at least 1 item"),
        ("{resources: {a: {path: a}}}", "resources.a.primary_key: Field required"),
        ("{resources: {a: {primary_key: i, path: 'a/{id}'}}}", r"path: \{id\} is unknown"),
        ("{resources: {a: {primary_key: i, body: {x: 1}}}}", "body: goes with method: POST"),
        ("{resources: {a: {primary_key: i, row_order: asc}}}", "say by which cursor_field:"),
        ("{resources: {a: {primary_key: i, parent: b, path: x}}}", r"says \{parent.field\}"),
        ("{resources: {a: {primary_key: i, parent: b, path: '{parent.i}'}}}", "no resource b"),
        (
            "{resources: {a: {primary_key: i, cursor_field: u, params: {s: '{since.day}'}}}}",
            "use one of iso, seconds, date, epoch, epoch_ms",
        ),
        (
            "{resources: {a: {primary_key: i, params: {s: '{since.iso}'}}}}",
            "say which cursor_field: it is of",
        ),
        (
            "{resources: {a: {primary_key: i, cursor_field: u, path: 'a/{since.date}'}}}",
            "needs an initial_value:",
        ),
        (
            "{resources: {a: {primary_key: i}}, paginator: {type: cursor, cursor_path: c}}",
            "give either cursor_param: or cursor_body_path:",
        ),
        (
            "{resources: {a: {primary_key: i}}, headers: {Authorization: x}}",
            "Authorization: what is secret goes to auth:",
        ),
        (
            "{resources: {a: {primary_key: i}}, openapi: x, openapi_file: y}",
            "give either openapi: or openapi_file:",
        ),
    ],
)
def test_mistakes_are_told_when_the_file_is_read(options: str, told: str, tmp_path: Path) -> None:
    declared = f"type: rest_api\nurl: http://x\noptions: {options}\n"
    place = workspace(tmp_path, {"sources/it.yaml": declared})
    with pytest.raises(ConfigError, match=rf"(?s)it\.yaml does not validate.*line 3.*{told}"):
        place.many(INSTANCES)


def test_only_resources_that_are_described_may_be_asked_for(tmp_path: Path, api: Api) -> None:
    place = place_of(tmp_path, api, {"rows": ROWS})
    opening = place.opening(objects=["lines"])
    with pytest.raises(ConfigError, match=r"names lines, but options.resources has .* of rows$"):
        SOURCES.get("rest_api").find(opening)


MADE: Row = {"type": ["string", "null"], "format": "date-time"}
DESCRIPTION: Row = {
    "openapi": "3.1.0",
    "paths": {
        "/rows": {
            "get": {
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/x/Page"}}}}
                }
            }
        },
        "/v1/rows/{id}/lines": {"get": {"responses": {"200": {"$ref": "#/x/Lines"}}}},
    },
    "x": {
        "Lines": {
            "content": {
                "application/json": {
                    "schema": {"properties": {"data": {"properties": {"items": {"$ref": "#/x/L"}}}}}
                }
            }
        },
        "L": {"type": "array", "items": {"properties": {"line": {"type": "integer"}}}},
        "Page": {"properties": {"data": {"properties": {"items": {"items": {"$ref": "#/x/Row"}}}}}},
        "Row": {
            "allOf": [
                {"properties": {"id": {}, "made": MADE, "address": {"properties": {"city": {}}}}},
                {"properties": {"of": {"$ref": "#/x/Row"}, "lost": {"$ref": "#/x/Nothing"}}},
            ]
        },
    },
}


def test_the_apis_own_description_says_which_fields_there_are(tmp_path: Path, api: Api) -> None:
    api.description = DESCRIPTION
    resources = {"rows": ROWS, "lines": LINES, "others": {**ROWS, "path": "others"}}
    source = SOURCES.get("rest_api")
    by_url = place_of(tmp_path, api, resources, openapi="openapi.json").opening()
    said = source.fields(by_url)
    assert sorted(said) == ["lines", "rows"]
    assert {"id", "address", "address.city", "of.address.city", "lost"} <= said["rows"]
    assert said["lines"] == {"line", "_rows_id"}
    assert types_of(said["lines"]) == {"line": ("number", "integer")}
    assert types_of(said["rows"]) == {"made": ("moment", "string (date-time)")}
    (tmp_path / "api.yaml").write_text(yaml.safe_dump(DESCRIPTION), "utf-8")
    in_file = place_of(tmp_path, api, resources, openapi_file="api.yaml").opening()
    assert source.fields(in_file) == said
    assert source.fields(place_of(tmp_path, api, resources).opening()) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "neither JSON nor YAML"),
        ("{swagger: '2.0', paths: {}}", "no OpenAPI document of version 3"),
        (None, "api.yaml cannot be read"),
    ],
)
def test_what_is_no_description_is_told_of(
    tmp_path: Path, api: Api, text: str | None, told: str
) -> None:
    if text is not None:
        (tmp_path / "api.yaml").write_text(text, "utf-8")
    opening = place_of(tmp_path, api, {"rows": ROWS}, openapi_file="api.yaml").opening()
    with pytest.raises(InputError, match=told):
        SOURCES.get("rest_api").fields(opening)
