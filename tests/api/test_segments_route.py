"""Segments over a real socket: made, changed, tried out, filled by hand, moved as it is heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdp.activation import desk as desk_of_exports
from cdp.activation.desk import Asked
from cdp.privacy import keys
from cdp.store.state import State
from cdp.store.state_exports import Exports
from live_server import Live, running
from published import ADA, BOB, NOW, VISITOR, copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GERMANS = {"where": {"attribute": "country", "is": "DE"}}
SCOPES = (
    *("segments:read", "segments:write", "profiles:read", "events:write", "pii:read"),
    "consents:write",
)


@pytest.fixture(scope="module")
def desk(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    place = copied(base, tmp_path_factory.mktemp("segments") / "desk")
    (place.root / "segments").mkdir()
    (place.root / "sources").mkdir()
    (place.root / "sources" / "site.yaml").write_text("type: events\n", encoding="utf-8")
    text = "where: {segment: all_germans}\n"
    with running(place) as server:
        server.tokens["maker"] = keys.create(place.home, "maker", SCOPES, at=NOW)[1]
        server.post("/v1/segments", {"name": "all_germans", **GERMANS}, "maker")
        (place.root / "segments" / "fixed.yaml").write_text(text, encoding="utf-8")
        yield server


def make(desk: Live, name: str, **definition: object) -> None:
    answered = desk.post("/v1/segments", {"name": name, **definition}, "maker")
    assert answered.status_code == 201, answered.text
    assert answered.headers["location"] == f"/v1/segments/{name}"


def names(desk: Live, ref: str) -> dict[str, str | None]:
    found = desk.get(f"/v1/profiles/{ref}/segments", "maker").json()["segments"]
    return {row["segment"]: row.get("entered_by") for row in found}


def test_a_segment_is_made_changed_and_taken_away(desk: Live) -> None:
    make(desk, "buyers_of_may", description="for a letter", **GERMANS)
    path = "/v1/segments/buyers_of_may"
    read = desk.get(path, "maker")
    assert (read.json()["version"], read.json()["origin"], read.json()["live"]) == (1, "api", True)
    assert desk.get(path, "maker", **{"if-none-match": read.headers["etag"]}).status_code == 304
    other = {"where": {"feature": "orders", "at_least": 1}, "reason": "by what they bought"}
    assert desk.ask("PUT", path, "maker", {}, other).status_code == 428
    tag = {"if-match": read.headers["etag"]}
    changed = desk.ask("PUT", path, "maker", dict(tag), other)
    assert (changed.status_code, changed.json()["waits_for"]) == (200, ["gold.feature"])
    lost = desk.ask("PUT", path, "maker", dict(tag), GERMANS)
    assert (lost.status_code, lost.json()["code"]) == (412, "changed_meanwhile")
    assert desk.ask("DELETE", path, "maker", {"if-match": "*"}).status_code == 200
    assert desk.get(path, "maker").status_code == 404
    versions = desk.get(f"{path}/versions", "maker").json()["items"]
    assert [one["version"] for one in versions] == [3, 2, 1]
    assert versions[1]["reason"] == "by what they bought"


def test_the_same_request_again_makes_one(desk: Live) -> None:
    body = {"name": "once", **GERMANS}
    sent = [
        desk.ask("POST", "/v1/segments", "maker", {"idempotency-key": "k1"}, body) for _ in "ab"
    ]
    assert [one.status_code for one in sent] == [201, 201]
    assert desk.post("/v1/segments", body, "maker").status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "where": {"all": [{"attribute": "countri", "is": "DE"}]}}, "attribute"),
        ({"name": "x", "where": {"not": {"segment": "nobody"}}}, "/where"),
        ({"name": "preview", **GERMANS}, "/name"),
        ({"name": "x", "static": True, **GERMANS}, "/"),
    ],
)
def test_a_wrong_definition_is_told_with_its_place(
    desk: Live, body: dict[str, object], field: str
) -> None:
    answered = desk.post("/v1/segments", body, "maker")
    assert answered.status_code == 400
    assert any(field in one["field"] for one in answered.json()["errors"])


def test_what_a_file_declares_or_builds_upon_is_left(desk: Live) -> None:
    own = desk.ask("PUT", "/v1/segments/fixed", "maker", {"if-match": "*"}, GERMANS)
    used = desk.ask("DELETE", "/v1/segments/all_germans", "maker", {"if-match": "*"})
    assert [own.status_code, used.status_code] == [409, 409]
    assert "segments/fixed.yaml" in own.json()["detail"]
    assert "fixed build upon" in used.json()["detail"]


def test_what_is_sent_out_is_not_taken_away(desk: Live) -> None:
    make(desk, "posted", **GERMANS)
    path, tag = "/v1/segments/posted", {"if-match": "*"}
    asked = Asked("posted", None, {"purpose": "newsletter", "channel": "email"}, "maker")
    job = desk_of_exports.take(desk.place, asked, NOW)
    waiting = desk.ask("DELETE", path, "maker", tag)
    assert (waiting.status_code, waiting.json()["code"]) == (409, "conflict")
    assert f"export {job.export_id} of segment 'posted' is not finished" in waiting.text
    with State.open(desk.place.home) as state:
        Exports(state).end(job.export_id, NOW, answer={}, detail=None)
    file = desk.place.root / "destinations" / "post.yaml"
    file.parent.mkdir()
    file.write_text(
        "type: csv_file\nsegments: [posted]\npurpose: newsletter\nchannel: email\n", "utf-8"
    )
    declared = desk.ask("DELETE", path, "maker", tag)
    assert declared.status_code == 409
    assert "destinations/post.yaml sends segment 'posted' out" in declared.json()["detail"]
    file.unlink()
    assert desk.ask("DELETE", path, "maker", tag).status_code == 200
    assert desk.post("/v1/segments", {"name": "y", **GERMANS}).status_code == 403


def test_a_definition_is_tried_out(desk: Live) -> None:
    body = {"definition": {"where": {"all": [GERMANS["where"]]}}, "profile": True}
    found = desk.post("/v1/segments/preview", body).json()
    assert (found["members"], found["everybody"], found["entering"]) == (2, 2, 2)
    assert found["overlap"] == {"buyers": 2, "lapsed": 1}
    assert [part["pointer"] for part in found["conditions"]] == ["/where/all/0"]
    assert {one["profile_id"] for one in found["sample"]} == {ADA, BOB}
    assert found["profile"][0]["dimension"] == "age"
    wrong = desk.post("/v1/segments/preview", {"definition": {"wher": 1}})
    assert wrong.json()["errors"][0]["field"] == "/definition/wher"
    assert desk.post("/v1/segments/preview", {}).status_code == 400


def test_segments_are_compared_and_drawn(desk: Live) -> None:
    make(desk, "drawn", **GERMANS)
    shared = desk.get("/v1/segments/drawn/overlap?with=all_germans").json()
    assert (shared["segments"], shared["matrix"]) == (["all_germans", "drawn"], [[0, 0], [0, 0]])
    found = desk.get("/v1/segments/drawn/profile").json()
    assert found["members"] == 2
    picture = desk.get("/v1/segments/drawn/profile?dimension=age&format=svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert desk.get("/v1/segments/drawn/profile?format=svg").status_code == 400
    assert desk.get("/v1/segments/drawn/history").json() == {"items": [], "next_cursor": None}
    assert desk.get("/v1/segments/drawn/members").json()["items"] == []


def test_a_static_group_is_filled_by_hand_and_shown_at_once(desk: Live) -> None:
    make(desk, "guests", static=True)
    path = "/v1/segments/guests/members"
    refs = ["email:ada@example.org", "P-merged", "P-gone", "nobody:1", "email:family@example.org"]
    put = desk.post(path, {"refs": refs}, "maker").json()
    states = ["added", "added", "gone", "invalid", "ambiguous"]
    assert [one["status"] for one in put["items"]] == states
    assert names(desk, ADA)["guests"] == "upload"
    header = {"content-type": "text/csv"}
    sent = desk.ask("POST", path, "maker", header, b"profile_id,x\nP-bob,1\nP-ada,2\n").json()
    assert sent["counts"] == {"added": 1, "already": 1}
    gone = desk.ask("DELETE", f"{path}/P-ada", "maker", {}).json()
    assert gone["counts"] == {"removed": 1}
    taken = desk.post(f"{path}:remove", {"refs": ["P-ada", "P-bob"]}, "maker").json()
    assert taken["counts"] == {"not_a_member": 1, "removed": 1}
    assert "guests" not in names(desk, ADA)
    refused = desk.post("/v1/segments/all_germans/members", {"refs": [ADA]}, "maker")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")


def test_an_event_and_a_refusal_move_a_profile_at_once(desk: Live) -> None:
    viewed = {"event": "interaction", "where": {"type": "product_viewed"}, "at_least": 2}
    make(desk, "viewers", of="visitor", where={**viewed, "within_days": 7})
    make(desk, "shoppers", of="visitor", where={"event": "order"})
    make(desk, "buyers", where={"consent": "marketing", "channel": "email"})
    for n in range(2):
        event = {"anonymousId": "a-b-c", "messageId": f"e{n}", "event": "Product Viewed"}
        assert desk.post("/v1/track", event, "maker").status_code == 200
    order = {"order_id": "7", "total": "12.50", "currency": "EUR"}
    bought = {"anonymousId": "a-b-c", "messageId": "o", "event": "Order Completed"}
    desk.post("/v1/track", bought | {"properties": order}, "maker")
    assert names(desk, VISITOR) == {"viewers": "event", "shoppers": "event"}
    whole = desk.get(f"/v1/profiles/{VISITOR}?include=segments", "maker").json()
    assert [row["live"] for row in whole["segments"]] == [True, True]
    assert "buyers" in names(desk, ADA)
    refusal = {"contact_kind": "email", "channel": "email", "state": "denied"}
    assert desk.post(f"/v1/profiles/{ADA}/consents", refusal, "maker").status_code == 201
    found = desk.get(f"/v1/profiles/{ADA}/segments", "maker").json()
    assert "buyers" not in {row["segment"] for row in found["segments"]}
    assert [(row["segment"], row["left_by"]) for row in found["left"]] == [("buyers", "consent")]
