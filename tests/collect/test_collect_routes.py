"""What is sent in over HTTP: taken, refused by item, kept with its reason, and never kept twice."""

import base64
import gzip
import hashlib
import hmac
import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from cdp.api import arriving
from cdp.collect import rows, spec
from cdp.privacy import keys
from cdp.store.eventlog_entry import Entry
from cdp.store.eventlog_reading import tail
from live_server import PLAIN, running
from published import NOW, copied

SECRET = "s3cret-of-the-shop"  # noqa: S105 - of this test
TRACK = {"type": "track", "event": "Product Viewed", "userId": "u-1", "messageId": "m-1"}
SOURCES: dict[str, Any] = {
    "web": {"type": "events"},
    "app": {"type": "events", "options": {"keys": ["the app"]}},
    "till": {
        "type": "import",
        "options": {"objects": {"customers": {"id": "no", "changed_at": "at", "deleted": "gone"}}},
    },
    "desk": {"type": "import", "options": {"objects": {"calls": {"id": "no"}, "visits": {}}}},
    "shop": {
        "type": "webhook",
        "options": {
            "signature": {"header": "X-Hmac", "encoding": "base64"},
            "secrets": [{"env": "SHOP_NEW_SECRET"}, {"env": "SHOP_SECRET"}],
            "topic": {"header": "X-Topic"},
            "objects": {
                "orders": {
                    "topics": ["orders/create"],
                    "gone": ["orders/delete"],
                    "payload": "data.order",
                    "id": "id",
                    "changed_at": "updated_at",
                }
            },
        },
    },
}


@dataclass(frozen=True)
class Door:
    """A running server, and the keys that may send."""

    url: str
    home: Path
    tokens: dict[str, str]

    def post(self, path: str, body: object, key: str | None = "web", **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"authorization": f"Bearer {self.tokens[key]}"} if key else {}
        with httpx.Client(base_url=self.url, trust_env=False, verify=PLAIN, timeout=60) as client:
            return client.post(path, content=content, headers=given | headers)

    def kept(self, request_id: str) -> list[Entry]:
        return [entry for _, entry in tail(self.home) if entry.request_id == request_id]


@pytest.fixture(scope="module")
def door(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    place = copied(base, tmp_path_factory.mktemp("door"))
    for name, declared in SOURCES.items():
        path = place.root / "sources" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(declared))
    wanted = {"web": "the site", "app": "the app"}
    tokens = {
        name: keys.create(place.home, given, ["events:write"], at=NOW)[1]
        for name, given in wanted.items()
    }
    tokens["reader"] = keys.create(place.home, "reader", ["profiles:read"], at=NOW)[1]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SHOP_SECRET", SECRET)
        patched.setenv("SHOP_NEW_SECRET", "another")
        with running(place) as live:
            yield Door(live.url, place.home, tokens)


def test_a_batch_is_kept_whole_and_what_is_wrong_in_it_with_its_reason(door: Door) -> None:
    wrong = {"type": "track", "userId": "u-1"}
    body = {"batch": [TRACK, wrong, 5, TRACK | {"messageId": "m-2"}], "sentAt": NOW.isoformat()}
    answer = door.post("/v1/batch", body, **{"x-request-id": "mixed"})
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] == "mixed"
    said = answer.json()
    assert (said["success"], said["accepted"]) == (True, 2)
    assert [(each["index"], each["code"]) for each in said["refused"]] == [
        (1, "missing_event"),
        (2, "not_an_object"),
    ]
    kept = door.kept("mixed")
    assert [(each.kind, each.index) for each in kept] == [
        ("event", 0),
        ("refused", 1),
        ("refused", 2),
        ("event", 3),
    ]
    assert {each.source for each in kept} == {"web"}
    assert json.loads(json.loads(bytes(kept[1].payload))) == wrong


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("kind", spec.TYPES)
def test_each_call_of_the_spec_has_its_path(door: Door, kind: str, slash: str) -> None:
    body = {"userId": "u", "event": "e", "groupId": "g", "previousId": "p", "odd": [1]}
    name = f"{kind}{len(slash)}"
    answer = door.post(f"/v1/{kind}{slash}", body, "app", **{"x-request-id": name})
    assert answer.json() == {"success": True, "accepted": 1, "refused": []}
    (entry,) = door.kept(name)
    assert (entry.type, entry.source) == (kind, "app")
    assert spec.document(entry)["odd"] == [1]


