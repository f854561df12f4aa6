"""A server that is told to stop under load: no request that it took fails, and nothing is lost."""

import http.client
import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cdp.privacy import keys
from cdp.store.eventlog_reading import tail
from cdp.store.state import State
from cdp.store.state_audit import Asked, AuditLog
from published import ADA, NOW, copied
from served_process import serving

pytestmark = pytest.mark.long
START_SECONDS = 120
"""So long worker processes may take until they answer, on a busy machine."""


@dataclass
class Caller:
    """Reads and sends on one connection until it is told to close it."""

    number: int
    url: str
    token: str
    answered: threading.Semaphore
    read: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    was_told: bool = False

    def work(self) -> None:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(
            str(address.hostname), address.port, timeout=START_SECONDS
        )
        try:
            while not self.was_told:
                self._ask(connection)
        except (OSError, http.client.HTTPException) as error:
            self.failed.append(repr(error))
        finally:
            connection.close()

    def _ask(self, connection: http.client.HTTPConnection) -> None:
        known = f"{self.number}-{len(self.read) + len(self.sent)}"
        headers = {"authorization": f"Bearer {self.token}", "x-request-id": known}
        if self.number % 2:
            event = {"type": "track", "event": "e", "userId": "u", "messageId": known}
            connection.request("POST", "/v1/batch", json.dumps({"batch": [event]}), headers)
        else:
            connection.request("GET", f"/v1/profiles/{ADA}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            self.failed.append(body.decode())
        (self.sent if self.number % 2 else self.read).append(known)
        self.was_told = answer.getheader("connection") == "close"
        self.answered.release()


@pytest.mark.parametrize("options", [(), ("--schedules",), ("--workers", "2")])
def test_what_was_taken_is_answered_and_kept(
    options: tuple[str, ...], base: Path, tmp_path: Path
) -> None:
    place = copied(base, tmp_path)
    (place.root / "sources").mkdir(exist_ok=True)
    (place.root / "sources" / "web.yaml").write_text("type: events\n")
    _, token = keys.create(place.home, "x", ["profiles:read", "events:write"], at=NOW)
    answered = threading.Semaphore(0)
    with serving(place, *options) as server:
        callers = [Caller(number, server.url, token, answered) for number in range(8)]
        threads = [threading.Thread(target=caller.work) for caller in callers]
        for thread in threads:
            thread.start()
        for _ in range(200):
            assert answered.acquire(timeout=START_SECONDS)
        assert server.stop() == 0
        for thread in threads:
            thread.join()
    assert [failure for caller in callers for failure in caller.failed] == []
    assert all(caller.was_told for caller in callers)
    in_log = {entry.id for _, entry in tail(place.home)}
    assert {each for caller in callers for each in caller.sent} <= in_log
    assert not list((place.home / "events").glob("*.live"))
    with State.open(place.home) as state:
        noted = AuditLog(state).latest(Asked(subject=ADA), 100_000)
    assert {e.access.request_id for e in noted} >= {e for c in callers for e in c.read}
