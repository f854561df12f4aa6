"""Keys, regions, purposes, classes and the audit log, asked over a real socket."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest

from access_world import basic, declare, key_of
from cdp.privacy import keys
from cdp.privacy.keys import Terms
from cdp.settings import Workspace
from cdp.store.audit_check import check
from cdp.store.state import State
from cdp.store.state_audit import Asked, AuditLog
from live_server import PLAIN, Live, running
from oidc_issuer import issuing
from published import ACME, ADA, BOB, NOW, copied


@pytest.fixture(scope="module")
def server(regions_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    place = copied(regions_base, tmp_path_factory.mktemp("access"))
    own = {role: key_of(place, role) for role in ("europe", "america", "europe-all", "marketer")}
    own |= {role: key_of(place, role) for role in ("agent", "phones", "money")}
    own["auditor"] = key_of(place, scopes=("audit:read",))
    own["nobody's region"] = key_of(place, "europe", "america")
    with running(place) as live:
        live.tokens.update(own)
        yield live


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


OF_ADA = [
    f"/v1/profiles/{ADA}",
    "/v1/profiles/email:ada@example.org",
    f"/v1/profiles/{ADA}?include=identifiers,origins",
    *(f"/v1/profiles/{ADA}/{part}" for part in ("timeline", "identifiers", "explain", "history")),
    f"/v1/profiles/{ADA}/explain?with={BOB}",
    f"/v1/profiles/{BOB}/explain?with={ADA}",
    f"/v1/profiles/{ADA}/history?on=2026-07-01",
]


@pytest.mark.parametrize("path", OF_ADA)
def test_whoever_is_of_another_region_is_refused_and_nothing_told(server: Live, path: str) -> None:
    answer = server.get(path, "america")
    assert problem(answer) == (403, "region")
    assert "Ada" not in answer.text
    assert "crm:1" not in answer.text


def test_whoever_has_records_of_two_regions_is_hidden_from_both(server: Live) -> None:
    for role in ("europe", "america", "nobody's region"):
        assert problem(server.get(f"/v1/accounts/{ACME}", role)) == (403, "region")
    assert server.get(f"/v1/accounts/{ACME}").status_code == 200
    assert server.get(f"/v1/profiles/{ADA}", "europe").status_code == 200
    assert problem(server.get(f"/v1/profiles/{ADA}", "nobody's region")) == (403, "region")


def test_lists_leave_out_who_is_hidden(server: Live) -> None:
    found = server.get("/v1/profiles?q=ada", "america").json()["items"]
    assert [p["profile_id"] for p in found] == [BOB]
    members = server.get("/v1/segments/buyers/members", "europe").json()["items"]
    assert [m["profile_id"] for m in members] == [ADA]
    items = server.post("/v1/profiles:batchGet", {"refs": [ADA, BOB]}, "europe").json()["items"]
    codes = [item["problem"]["code"] if item["problem"] else None for item in items]
    assert codes == [None, "region"]
    assert items[1]["profile"] is None
    assert items[1]["ref"] == BOB


def test_documents_do_not_name_who_is_hidden(server: Live) -> None:
    for part in ("relationships", "possible", "explain"):
        path = f"/v1/profiles/{ADA}/{part}"
        for other in (BOB, ACME):
            assert other not in server.get(path, "europe-all").text, part
    whole = server.get(f"/v1/profiles/{ADA}/relationships").json()["relationships"]
    assert {row["other_id"] for row in whole} == {BOB, ACME}


def test_what_does_not_keep_regions_apart_is_refused(server: Live) -> None:
    assert problem(server.get("/v1/reviews", "europe-all")) == (403, "region")


def test_a_moment_before_is_judged_by_the_regions_of_then(server: Live) -> None:
    past = f"/v1/profiles/{ADA}?as_of=2026-07-01T06:00:00Z"
    assert problem(server.get(past, "america")) == (403, "region")
    assert server.get(past, "europe").status_code == 200


def test_a_key_of_purposes_reads_for_them_alone(server: Live) -> None:
    path = f"/v1/profiles/{ADA}"
    refused = server.get(path, "marketer")
    assert problem(refused) == (403, "forbidden")
    assert "X-Purpose" in refused.json()["detail"]
    assert server.get(f"{path}?view=marketing", "marketer").status_code == 200
    assert server.get(path, "marketer", **{"x-purpose": "newsletter"}).status_code == 200
    assert server.get(path, "marketer", **{"x-purpose": "curiosity"}).status_code == 403


@pytest.mark.parametrize("said", ["", "n" * 101, "a\tb"])
def test_a_purpose_that_the_audit_could_not_keep_is_refused_and_not_cut(
    said: str, server: Live
) -> None:
    refused = server.get(f"/v1/profiles/{ADA}", "marketer", **{"x-purpose": said})
    assert problem(refused) == (400, "invalid_request")
    assert refused.json()["errors"][0]["field"] == "X-Purpose"
    assert server.get("/healthz", **{"x-purpose": said}).status_code == 200


def test_a_role_sees_its_classes_and_no_others(server: Live) -> None:
    seen = server.get(f"/v1/profiles/{ADA}", "phones").json()
    assert (seen["email"], seen["full_name"]) == ("ada@example.org", "A. É. E.")
    agent = server.get(f"/v1/profiles/{ADA}?view=service", "agent").json()
    assert agent["full_name"] == "Ada Élise Example"
    assert agent["phone"] == "***78"
    orders = server.get(f"/v1/profiles/{ADA}/timeline", "money").json()["items"]
    plain = server.get(f"/v1/profiles/{ADA}/timeline", "masked").json()["items"]
    amounts = [[e["detail"].get("amount") for e in each] for each in (orders, plain)]
    assert any(amounts[0])
    assert not any(amounts[1])


def test_a_key_comes_as_bearer_or_as_user(server: Live) -> None:
    path, token = "/v1/segments", server.tokens["full"]
    assert server.ask("GET", path, None, {"authorization": basic(token)}).status_code == 200
    for wrong in ("Basic !", "Basic", "Bearer", "", basic(""), f"Basic {token}"):
        assert server.ask("GET", path, None, {"authorization": wrong}).status_code == 401, wrong


def test_tokens_of_an_issuer_work_beside_keys(
    regions_base: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = copied(regions_base, tmp_path)
    with issuing(tmp_path_factory.mktemp("issuer")) as issuer:
        declare(place, issuer.declared())
        with running(place) as live:
            path = f"/v1/profiles/{ADA}?view=service"
            for _ in range(2):
                assert live.get(path, issuer.token(sub="ann")).status_code == 200
            assert live.get(path, "admin").status_code == 200
            assert live.get(path, issuer.token(aud="other")).status_code == 401
    with State.open(place.home) as state:
        callers = [a.key_id for a in AuditLog(state).of(ADA)]
    assert callers.count("oidc:ann") == 2


def test_a_key_is_made_once_told_once_replaced_and_revoked(server: Live) -> None:
    def made(path: str, body: object, once: str) -> httpx.Response:
        return server.ask("POST", path, "admin", {"idempotency-key": once}, body)

    body = {"name": "till", "scopes": ["segments:read"], "expires_at": "2026-08-01T00:00:00Z"}
    first = made("/v1/keys", body, "k-1")
    assert first.status_code == 201
    key_id, token = first.json()["key_id"], first.json()["key"]
    again = made("/v1/keys", body, "k-1")
    assert (again.status_code, again.json()) == (201, first.json() | {"key": None})
    assert made("/v1/keys", body | {"name": "other"}, "k-1").status_code == 422
    new = made(f"/v1/keys/{key_id}:rotate", {"overlap_seconds": 60}, "k-2").json()
    listed = {k["key_id"]: k for k in server.get("/v1/keys", "admin").json()["items"]}
    assert listed[key_id]["state"] == "being replaced"
    assert listed[key_id]["replaced_by"] == new["key_id"]
    assert "key" not in listed[key_id]
    for given in (token, new["key"]):
        # made a moment ago: known at the next look, half a second later at most
        assert _waits_for(server, given, 200)
    gone = server.ask("DELETE", f"/v1/keys/{new['key_id']}", "admin", {})
    assert gone.json()["state"] == "revoked"
    assert _waits_for(server, new["key"], 401)
    assert server.ask("DELETE", f"/v1/keys/{new['key_id']}", "admin", {}).status_code == 404
    assert token not in server.get("/v1/audit", "admin").text


def _waits_for(server: Live, token: str, status: int) -> bool:
    with httpx.Client(base_url=server.url, trust_env=False, verify=PLAIN) as client:
        headers = {"authorization": f"Bearer {token}"}
        return any(
            client.get("/v1/segments", headers=headers).status_code == status for _ in range(2000)
        )


BAD_KEYS: list[dict[str, Any]] = [
    {"name": "x"},
    {"name": "x", "scopes": ["fly"]},
    {"name": "x", "roles": ["no such role"]},
    {"name": " ", "scopes": ["admin"]},
    {"name": "x", "scopes": ["admin"], "expires_at": "2020-01-01T00:00:00Z"},
    {"name": "x", "scopes": ["admin"], "expires_at": "tomorrow"},
    {"name": "x", "scopes": ["admin"], "rate_limit": 0},
]


@pytest.mark.parametrize("body", BAD_KEYS)
def test_a_key_that_makes_no_sense_is_refused(server: Live, body: dict[str, Any]) -> None:
    assert server.post("/v1/keys", body, "admin").status_code == 400


def test_a_change_is_in_the_audit_log_before_it_is_answered(server: Live) -> None:
    body = {"name": "audited", "scopes": ["segments:read"]}
    made = server.ask("POST", "/v1/keys", "admin", {"x-request-id": "r-made"}, body).json()
    with State.open(server.place.home) as state:
        [found] = AuditLog(state).latest(Asked(request_id="r-made"), 9)
    assert (found.access.action, found.access.subject) == ("key.create", f"key:{made['key_id']}")
    assert found.access.key_id == server.tokens["admin"].split("_")[1]


def test_the_audit_log_is_listed_by_what_is_asked_in_pages(server: Live) -> None:
    for number in range(3):
        server.get(f"/v1/profiles/{BOB}", "america", **{"x-request-id": f"bob-{number}"})
    server.get(f"/v1/profiles/{BOB}?view=marketing", "full", **{"x-request-id": "bob-3"})
    america = server.tokens["america"].split("_")[1]

    def asked(query: str) -> list[str]:
        path, seen = f"/v1/audit?subject={BOB}&limit=2&{query}", []
        page = server.get(path, "auditor").json()
        while True:
            seen += [entry["request_id"] for entry in page["items"]]
            if page["next_cursor"] is None:
                return [one for one in seen if one.startswith("bob-")]
            page = server.get(f"{path}&cursor={page['next_cursor']}", "auditor").json()

    assert asked("action=profile.read") == ["bob-3", "bob-2", "bob-1", "bob-0"]
    assert asked(f"key={america}") == ["bob-2", "bob-1", "bob-0"]
    assert asked("request_id=bob-1") == ["bob-1"]
    assert asked("since=2026-07-01T06:00:00Z&until=2026-07-01T06:00:01Z&action=profile.read")
    assert asked("until=2026-07-01T06:00:00Z") == []
    entry = server.get("/v1/audit?request_id=bob-3", "auditor").json()["items"][0]
    assert (entry["purpose"], entry["detail"]) == ("marketing", "")
    for wrong in ("since=soon", "until=2026-13-01", "cursor=eA=="):
        assert server.get(f"/v1/audit?{wrong}", "auditor").status_code == 400
    with State.open(server.place.home) as state:
        assert check(state).problems == ()


def test_a_contact_point_in_the_audit_log_is_masked_without_its_class(server: Live) -> None:
    path = "/v1/quarantine/crm:jane@example.org:repair"
    server.ask("POST", path, "admin", {}, {"why": "x", "drop": True})
    server.get("/v1/audit?subject=news:jane@example.org", "auditor")
    for key, is_shown in (("auditor", False), ("admin", True)):
        text = server.get("/v1/audit?action=audit.read&limit=1000", key).text
        assert ("jane@example.org" in text) == is_shown


def test_what_is_left_of_a_limit_is_told(regions_base: Path, tmp_path: Path) -> None:
    place = copied(regions_base, tmp_path)
    terms = Terms(rate_limit=2)
    slow = keys.create(place.home, "slow", ["segments:read"], at=NOW, terms=terms)[1]
    with running(place) as live, httpx.Client(base_url=live.url, verify=PLAIN) as client:
        headers = {"authorization": f"Bearer {slow}"}
        answers = [client.get("/v1/segments", headers=headers) for _ in range(9)]
        other = live.get("/v1/segments")
    told = [{k: v for k, v in a.headers.items() if k.startswith("ratelimit")} for a in answers]
    assert {t["ratelimit-limit"] for t in told} == {"2"}
    assert told[0] == {
        "ratelimit-limit": "2",
        "ratelimit-remaining": "1",
        "ratelimit-reset": "1",
    }
    limited = next(a for a in answers if a.status_code == 429)
    assert limited.headers["ratelimit-remaining"] == "0"
    assert limited.headers["retry-after"] == "1"
    assert other.headers["ratelimit-limit"] == "100000"


def test_a_long_answer_is_packed_for_who_takes_it(server: Live) -> None:
    path = f"/v1/profiles/{ADA}?include=timeline,identifiers,origins,explain,consents"
    plain = server.get(path, **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "accept-encoding" in plain.headers["vary"]
    for wanted, is_packed in (
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("br", False),
    ):
        packed = server.get(path, **{"accept-encoding": wanted})
        assert (packed.headers.get("content-encoding") == "gzip") == is_packed, wanted
        assert packed.content == plain.content
    weak = server.get(path, **{"accept-encoding": "gzip"}).headers["etag"]
    assert weak == f"W/{plain.headers['etag']}"
    assert server.get(path, **{"if-none-match": weak}).status_code == 304
    short = server.get("/healthz", None, **{"accept-encoding": "gzip"})
    assert "content-encoding" not in short.headers


def test_every_read_has_a_tag_and_every_answer_an_id(server: Live) -> None:
    for path in (f"/v1/profiles/{ADA}", "/v1/segments", "/v1/keys", "/healthz", "/v1/runs"):
        first = server.get(path, "admin")
        assert server.get(path, "admin", **{"if-none-match": first.headers["etag"]}).content == b""
    for path in ("/metrics", "/nowhere", "/v1/profiles/none", "/v1/segments/none/members"):
        assert server.get(path, "admin").headers["x-request-id"]
    batch = server.ask(
        "POST", "/v1/profiles:batchGet", "full", {"if-none-match": "*"}, {"refs": [ADA]}
    )
    assert batch.status_code == 200


def test_a_packed_body_is_unpacked_and_a_bomb_is_not(server: Live) -> None:
    def sent(body: bytes, encoding: str = "gzip") -> httpx.Response:
        return server.ask(
            "POST", "/v1/profiles:batchGet", "full", {"content-encoding": encoding}, body
        )

    good = gzip.compress(json.dumps({"refs": [ADA]}).encode())
    assert sent(good).json()["items"][0]["ref"] == ADA
    assert sent(good, "br").status_code == 415
    for broken in (good[:-9], good + b"x", b"no gzip"):
        assert problem(sent(broken)) == (400, "invalid_request")
    assert sent(gzip.compress(b" " * (2 << 20))).status_code == 413


@pytest.mark.long
def test_a_revoked_key_is_refused_by_every_worker_within_a_second(
    regions_base: Path, tmp_path: Path
) -> None:
    place = copied(regions_base, tmp_path)
    made, token = keys.create(place.home, "x", ["segments:read"], at=NOW)
    with _two_workers(place) as url:
        seen: set[str] = set()
        while len(seen) < 2:
            assert _asked(url, "/v1/segments", token).status_code == 200
            seen |= set(re.findall(r'pid="(\d+)"', _asked(url, "/metrics", token).text))
        keys.revoke(place.home, made.key_id, at=NOW)
        ends = monotonic() + 1
        while monotonic() < ends:
            _asked(url, "/v1/segments", token)
        assert {_asked(url, "/v1/segments", token).status_code for _ in range(60)} == {401}


@contextmanager
def _two_workers(place: Workspace) -> Iterator[str]:
    command = [sys.executable, "-m", "cdp", "serve", "--port", "0", "--workers", "2"]
    process = subprocess.Popen(
        [*command, "--workspace", str(place.root)], stderr=subprocess.PIPE, text=True
    )
    try:
        told = process.stderr.readline() if process.stderr else ""
        found = re.search(r"http://[\d.:]+", told)
        assert found is not None, told
        yield found[0]
    finally:
        process.terminate()
        process.communicate()


def _asked(url: str, path: str, token: str) -> httpx.Response:
    """Ask over a connection of its own, which either worker may take."""
    headers = {"authorization": f"Bearer {token}", "connection": "close"}
    return httpx.get(f"{url}{path}", headers=headers, trust_env=False, verify=PLAIN, timeout=60)