@pytest.mark.parametrize("field", ["name", "category", "integrations", "context", "userId"])
def test_a_field_of_the_wrong_kind_is_refused_and_kept_with_its_reason(
    door: Door, field: str
) -> None:
    answer = door.post(
        "/v1/page", {"anonymousId": "a"} | {field: [None]}, **{"x-request-id": field}
    )
    assert answer.status_code == 400
    (entry,) = door.kept(field)
    assert entry.kind == "refused"
    assert (entry.reason, field in entry.message) == ("invalid_field", True)


def test_a_batch_whose_key_is_no_text_is_refused(door: Door) -> None:
    answer = door.post("/v1/batch", {"batch": [TRACK], "writeKey": 7}, **{"x-request-id": "seven"})
    assert answer.status_code == 400
    assert not door.kept("seven")


def test_keys_are_taken_as_sdks_send_them(door: Door) -> None:
    token = door.tokens["web"]
    basic = base64.b64encode(f"{token}:".encode()).decode()
    packed = gzip.compress(json.dumps({"batch": [TRACK]}).encode())
    headers = {"authorization": f"Basic {basic}", "content-encoding": "gzip"}
    assert door.post("/v1/batch", packed, None, **headers).status_code == 200
    held = {"writeKey": token, "batch": [TRACK | {"writeKey": token}]}
    assert door.post("/v1/batch", held, None, **{"x-request-id": "held"}).status_code == 200
    assert all(token.encode() not in bytes(entry.payload) for entry in door.kept("held"))
    assert door.post("/v1/track", TRACK | {"writeKey": token}, None).status_code == 200
    assert door.post("/v1/batch", {"batch": [TRACK]}, None).status_code == 401
    assert door.post("/v1/batch", {"batch": [TRACK]}, "reader").status_code == 403


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/v1/batch", b"{", 400, "no batch"),
        ("/v1/batch", [], 400, "no batch"),
        ("/v1/batch", {"batch": 1}, 400, "no batch"),
        ("/v1/batch", {"batch": [{}] * (spec.MOST_EVENTS + 1)}, 400, "2,500"),
        ("/v1/batch", {"batch": [{}, {}]}, 400, "type is one of"),
        ("/v1/batch", {"batch": ["x" * spec.LARGEST_BATCH]}, 413, "512,000"),
        ("/v1/track", {"userId": "u"}, 400, "track needs event"),
        ("/v1/track", TRACK | {"x": "x" * spec.LARGEST_EVENT}, 400, "32,768"),
        ("/v1/track", TRACK | {"userId": {"a": 1}}, 400, "userId"),
        ("/v1/track", TRACK | {"userId": "x" * 257}, 400, "256"),
        ("/v1/track", TRACK | {"userId": " "}, 400, "userId or anonymousId"),
        ("/v1/track", TRACK | {"properties": [1]}, 400, "properties"),
        ("/v1/alias", {"userId": "u"}, 400, "previousId"),
        ("/v1/alias", {"previousId": "u"}, 400, "userId"),
        ("/v1/group", {"userId": "u"}, 400, "groupId"),
        ("/v1/page", b"\xff", 400, "JSON"),
        ("/v1/import/nobody", [], 404, "till"),
        ("/v1/import/web", [], 404, "till"),
        ("/v1/import/desk", [], 400, "calls, visits"),
        ("/v1/import/till?object=orders", [], 400, "customers"),
        ("/v1/import/till", b"{}", 400, "rows"),
        ("/v1/import/till", [{}] * (rows.MOST_ROWS + 1), 400, "10,000"),
        ("/v1/import/till", [{"no": None}], 400, "key"),
        ("/v1/webhooks/nobody", {}, 404, "shop"),
    ],
)
def test_what_cannot_be_taken_is_a_problem(
    door: Door, path: str, body: object, status: int, said: str
) -> None:
    answer = door.post(path, body)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in problem["detail"]


