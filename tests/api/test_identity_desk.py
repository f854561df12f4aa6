"""The steward's desk and the explanations, asked over a real socket."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from cdp.store.state_privacy import Restrictions
from live_server import Live, running
from published import ACME, ADA, APART, BOB, GONE, JOINED, MERGED, NOW, copied


@pytest.fixture
def desk(base: Path, tmp_path: Path) -> Iterator[Live]:
    with running(copied(base, tmp_path)) as server:
        yield server


def test_the_queue_is_listed_by_worth_a_page_at_a_time(desk: Live) -> None:
    first = desk.get("/v1/reviews?limit=1", "steward").json()
    assert [i["item_id"] for i in first["items"]] == [APART]
    assert first["items"][0]["name"] == "Ada Élise Example"
    second = desk.get(f"/v1/reviews?limit=1&cursor={first['next_cursor']}", "steward").json()
    assert [i["item_id"] for i in second["items"]] == [JOINED]
    assert second["next_cursor"] is None
    joined = desk.get("/v1/reviews?direction=joined", "steward").json()["items"]
    assert [i["item_id"] for i in joined] == [JOINED]
    assert desk.get(f"/v1/reviews/{JOINED}", "steward").json()["side_l"] == ["crm:1"]
    assert desk.get("/v1/reviews/R-never", "steward").status_code == 404
    assert desk.get("/v1/reviews?direction=up", "steward").status_code == 400
    assert desk.get("/v1/reviews", "masked").status_code == 403


def test_a_decision_is_made_once_shown_at_once_and_undone(desk: Live) -> None:
    body = {"action": "reject", "item_id": APART, "reason": "father and son", "actor": "Eva"}
    once = {"idempotency-key": "k1"}
    made = desk.ask("POST", "/v1/decisions", "steward", dict(once), body)
    assert (made.status_code, made.headers["location"]) == (201, "/v1/decisions/1")
    assert made.json()["actor"] == "Eva (steward)"
    again = desk.ask("POST", "/v1/decisions", "steward", dict(once), body)
    assert (again.status_code, again.json()) == (200, made.json())
    other = desk.ask("POST", "/v1/decisions", "steward", dict(once), body | {"reason": "x"})
    assert (other.status_code, other.json()["code"]) == (422, "reused_key")
    assert desk.get("/v1/reviews", "steward").json()["items"][0]["item_id"] == JOINED
    decided = desk.get("/v1/reviews?status=decided", "steward").json()["items"]
    assert [(i["item_id"], i["decision_id"]) for i in decided] == [(APART, 1)]
    found = desk.get("/v1/decisions/1", "steward").json()
    assert [(f["record_l"], f["record_r"]) for f in found["facts"]] == [
        ("crm:1", "crm:2"),
        ("crm:2", "shop:ada@example.org"),
    ]
    undone = desk.post("/v1/decisions/1/undo", {"reason": "wrong button"}, "steward")
    assert undone.json()["status"] == "undone"
    assert desk.post("/v1/decisions/1/undo", {"reason": "x"}, "steward").status_code == 404
    assert len(desk.get("/v1/reviews", "steward").json()["items"]) == 2
    assert [d["status"] for d in desk.get("/v1/decisions", "steward").json()["items"]] == ["undone"]
    assert desk.get("/v1/decisions?cursor=eA==", "steward").status_code == 400


def test_what_earlier_decisions_forbid_is_refused_and_says_what_to_undo(desk: Live) -> None:
    reject = {"action": "reject", "refs": [ADA, BOB], "reason": "two persons"}
    assert desk.post("/v1/decisions", reject, "steward").status_code == 201
    merge = {"action": "merge", "refs": ["crm:1", "email:bob@example.net"], "reason": "one"}
    refused = desk.post("/v1/decisions", merge, "steward")
    assert refused.status_code == 409
    assert refused.json()["code"] == "contradiction"
    assert refused.json()["decisions"] == [1]
    assert "two persons" in refused.json()["detail"]
    assert len(desk.get("/v1/decisions", "steward").json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"action": "merge", "refs": ["crm:1", "crm:999"], "reason": "x"}, 404),
        ({"action": "merge", "refs": ["crm:1"], "reason": "x"}, 400),
        ({"action": "merge", "refs": ["crm:1", "crm:1"], "reason": "x"}, 400),
        ({"action": "merge", "refs": [ADA, MERGED], "reason": "x"}, 308),
        ({"action": "confirm", "item_id": "R-never", "reason": "x"}, 404),
        ({"action": "merge", "item_id": APART, "reason": "x"}, 400),
        ({"action": "split", "refs": [ADA], "records": ["crm:2"], "reason": "x"}, 400),
        ({"action": "split", "refs": [BOB], "records": ["crm:2"], "reason": "x"}, 400),
        ({"action": "split", "refs": [ADA], "reason": "x"}, 400),
        ({"action": "confirm", "item_id": APART, "reason": ""}, 400),
        ({"action": "confirm", "item_id": APART, "reason": "  "}, 400),
        ({"action": "shrug", "item_id": APART, "reason": "x"}, 400),
        ({"action": "confirm", "item_id": APART, "reason": "x", "more": 1}, 400),
    ],
)
def test_a_decision_that_cannot_be_kept_is_refused(
    desk: Live, body: dict[str, Any], status: int
) -> None:
    refused = desk.post("/v1/decisions", body, "steward")
    assert refused.status_code == status, refused.text
    assert desk.get("/v1/decisions", "steward").json()["items"] == []


def test_each_decision_is_audited_with_the_profiles_it_is_about(desk: Live) -> None:
    body = {"action": "split", "refs": [ADA], "records": ["crm:1"], "reason": "typo"}
    desk.post("/v1/decisions", body, "steward")
    desk.post("/v1/decisions/1/undo", {"reason": "no typo"}, "steward")
    with State.open(desk.place.home) as state:
        log = AuditLog(state)
        assert ("decision.split", "typo") in [(a.action, a.detail) for a in log.of(ADA)]
        assert [a.action for a in log.of("decision:1")] == ["decision.undo"]


def test_who_may_not_see_personal_data_decides_on_masked_questions(desk: Live) -> None:
    item = desk.get(f"/v1/reviews/{APART}", "blind").json()
    assert item["name"] == "A. É. E."
    assert item["side_l"] == ["crm:1", "shop:a***@example.org"]
    body = {"action": "reject", "item_id": APART, "reason": "Ada called"}
    made = desk.post("/v1/decisions", body, "blind").json()
    assert (made["decision_id"], made["reason"]) == (1, None)


def test_two_are_compared_in_words_and_as_a_picture(desk: Live) -> None:
    path = f"/v1/profiles/{ADA}/explain"
    found = desk.get(f"{path}?with=email:bob@example.net").json()
    assert found["is_one"] is False
    assert found["sentences"][1] == "decided by the model"
    assert found["tie"]["pairs"] == 2
    one = desk.get("/v1/profiles/source:crm:1/explain?with=shop:ada@example.org").json()
    assert one["edges"][0]["weights"][0]["level"] == "exact"
    for asked in (
        desk.get(f"{path}?with={BOB}&format=svg"),
        desk.get(f"{path}?with={BOB}", accept="image/svg+xml"),
    ):
        assert asked.headers["content-type"] == "image/svg+xml"
        assert "match weight -3.0" in asked.text
    masked = desk.get("/v1/profiles/source:crm:1/explain?with=shop:ada@example.org", "masked")
    assert "ada@example.org" not in masked.text
    assert desk.get(f"{path}?format=svg").status_code == 400
    assert desk.get(f"{path}?with={BOB}&format=gif").status_code == 400
    assert desk.get(f"{path}?with=crm:999").status_code == 404
    assert desk.get(f"/v1/accounts/{ADA}/explain?with={BOB}").status_code == 404
    assert desk.get(f"/v1/accounts/{ACME}/explain").status_code == 200


def test_a_profile_says_why_each_record_is_in_it(desk: Live) -> None:
    told = desk.get(f"/v1/profiles/{ADA}/explain").json()["explain"]
    assert [m["record_id"] for m in told["members"]] == ["crm:1", "shop:ada@example.org"]
    assert told["members"][0]["strongest"]["match_weight"] == 12.0
    masked = desk.get(f"/v1/profiles/{ADA}/explain", "masked").json()["explain"]
    assert masked["members"][1]["record_id"] == "shop:a***@example.org"


def test_who_an_id_was_on_a_day(desk: Live) -> None:
    path = f"/v1/profiles/{ADA}/history"
    assert desk.get(f"{path}?on=2025-12-31").json()["status"] == "not_issued"
    now = desk.get(f"{path}?on=2026-07-01").json()
    assert (now["status"], now["then_id"], now["current_id"]) == ("live", ADA, ADA)
    assert desk.get(f"{path}?on=yesterday").status_code == 400
    assert desk.get(f"/v1/profiles/{GONE}/history?on=2026-07-01").status_code == 404
    assert "since" in json.loads(desk.get(f"{path}?on=2026-07-01", "masked").text)


def test_a_restricted_person_closes_no_queue_and_stands_beside_nobody(
    base: Path, tmp_path: Path
) -> None:
    place = copied(base, tmp_path)
    with State.open(place.home) as state:
        Restrictions(state).add(["crm:1"], "q", NOW)
    with running(place) as server:
        listed = server.get("/v1/reviews", "steward")
        assert (listed.status_code, listed.json()["items"]) == (200, [])
        assert server.get(f"/v1/reviews/{APART}", "steward").status_code == 403
        assert len(server.get("/v1/reviews", "admin").json()["items"]) == 2
        for path in (f"{BOB}/possible", f"{BOB}?include=possible"):
            shown = {
                key: server.get(f"/v1/profiles/{path}", key).json()["possible"]
                for key in ("full", "admin")
            }
            assert shown["full"] == []
            assert [other["other_id"] for other in shown["admin"]] == [ADA]
