"""Every request that creates something is carried out once, and audited before it is answered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from builders import workspace
from cdp.api import working
from cdp.api.endpoints import ENDPOINTS
from cdp.privacy import keys
from cdp.store.state import State
from live_server import Live, running
from published import ADA, APART, NOW, copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

CONSENT = {"contact_kind": "email", "contact_value": "ada@example.org", "channel": "email"}
TABLE: dict[str, dict[str, Any] | None] = {
    "POST /v1/decisions": {"action": "reject", "item_id": APART, "reason": "two people"},
    "POST /v1/keys": {"name": "shop", "scopes": ["events:write"]},
    "POST /v1/keys/{key_id}:rotate": {"overlap_seconds": 60},
    "POST /v1/privacy/requests": {"type": "access", "ref": ADA},
    "POST /v1/profiles/{ref}/consents": CONSENT | {"state": "denied", "purpose": "marketing"},
    "POST /v1/screen-pop/dismissals": {"phone": "+4917012345678", "id": ADA, "reason": "x"},
    "POST /v1/schedules/{name}:run": None,
    "POST /v1/segments/{name}/exports": {"purpose": "newsletter", "channel": "email"},
}
ELSEWHERE = {
    "POST /v1/identity/plan": "needs a working file; tests/api/test_identity_plan.py",
    "POST /v1/quarantine/{record}:repair": "needs a working file; tests/quality",
    "POST /v1/segments": "tests/api/test_segments_route.py",
}
_CHANGED = {"name", "purpose", "reason", "ref"}
"""Fields by which another request is made of one."""
TOLD_ONCE = {"POST /v1/keys", "POST /v1/keys/{key_id}:rotate"}
"""What these make is in the first answer alone."""


@pytest.fixture(scope="module")
def desk(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("again") / "desk"
    copied(base, folder)
    nightly = {"cron": "30 2 * * *", "command": ["run"]}
    german = {"where": {"attribute": "country", "is": "DE"}}
    files = {"schedules/nightly.yaml": nightly, "segments/nightly.yaml": german}
    place = workspace(folder, files)
    keys.create(place.home, "old", ["events:write"], at=NOW)
    with running(place) as server:
        yield server


def test_the_table_names_every_request_that_creates() -> None:
    creating = {f"{e.method} {e.path}" for e in ENDPOINTS if e.creates or e.begins}
    assert creating - set(ELSEWHERE) == set(TABLE)
    assert creating >= set(TABLE) | set(ELSEWHERE)


@pytest.mark.parametrize("route", sorted(TABLE))
def test_it_is_carried_out_once_and_audited_first(desk: Live, route: str) -> None:
    old = next(key for key in keys.every(desk.place.home) if key.name == "old")
    path = route.partition(" ")[2].replace("{ref}", ADA).replace("{name}", "nightly")
    path = path.replace("{key_id}", old.key_id)

    def sent(request_id: str, body: dict[str, Any] | None) -> httpx.Response:
        headers = {"idempotency-key": f"once-{route.partition('/')[2]}", "x-request-id": request_id}
        return desk.ask("POST", path, "admin", headers, body)

    name = re.sub(r"\W", "", route)
    first = sent(f"{name}-1", TABLE[route])
    assert first.status_code in {201, 202}, first.text
    assert _audited(desk, f"{name}-1") >= 1
    second = sent(f"{name}-2", TABLE[route])
    whole = first.json() | ({"key": None} if route in TOLD_ONCE else {})
    assert second.status_code in {200, first.status_code}
    assert second.json() == whole
    assert _changed(desk, f"{name}-2") == 0
    body = TABLE[route]
    if body is not None:
        changed: dict[str, Any] = {
            field: f"{value}0" for field, value in body.items() if field in _CHANGED
        }
        changed |= {"overlap_seconds": 61} if "overlap_seconds" in body else {}
        refused = sent(f"{name}-3", body | changed)
        assert (refused.status_code, refused.json()["code"]) == (422, "reused_key")
    for process in working.BEGUN:
        process.kill()
        process.wait()


def _audited(desk: Live, request_id: str) -> int:
    sql = "select count(*) from audit where request_id = ?"
    with State.open(desk.place.home) as state:
        return int(state.connection.execute(sql, [request_id]).fetchone()[0])


def _changed(desk: Live, request_id: str) -> int:
    """Return how many changes were audited under this request; reads do not count."""
    sql = "select count(*) from audit where request_id = ? and action not like '%.read'"
    with State.open(desk.place.home) as state:
        return int(state.connection.execute(sql, [request_id]).fetchone()[0])