def test_rows_are_kept_with_their_key_and_once_under_one_idempotency_key(door: Door) -> None:
    body = [{"no": 7, "at": "2026-06-01T10:00:00+02:00"}, {"no": 8, "gone": True}, {"at": 1}, 5]
    headers = {"x-request-id": "rows", "idempotency-key": "k-1"}
    answer = door.post("/v1/import/till", body, **headers)
    assert answer.json()["accepted"] == 2
    assert [each["code"] for each in answer.json()["refused"]] == ["missing_id", "not_an_object"]
    again = door.post("/v1/import/till", body, **headers)
    assert again.json() == answer.json()
    kept = door.kept("rows")
    assert [(each.id, each.changed_at, each.is_deleted) for each in kept[:2]] == [
        ("7", "2026-06-01T08:00:00.000000Z", False),
        ("8", None, True),
    ]
    assert len(kept) == 4
    other = door.post("/v1/import/till", [{"no": 9}], **headers)
    assert (other.status_code, other.json()["code"]) == (422, "reused_key")


def test_lines_and_objects_are_read_as_rows(door: Door) -> None:
    lines = b'{"no": 1}\n\n{"no": 2}\r\nbroken\n'
    headers = {"content-type": "application/x-ndjson; charset=utf-8", "x-request-id": "lines"}
    answer = door.post("/v1/import/desk?object=calls", lines, **headers)
    assert (answer.json()["accepted"], answer.json()["refused"][0]["code"]) == (2, "broken_json")
    held = {"x-request-id": "held-rows"}
    assert door.post("/v1/import/desk?object=visits", {"rows": [{"a": 1}]}, **held).is_success
    assert [(each.object, len(each.id)) for each in door.kept("held-rows")] == [("visits", 32)]


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()


def test_a_signed_message_is_kept_as_rows_of_its_object(door: Door) -> None:
    body = json.dumps({"data": {"order": [{"id": 1, "updated_at": 1_780_000_000}]}}).encode()
    for topic in ("orders/create", "orders/delete"):
        headers = {"x-hmac": signed(body), "x-topic": topic, "x-request-id": topic.replace("/", "")}
        answer = door.post("/v1/webhooks/shop", body, None, **headers)
        assert answer.json() == {"success": True, "accepted": 1, "refused": []}
    kept = door.kept("orderscreate") + door.kept("ordersdelete")
    assert [(each.source, each.object, each.id, each.is_deleted) for each in kept] == [
        ("shop", "orders", "1", False),
        ("shop", "orders", "1", True),
    ]


@pytest.mark.parametrize(
    ("topic", "document", "code"),
    [
        ("orders/paid", {"data": {"order": {"id": 1}}}, "unknown_topic"),
        ("orders/create", {"data": {}}, "missing_payload"),
        ("orders/create", {"data": {"order": {}}}, "missing_id"),
        ("orders/create", 5, "missing_payload"),
    ],
)
def test_a_message_that_nothing_is_said_of_is_kept_as_refused(
    door: Door, topic: str, document: object, code: str
) -> None:
    body = json.dumps(document).encode()
    name = hashlib.sha256(topic.encode() + body).hexdigest()[:20]
    headers = {"x-hmac": signed(body), "x-topic": topic, "x-request-id": name}
    answer = door.post("/v1/webhooks/shop", body, None, **headers)
    assert (answer.status_code, answer.json()["refused"][0]["code"]) == (200, code)
    assert [each.reason for each in door.kept(name)] == [code]


@pytest.mark.parametrize(
    "signature", ["", "?", signed(b"other"), signed(b"{}", "wrong"), signed(b"{}")[:-4]]
)
def test_a_message_without_a_sound_signature_is_not_looked_at(door: Door, signature: str) -> None:
    answer = door.post("/v1/webhooks/shop", b"{}", None, **{"x-hmac": signature})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
    assert signed(b"{}") not in answer.text


