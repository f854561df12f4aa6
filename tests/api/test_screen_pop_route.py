"""Screen pop, dismissals and fact sheets over a real socket."""

from pathlib import Path

import httpx
import pytest

from cdp.privacy import keys
from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from cdp.store.state_privacy import Restrictions
from live_server import Live, running
from published import ADA, APART, BOB, NOW, VISITOR, copied

SAID = "/v1/screen-pop/dismissals"
POP = "/v1/screen-pop?phone=0170%2012345678"


def test_a_caller_is_found_and_opened(live: Live) -> None:
    found = live.get(f"{POP}&view=marketing").json()
    assert found["phone"] == "+4917012345678"
    assert [(c["rank"], c["id"], c["certainty"]) for c in found["candidates"]] == [
        (1, ADA, "owner"),
        (2, BOB, "possible"),
    ]
    assert found["candidates"][0]["profile"]["full_name"] == "Ada Élise Example"
    assert found["opened"]["profile_id"] == ADA
    assert found["opened"]["view"]["name"] == "marketing"


def test_masked_a_caller_is_found_without_personal_data(live: Live) -> None:
    answer = live.get(f"{POP}&view=marketing", "masked")
    assert answer.json()["phone"] == "***78"
    assert answer.json()["candidates"][0]["profile"]["full_name"] == "A. É. E."
    for told in ("Example", "12345678", "Adamson"):
        assert told not in answer.text


ASKED = [
    ("?phone=anonymous", 200),
    ("?phone=%2B15550001111", 200),
    ("?phone=201", 200),
    ("?phone=%2B999123456789", 200),
    ("", 400),
    ("?phone=", 400),
    ("?phone=abc", 400),
    ("?phone=ada@example.org", 400),
    (f"?phone={'1' * 61}", 400),
    ("?phone=1234567&limit=0", 400),
    ("?phone=1234567&limit=x", 400),
    ("?phone=1234567&view=shoes", 400),
]


@pytest.mark.parametrize(("query", "status"), ASKED)
def test_whatever_is_asked_is_answered(live: Live, query: str, status: int) -> None:
    answer = live.get(f"/v1/screen-pop{query}", "admin")
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["candidates"] == []
        assert answer.json()["opened"] is None
    else:
        assert answer.json()["errors"][0]["message"]


def test_the_scope_of_the_view_is_needed(live: Live) -> None:
    assert live.get(POP, "full").status_code == 403
    assert live.get(POP, "agent").status_code == 200
    assert live.get(f"{POP}&view=marketing", "agent").status_code == 403
    body = {"phone": "+4917012345678", "id": ADA}
    assert live.post(SAID, body, "agent").status_code == 403


def test_who_was_dismissed_stands_last_until_that_is_taken_back(base: Path, tmp_path: Path) -> None:
    place = copied(base, tmp_path)
    scopes = ("view:service", "calls:write", "pii:read")
    agent = keys.create(place.home, "desk", scopes, at=NOW)[1]
    with running(place) as live:
        body = {"phone": "tel:+49-170-12345678", "id": ADA, "call_id": "c-7", "actor": "Ann"}
        once = {"idempotency-key": "seven"}
        made = live.ask("POST", SAID, agent, once, body)
        again = live.ask("POST", SAID, agent, once, body)
        assert (made.status_code, again.status_code) == (201, 200)
        assert made.json() == again.json()
        assert made.json()["actor"] == "Ann (desk)"
        assert made.headers["location"] == f"{SAID}/1"
        found = live.get(POP, agent).json()
        assert [(c["id"], c["dismissed"]) for c in found["candidates"]] == [(BOB, 0), (ADA, 1)]
        assert found["opened"] is None
        assert live.get(f"{SAID}/1", "steward").json()["id"] == ADA
        listed = live.get(SAID, "blind").json()["items"]
        assert [(d["phone"], d["reason"]) for d in listed] == [("***78", "not the caller")]
        item = live.get(f"/v1/reviews/{APART}", "steward").json()
        assert item["dismissed"] == [{"id": ADA, "times": 1, "numbers": 1}]
        undone = live.post(f"{SAID}/1/undo", {"reason": "wrong button"}, agent)
        assert undone.json()["undone_at"] is not None
        assert [c["id"] for c in live.get(POP, agent).json()["candidates"]] == [ADA, BOB]
        assert live.get("/v1/decisions", "steward").json()["items"] == []
    with State.open(place.home) as state:
        noted = {one: [a.action for a in AuditLog(state).of(one)] for one in (ADA, BOB)}
    assert {"dismissal.add", "dismissal.read", "dismissal.undo", "screen_pop.read"} <= set(
        noted[ADA]
    )
    assert "screen_pop.read" in noted[BOB]


