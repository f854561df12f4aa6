"""The event SDK of Node against a running server: nothing but its host and key are changed."""

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from cdp.collect.spec import document
from cdp.privacy import keys
from cdp.settings import Workspace
from cdp.store.eventlog_reading import tail
from live_server import running
from published import NOW, copied
from simulators.cap import node

SCRIPT = Path(__file__).parent / "node_sdk" / "send.js"


def send(url: str, token: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return subprocess.run(
        [node(), SCRIPT, url, token, "ada"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def place(base: Path, tmp_path: Path) -> Workspace:
    made = copied(base, tmp_path)
    (made.root / "sources").mkdir(exist_ok=True)
    (made.root / "sources" / "web.yaml").write_text("type: events\n")
    return made


def test_what_the_sdk_sends_is_kept(place: Workspace) -> None:
    token = keys.create(place.home, "site", ["events:write"], at=NOW)[1]
    with running(place) as live:
        said = send(live.url, token)
    assert (said.returncode, said.stdout) == (0, ""), said.stderr
    kept = [entry for _, entry in tail(place.home)]
    assert Counter(entry.type for entry in kept) == {
        "page": 1,
        "identify": 1,
        "track": 2,
        "screen": 1,
        "group": 1,
        "alias": 1,
    }
    assert {entry.kind for entry in kept} == {"event"}
    assert {entry.id for entry in kept if entry.type == "track"} == {"m-ada"}
    (identify,) = [document(entry) for entry in kept if entry.type == "identify"]
    assert identify["traits"] == {"email": "ada@example.org", "firstName": "ada"}
    assert identify["receivedAt"] == "2026-07-01T06:00:00.000000Z"
    assert token not in "".join(str(entry) for entry in kept)


def test_a_key_that_may_not_send_is_told_so(place: Workspace) -> None:
    token = keys.create(place.home, "desk", ["profiles:read"], at=NOW)[1]
    with running(place) as live:
        said = send(live.url, token)
    assert "delivery_failure" in said.stdout
    assert list(tail(place.home)) == []