def test_a_signed_message_that_is_no_json_is_a_problem(door: Door) -> None:
    assert door.post("/v1/webhooks/shop", b"{", None, **{"x-hmac": signed(b"{")}).status_code == 400


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_on_a_full_disk_nothing_is_acknowledged_until_there_is_room(door: Door) -> None:
    body = {"batch": [TRACK | {"x": "x" * 5000}]}
    with largest_file(1000):
        refused = door.post("/v1/batch", body, **{"x-request-id": "full"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert "room" in refused.json()["detail"]
    assert door.kept("full") == []
    assert door.post("/v1/batch", body, **{"x-request-id": "again"}).is_success
    assert len(door.kept("again")) == 1


def test_more_than_fits_into_memory_is_sent_away_unread(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving.ROOM, "left", 100)
    refused = door.post("/v1/batch", {"batch": [TRACK | {"x": "x" * 200}]})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert door.post("/v1/track", b"{", "web").status_code == 400
    assert arriving.ROOM.left == 100


def test_what_announces_too_much_is_not_read(door: Door) -> None:
    refused = door.post("/v1/track", b"x" * (spec.LARGEST_BATCH + 1))
    assert (refused.status_code, refused.json()["message"]) == (
        413,
        "a body may have 512,000 bytes; ask in several requests",
    )


ODD_BYTES = (b"\xff", b"M\xfcller", b"\xed\xa0\x80", b"\xc3")


@pytest.mark.parametrize("odd", ODD_BYTES)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/track", b'{"userId":"u","event":"E","properties":{"a":"%s"}}'),
        ("/v1/identify", b'{"userId":"u","traits":{"name":"%s"}}'),
        ("/v1/track", b'{"userId":"%s","event":"E"}'),
        ("/v1/batch", b'{"batch":[{"type":"track","userId":"u","event":"%s"}]}'),
        ("/v1/batch", b'{"batch":[],"context":{"a":"%s"}}'),
        ("/v1/import/till", b'[{"no":1,"name":"%s"}]'),
        ("/v1/webhooks/shop", b'{"data":{"order":{"id":"%s"}}}'),
        ("/v1/profiles:batchGet", b'{"refs":["%s"]}'),
    ],
)
def test_what_is_no_text_is_refused_and_keeps_nothing(
    door: Door, path: str, body: bytes, odd: bytes
) -> None:
    message = body % odd
    headers = {"x-request-id": "odd-bytes", "x-topic": "orders/create", "x-hmac": signed(message)}
    answer = door.post(path, message, "reader" if "Get" in path else "web", **headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert "UTF-8" in answer.text
    assert door.kept("odd-bytes") == []


def test_half_a_character_costs_nothing_but_itself(door: Door) -> None:
    cut = rb'{"type":"track","userId":"u","event":"E","properties":{"a":"\ud83dx","b":"\\ud83d"}}'
    whole = rb'{"type":"track","userId":"u","event":"E","properties":{"a":"\ud83d\ude00"}}'
    body = b'{"batch":[%s,%s]}' % (cut, whole)
    answer = door.post("/v1/batch", body, **{"x-request-id": "halves"})
    assert answer.json()["accepted"] == 2
    said = [spec.document(entry)["properties"] for entry in door.kept("halves")]
    assert said == [{"a": "\ufffdx", "b": "\\ud83d"}, {"a": "\U0001f600"}]
    rows_ = rb'[{"no": 1, "note": "\udc00"}]'
    assert door.post("/v1/import/till", rows_, **{"x-request-id": "half-row"}).is_success
    assert json.loads(bytes(door.kept("half-row")[0].payload))["note"] == "\ufffd"
    message = rb'{"data":{"order":{"id":1,"note":"\ud83d"}}}'
    headers = {"x-topic": "orders/create", "x-hmac": signed(message)}
    assert door.post("/v1/webhooks/shop", message, None, **headers).json()["accepted"] == 1


@pytest.mark.parametrize("nobody", ["undefined", " Null ", "[object Object]", "-1", " "])
def test_an_id_that_stands_for_nobody_is_none(door: Door, nobody: str) -> None:
    event = {"event": "e", "userId": nobody}
    answer = door.post("/v1/track", event)
    assert (answer.status_code, "userId or anonymousId" in answer.text) == (400, True)
    known = {"x-request-id": f"nobody-{len(nobody)}"}
    assert door.post("/v1/track", event | {"anonymousId": "a"}, **known).is_success
    (entry,) = door.kept(known["x-request-id"])
    assert "userId" not in spec.document(entry)