LENIENT = """
description: An agent on the phone.
purpose: service
fields: [full_name]
include: [possible]
blocks: []
cut: lenient
"""


def test_of_who_is_restricted_no_view_shows_anything_beside_another(
    base: Path, tmp_path: Path
) -> None:
    place = copied(base, tmp_path)
    (place.root / "scenarios" / "desk.yaml").write_text(LENIENT, encoding="utf-8")

    def shown(live: Live, key: str) -> list[str]:
        found = live.get(f"/v1/profiles/{BOB}?view=desk", key).json()
        return [one["name"] for one in found["possible"]]

    def notes(live: Live) -> bool:
        page = live.get(f"/v1/profiles/{BOB}/fact-sheet?view=desk", "full")
        return "Ada Élise" in page.text

    with running(place) as live:
        assert (shown(live, "full"), notes(live)) == (["Ada Élise Example"], True)
    with State.open(place.home) as state:
        Restrictions(state).add(["crm:1"], "q", NOW)
    with running(place) as live:
        assert (shown(live, "full"), notes(live)) == ([], False)
        assert shown(live, "admin") == ["Ada Élise Example"]


WRONG: list[tuple[str, object, int]] = [
    (SAID, {"phone": "withheld", "id": ADA}, 400),
    (SAID, {"phone": "+4917012345678"}, 400),
    (SAID, {"phone": "+4917012345678", "id": "P-never"}, 404),
    (SAID, {"phone": "+4917012345678", "id": "P-gone"}, 410),
    (f"{SAID}/9/undo", {"reason": "x"}, 404),
    (f"{SAID}/x/undo", {"reason": "x"}, 404),
]


@pytest.mark.parametrize(("path", "body", "status"), WRONG)
def test_what_cannot_be_said_is_refused(live: Live, path: str, body: object, status: int) -> None:
    assert live.post(path, body, "admin").status_code == status


def sheet(live: Live, path: str, key: str = "full") -> httpx.Response:
    return live.get(f"{path}/fact-sheet", key)


def test_a_fact_sheet_is_a_page_that_may_load_nothing(live: Live) -> None:
    page = sheet(live, f"/v1/profiles/{ADA}")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<h1>Ada Élise Example</h1>" in page.text
    assert sheet(live, "/v1/accounts/A-acme").status_code == 200
    assert sheet(live, f"/v1/profiles/{VISITOR}").status_code == 200
    assert sheet(live, "/v1/profiles/P-never").status_code == 404


def test_masked_a_fact_sheet_holds_no_personal_data(live: Live) -> None:
    page = sheet(live, f"/v1/profiles/{ADA}", "masked").text
    assert "Personal data is masked" in page
    for told in ("Example", "12345678", "ada@", "Long Road", "Call Ada back"):
        assert told not in page


def test_a_fact_sheet_needs_the_scope_of_its_view(live: Live) -> None:
    path = f"/v1/profiles/{ADA}/fact-sheet"
    assert live.get(f"{path}?view=service", "agent").status_code == 200
    assert live.get(path, "agent").status_code == 403
    assert live.get(f"{path}?view=shoes").status_code == 400
