"""Quarantine and corrections over HTTP: listed, masked, set right, let through, taken back."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from cdp import pipeline
from cdp.settings import Settings, Workspace
from corner_shop import CornerShop
from judged_shop import Run, refused
from live_server import Live, running


@pytest.fixture
def run(judging: Run) -> Run:
    return judging


@pytest.fixture
def shop(judged_shop: CornerShop) -> CornerShop:
    return judged_shop


@pytest.fixture
def server(shop: CornerShop, settings: Settings, clock: Callable[[], datetime]) -> Iterator[Live]:
    publish = pipeline.Request(from_stage="publish", to_stage="publish")
    pipeline.run(shop.workspace, settings, clock, publish)
    with running(Workspace(shop.root)) as live:
        yield live


def test_the_quarantine_is_listed_and_masked(server: Live) -> None:
    first = server.get("/v1/quarantine?limit=1", "clerk").json()
    second = server.get(f"/v1/quarantine?limit=1&cursor={first['next_cursor']}", "clerk").json()
    items = [*first["items"], *second["items"]]
    assert {item["record_id"] for item in items} == {"crm:3", "crm:5"}
    assert second["next_cursor"] is None
    assert items[0]["payload"]["last"]
    hidden = server.get("/v1/quarantine?reason=email:format", "counter").json()["items"]
    assert [(h["original"], h["payload"]) for h in hidden] == [(None, None)] * 2
    assert server.get("/v1/quarantine?source=shop", "clerk").json()["items"] == []
    assert server.get("/v1/quarantine/crm:3", "clerk").json()["reason"] == "email:format"
    missing = server.get("/v1/quarantine/crm:77", "clerk")
    assert (missing.status_code, "GET /v1/quarantine says what does" in missing.text) == (404, True)
    assert server.get("/v1/quarantine", "masked").status_code == 403


def _in_pages(server: Live) -> list[Any]:
    first = server.get("/v1/corrections?limit=1", "clerk").json()
    second = server.get(f"/v1/corrections?limit=1&cursor={first['next_cursor']}", "clerk").json()
    assert second["next_cursor"] is None
    return [*first["items"], *second["items"]]


def test_repair_replay_and_undo_over_http(server: Live, shop: CornerShop, run: Run) -> None:
    body = {"why": "phoned", "changes": {"email": "home@mail.example"}, "actor": "Eva"}
    once = {"idempotency-key": "k1"}
    path = "/v1/quarantine/crm:3:repair"
    made = server.ask("POST", path, "clerk", dict(once), body)
    assert (made.status_code, made.headers["location"]) == (201, "/v1/corrections/1")
    assert made.json()["actor"] == "Eva (clerk)"
    again = server.ask("POST", path, "clerk", dict(once), body)
    assert (again.status_code, again.json()) == (200, made.json())
    other = server.ask("POST", path, "clerk", dict(once), body | {"why": "x"})
    assert (other.status_code, other.json()["code"]) == (422, "reused_key")
    assert server.post(path, body, "counter").status_code == 403
    assert server.post(path, {"why": "x"}, "clerk").status_code == 400
    assert server.post(path, body | {"changes": {"a[0]": 1}}, "clerk").status_code == 400
    done = server.post("/v1/quarantine:replay", {"why": "so it is", "source": "crm"}, "clerk")
    assert done.json() == {"allowed": [2], "corrected": 1, "stuck": []}
    assert server.post("/v1/quarantine:replay", {"why": "x"}, "clerk").status_code == 400
    listed = server.get("/v1/corrections", "clerk").json()["items"]
    assert [(c["correction_id"], c["kind"]) for c in listed] == [(2, "allow"), (1, "set")]
    assert _in_pages(server) == listed
    masked = server.get("/v1/corrections/1", "counter").json()
    assert (masked["changes"], masked["record_id"]) == (None, "crm:3")
    undone = server.post("/v1/corrections/2/undo", {"why": "wrong button"}, "clerk")
    assert undone.json()["undone_reason"] == "wrong button"
    for wrong in ("7", "x"):
        missing = server.get(f"/v1/corrections/{wrong}", "clerk")
        assert missing.status_code == 404
        assert f"no correction '{wrong}'; GET /v1/corrections lists them" in missing.text
    for number in ("2", "7"):
        done_already = server.post(f"/v1/corrections/{number}/undo", {"why": "again"}, "clerk")
        assert (done_already.status_code, "cdp quality" in done_already.text) == (404, False)
    result = run(shop, "quality")
    assert refused(result) == 1


def test_a_field_of_neither_record_nor_mapping_is_set_over_http_when_that_is_said(
    server: Live,
) -> None:
    misspelt = {"why": "so it is", "changes": {"Emial": "x"}}
    said = server.post("/v1/quarantine/crm:3:repair", misspelt, "clerk")
    assert (said.status_code, said.json()["code"]) == (400, "invalid_request")
    assert "nearest: email; new_field: true sets it" in said.json()["detail"]
    wish = {"why": "so it is", "changes": {"Nope": 1}}
    refused_ = server.post("/v1/quarantine/crm:3:repair", wish, "clerk").json()["detail"]
    assert refused_.startswith("neither the record nor the mapping of crm: customer has a field")
    done = server.post("/v1/quarantine/crm:3:repair", wish | {"new_field": True}, "clerk")
    assert (done.status_code, done.json()["changes"]) == (201, {"Nope": 1})
