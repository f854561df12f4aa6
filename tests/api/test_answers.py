"""What each endpoint answers, asked over a real socket."""

import json
from pathlib import Path
from typing import Any

import pytest

from builders import workspace
from cdp.privacy import keys
from cdp.store.state import State
from cdp.store.state_audit import AuditLog
from live_server import Live, running
from published import ACME, ADA, BOB, GONE, MERGED, NOW, copied

REFS = [
    (ADA, 200),
    ("email:ADA@example.org", 200),
    ("phone:0170 12345678", 200),
    ("phone:+4917012345678", 200),
    ("source:crm:1", 200),
    ("anonymous:a-b-c", 200),
    ("loyalty:" + "L" * 500, 200),
    ("loyalty:" + "L" * 499, 404),
    ("email:family@example.org", 409),
    (MERGED, 308),
    (GONE, 410),
    ("P-never", 404),
    ("phone:abc", 404),
    ("email:", 400),
    ("shoe:42", 400),
    ("nonsense", 400),
]


@pytest.mark.parametrize(("ref", "status"), REFS)
def test_a_reference_is_answered(live: Live, ref: str, status: int) -> None:
    answer = live.get(f"/v1/profiles/{ref}")
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["profile_id"].startswith("P-")
    else:
        problem = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem["status"] == status
        assert problem["request_id"] == answer.headers["x-request-id"]


def test_a_merged_id_leads_to_its_survivor_with_path_and_query(live: Live) -> None:
    answer = live.get(f"/v1/profiles/{MERGED}/timeline?limit=2")
    assert answer.headers["location"] == f"/v1/profiles/{ADA}/timeline?limit=2"
    assert live.get(answer.headers["location"]).status_code == 200


def test_an_ambiguous_identifier_names_its_owners(live: Live) -> None:
    assert live.get("/v1/profiles/email:family@example.org").json()["candidates"] == [ADA, BOB]


PARTS = (
    "identifiers sources origins consents scores segments relationships possible explain history"
)


@pytest.mark.parametrize("part", PARTS.split())
@pytest.mark.parametrize("key", ["full", "masked"])
def test_a_part_is_answered_with_the_id(live: Live, part: str, key: str) -> None:
    for entity, ref in (("profile", ADA), ("account", ACME)):
        answer = live.get(f"/v1/{entity}s/{ref}/{part}", key)
        assert answer.status_code == 200
        assert answer.json()[f"{entity}_id"] == ref
        assert part in answer.json()


def test_who_is_perhaps_the_same_is_hinted_at(live: Live) -> None:
    found = live.get(f"/v1/profiles/{ADA}/possible").json()
    assert found == {"profile_id": ADA, "possible": [{"other_id": BOB}]}
    hint = live.get(f"/v1/profiles/{BOB}?include=possible").json()
    assert hint["possible"] == [{"other_id": ADA}]


def test_the_parts_say_where_values_and_joins_come_from(live: Live) -> None:
    origins = live.get(f"/v1/profiles/{ADA}/origins").json()["origins"]
    assert [o["attribute"] for o in origins] == ["address", "given_name"]
    assert origins[1]["losers"][0]["value"] == "Adda"
    explained = live.get(f"/v1/profiles/{ADA}/explain").json()["explain"]
    assert explained["records"] == ["crm:1", "shop:ada@example.org"]
    assert explained["joined_by"][0]["weights"][0]["comparison"] == "email"
    assert explained["kept_apart"][0]["other_id"] == BOB


def test_the_timeline_comes_newest_first_in_pages_that_leave_nothing_out(live: Live) -> None:
    path, seen = f"/v1/profiles/{ADA}/timeline?limit=2", []
    page = live.get(path).json()
    while True:
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        page = live.get(f"{path}&cursor={page['next_cursor']}").json()
    assert len(seen) == 7
    assert [e["at"] for e in seen] == sorted((e["at"] for e in seen), reverse=True)
    assert len({e["id"] for e in seen}) == 7


def test_a_scenario_gets_its_slice_and_nothing_more(live: Live) -> None:
    seen = live.get(f"/v1/profiles/{ADA}?view=service", "agent").json()
    fields = ["profile_id", "full_name", "phone", "account_id"]
    assert list(seen) == [*fields, "timeline", "identifiers", "scores", "account", "view"]
    assert {e["kind"] for e in seen["timeline"]} == {"order", "ticket"}
    assert [s["score"] for s in seen["scores"]] == ["engagement"]
    marketing = live.get(f"/v1/profiles/{ADA}?view=marketing").json()
    assert [s["segment"] for s in marketing["segments"]] == ["buyers"]


def test_an_unknown_view_or_part_names_the_known(live: Live) -> None:
    unknown = live.get(f"/v1/profiles/{ADA}?view=shoes")
    assert (unknown.status_code, unknown.json()["code"]) == (400, "unknown_name")
    assert "marketing, service" in unknown.json()["detail"]
    part = live.get(f"/v1/profiles/{ADA}?include=shoes")
    assert part.status_code == 400
    assert part.json()["errors"][0]["field"] == "include"


def test_included_parts_stand_beside_the_fields(live: Live) -> None:
    seen = live.get(f"/v1/profiles/{ADA}?include=identifiers,timeline,explain").json()
    assert len(seen["identifiers"]) == 7
    assert len(seen["timeline"]) == 7
    assert seen["full_name"] == "Ada Élise Example"


SECRETS = ["Example", "Élise", "ada@", "family@", "12345678", "Long Road", "1980-02", "AB-12"]
SECRETS += ["Adda", "10.1.2.3", "Call Ada", "vip"]
AMOUNTS = ["990.5", "4711", "815 EUR", "4242", "5353"]


def test_without_the_scope_no_personal_data_is_shown_anywhere(live: Live) -> None:
    every = ",".join([*PARTS.split(), "timeline"])
    paths = [f"/v1/profiles/{ADA}?include={every}", f"/v1/profiles/{ADA}?view=service"]
    paths += [f"/v1/profiles/{ADA}/{part}" for part in every.split(",")]
    paths += ["/v1/profiles?q=ada"]
    texts = [live.get(path, "masked").text for path in paths]
    texts.append(live.post("/v1/profiles:batchGet", {"refs": [ADA]}, "masked").text)
    for text in texts:
        assert [s for s in SECRETS + AMOUNTS if s in text] == []
    seen = live.get(f"/v1/profiles/{ADA}?include={every}").text
    assert [amount for amount in AMOUNTS if amount not in seen] == []
    assert live.get(f"/v1/profiles/{ADA}", "masked").json()["email"] == "a***@example.org"


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        (f"/v1/profiles/{ADA}", None, 401),
        (f"/v1/profiles/{ADA}", "cdp_000000000000_wrong", 401),
        (f"/v1/profiles/{ADA}", "agent", 403),
        (f"/v1/profiles/{ADA}?view=service", "agent", 200),
        (f"/v1/profiles/{ADA}?view=service", "full", 403),
        (f"/v1/profiles/{ADA}?view=service", "admin", 200),
        ("/v1/segments", "masked", 403),
        ("/v1/runs", "masked", 403),
        ("/v1/profiles?q=ada", "agent", 403),
        ("/healthz", None, 200),
        ("/readyz", None, 200),
        ("/metrics", None, 200),
        ("/openapi.json", None, 200),
        ("/nowhere", None, 404),
    ],
)
def test_a_key_may_do_what_its_scopes_say(
    live: Live, path: str, key: str | None, status: int
) -> None:
    answer = live.get(path, key)
    assert answer.status_code == status
    if status == 401:
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_known_etag_saves_the_body_and_the_ids_of_requests_are_kept(live: Live) -> None:
    first = live.get(f"/v1/profiles/{ADA}", **{"x-request-id": "mine-1"})
    assert first.headers["x-request-id"] == "mine-1"
    again = live.get(f"/v1/profiles/{ADA}", **{"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = live.get(f"/v1/profiles/{ADA}", **{"x-request-id": "no good id"})
    assert other.headers["x-request-id"] != "no good id"


SEARCHES = [
    ("ada", [ADA, BOB]),
    ("elise exam", [ADA]),
    ("ÉLISE", [ADA]),
    ("bob@exa", [BOB]),
    ("example ada", [ADA]),
    ("ada zzz", []),
    ("zzz", []),
]


@pytest.mark.parametrize(("words", "expected"), SEARCHES)
def test_a_search_finds_beginnings_of_words(live: Live, words: str, expected: list[str]) -> None:
    found = live.get(f"/v1/profiles?q={words}").json()["items"]
    assert sorted(p["profile_id"] for p in found) == expected


def test_a_search_comes_in_pages_without_repeating_anybody(live: Live) -> None:
    first = live.get("/v1/profiles?q=a&limit=1").json()
    second = live.get(f"/v1/profiles?q=a&limit=1&cursor={first['next_cursor']}").json()
    ids = [p["profile_id"] for p in first["items"] + second["items"]]
    assert sorted(ids) == [ADA, BOB]
    assert live.get("/v1/accounts?q=acme").json()["items"][0]["account_id"] == ACME


def test_many_references_are_answered_one_by_one(live: Live) -> None:
    refs = [ADA, MERGED, "email:family@example.org", "P-never", "email:bob@example.net", "no"]
    items = live.post("/v1/profiles:batchGet", {"refs": refs}).json()["items"]
    assert [item["ref"] for item in items] == refs
    codes = [item["problem"]["code"] if item["problem"] else None for item in items]
    assert codes == [None, "merged", "ambiguous", "not_found", None, "invalid_request"]
    assert items[1]["problem"]["survivor"] == ADA
    view = live.post("/v1/profiles:batchGet", {"refs": [ADA], "view": "service"}, "agent").json()
    assert list(view["items"][0]["profile"])[:3] == ["profile_id", "full_name", "phone"]


def test_many_organisations_are_answered_one_by_one(live: Live) -> None:
    refs = [ACME, ADA, "email:info@acme.example", "A-never"]
    items = live.post("/v1/accounts:batchGet", {"refs": refs, "include": ["sources"]}).json()[
        "items"
    ]
    assert [item["account"] and item["account"]["account_id"] for item in items] == [
        *(ACME, None, ACME, None),
    ]
    assert items[0]["account"]["sources"] == []
    codes = [item["problem"] and item["problem"]["code"] for item in items]
    assert codes == [None, "not_found", None, "not_found"]
    assert live.get(f"/v1/accounts/{ADA}").json()["code"] == "not_found"


BODIES: list[tuple[object, str]] = [
    *(({}, "body"), ({"refs": []}, "refs"), ({"refs": "P"}, "refs"), ({"refs": [1]}, "refs[0]")),
    *(({"refs": ["a"], "x": 1}, "body"), (b"{", "body"), (b"\xff", "body")),
]


@pytest.mark.parametrize(("body", "field"), BODIES)
def test_a_body_that_does_not_validate_is_a_clear_error(
    live: Live, body: object, field: str
) -> None:
    answer = live.post("/v1/profiles:batchGet", body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


def test_a_body_without_end_is_refused(live: Live) -> None:
    answer = live.post("/v1/profiles:batchGet", b'{"refs": ["' + b"x" * (2 << 20) + b'"]}')
    assert answer.status_code == 413


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1001", "cursor=%20", "cursor=$"])
def test_a_bad_page_is_a_clear_error(live: Live, query: str) -> None:
    answer = live.get(f"/v1/profiles/{ADA}/timeline?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == query.split("=", maxsplit=1)[0]


def test_segments_have_members_in_pages(live: Live) -> None:
    assert live.get("/v1/segments").json()["items"] == [
        {"segment": "buyers", "members": 2},
        {"segment": "lapsed", "members": 1},
    ]
    first = live.get("/v1/segments/buyers/members?limit=1").json()
    rest = live.get(f"/v1/segments/buyers/members?cursor={first['next_cursor']}").json()
    assert [m["profile_id"] for m in first["items"] + rest["items"]] == [ADA, BOB]
    assert live.get("/v1/segments/none/members").status_code == 404


def test_runs_health_and_counters_are_told(live: Live) -> None:
    assert live.get("/v1/runs?limit=1").json() == {"items": [], "next_cursor": None}
    assert live.get("/healthz").json() == {"status": "ok"}
    assert live.get("/readyz").json()["generation"] == 1
    text = live.get("/metrics").text
    assert 'route="/v1/runs",status="200"' in text
    assert "cdp_http_request_seconds_bucket" in text


def test_a_key_that_asks_too_often_is_told_when_to_come_back(base: Path, tmp_path: Path) -> None:
    with running(copied(base, tmp_path), rate_limit=1) as slow:
        answers = [slow.get(f"/v1/profiles/{ADA}") for _ in range(20)]
    limited = next(a for a in answers if a.status_code == 429)
    assert int(limited.headers["retry-after"]) >= 1
    assert answers[0].status_code == 200


def test_a_workspace_without_a_generation_is_alive_but_not_ready(tmp_path: Path) -> None:
    with running(workspace(tmp_path)) as empty:
        assert empty.get("/healthz").status_code == 200
        not_ready = empty.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["code"]) == (503, "not_ready")
        assert empty.get(f"/v1/profiles/{ADA}").status_code == 503
        assert "cdp_generation" in empty.get("/metrics").text


def test_every_access_is_in_the_audit_log_when_the_server_has_stopped(
    base: Path, tmp_path: Path
) -> None:
    place = copied(base, tmp_path)
    with running(place) as server:
        for _ in range(3):
            server.get(f"/v1/profiles/{ADA}")
        server.get(f"/v1/profiles/{ADA}?view=marketing", "masked")
        server.get("/v1/profiles/P-never")
    with State.open(place.home) as state:
        found = [(a.action, a.purpose, a.detail) for a in AuditLog(state).of(ADA)]
    plain = ("profile.read", "", "")
    assert found == [plain, plain, plain, ("profile.read", "marketing", "masked")]


def test_a_revoked_key_is_refused_within_a_second(base: Path, tmp_path: Path) -> None:
    place = copied(base, tmp_path)
    with running(place) as server:
        assert server.get("/v1/segments").status_code == 200
        key_id = server.tokens["full"].split("_")[1]
        keys.revoke(place.home, key_id, at=NOW)
        assert any(server.get("/v1/segments").status_code == 401 for _ in range(2000))


def test_the_document_describes_every_route(live: Live) -> None:
    document: dict[str, Any] = json.loads(live.get("/openapi.json").text)
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert "200" in operation["responses"]
