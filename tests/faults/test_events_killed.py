"""Servers that are killed while clients send: what was acknowledged is there, and once."""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import pytest

from builders import opened
from cdp import pipeline
from cdp.privacy import keys
from cdp.settings import Settings, Workspace
from cdp.store.eventlog_reading import tail
from published import NOW, copied

ROOT = Path(__file__).parents[1]
KILLS = int(os.environ.get("CDP_TEST_KILLS", "100"))
SECONDS = float(os.environ.get("CDP_TEST_SECONDS", "150"))
CLIENTS = 16
CLOCK = datetime(2026, 7, 2, tzinfo=UTC)


@dataclass
class Server:
    """A server that is there again as soon as it was killed."""

    url: str
    process: subprocess.Popen[str]
    pid: int = 0

    def next(self) -> None:
        """Wait for the next server process."""
        assert self.process.stdout is not None
        self.pid = int(self.process.stdout.readline())

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


@contextmanager
def forking(place: Workspace) -> Iterator[Server]:
    command = [sys.executable, str(ROOT / "forking_server.py"), str(place.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        server = Server(process.stdout.readline().strip(), process)
        server.next()
        yield server
    finally:
        process.kill()
        server.kill()
        process.stdout.close()
        process.wait()


@dataclass
class Client:
    """Sends batches as an SDK does: what was not acknowledged is sent again, with its ids."""

    number: int
    url: str
    token: str
    over: threading.Event
    acknowledged: list[str] = field(default_factory=list)
    sent: int = 0

    def work(self) -> None:
        while not self.over.is_set():
            ids = [f"m-{self.number}-{self.sent + n}" for n in range(5)]
            while not self.over.is_set():
                if self._send(ids):
                    self.acknowledged += ids
                    self.sent += len(ids)
                    break
                self.over.wait(0.02)

    def _send(self, ids: list[str]) -> bool:
        events = [{"type": "track", "event": "e", "userId": "u", "messageId": each} for each in ids]
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
        try:
            connection.request(
                "POST",
                "/v1/batch",
                json.dumps({"batch": events}),
                {"authorization": f"Bearer {self.token}"},
            )
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@dataclass
class Crowd:
    """Clients that send until they are told to stop."""

    clients: list[Client]
    over: threading.Event

    @property
    def sent(self) -> int:
        return sum(client.sent for client in self.clients)

    def wait_for_more(self, than: int) -> None:
        """Wait until something more was acknowledged."""
        while self.sent <= than:
            self.over.wait(0.02)

    def send_while_killed(self, server: Server) -> int:
        """Kill servers at random moments after each began to answer; return how many."""
        moments = random.Random(7)  # noqa: S311 - the same moments in each run
        until, kills = monotonic() + SECONDS, 0
        while kills < KILLS and monotonic() < until:
            self.wait_for_more(self.sent)
            self.over.wait(moments.uniform(0, 0.3))
            server.kill()
            server.next()
            kills += 1
        self.wait_for_more(self.sent)
        return kills


def run_crowd(server: Server, token: str) -> tuple[int, set[str]]:
    over = threading.Event()
    crowd = Crowd([Client(n, server.url, token, over) for n in range(CLIENTS)], over)
    threads = [threading.Thread(target=client.work) for client in crowd.clients]
    for thread in threads:
        thread.start()
    kills = crowd.send_while_killed(server)
    over.set()
    for thread in threads:
        thread.join()
    return kills, {each for client in crowd.clients for each in client.acknowledged}


@pytest.mark.long
def test_no_acknowledged_event_is_lost_or_counted_twice(
    base: Path, tmp_path: Path, settings: Settings
) -> None:
    place = copied(base, tmp_path)
    (place.root / "sources").mkdir(exist_ok=True)
    (place.root / "sources" / "web.yaml").write_text("type: events\n")
    token = keys.create(place.home, "site", ["events:write"], at=NOW)[1]
    with forking(place) as server:
        kills, acknowledged = run_crowd(server, token)
    in_log = Counter(entry.id for _, entry in tail(place.home))
    assert acknowledged <= set(in_log)
    for _ in range(2):
        pipeline.run(place, settings, lambda: CLOCK, pipeline.Request(to_stage="ingest"))
    with opened(place.root) as warehouse:
        landed = warehouse.query("select native_id from bronze.record")["native_id"].to_list()
    assert Counter(landed) == dict.fromkeys(in_log, 1)
    assert kills >= min(KILLS, 10)
    said = (
        f"{kills} kills, {len(acknowledged):,} events acknowledged, {in_log.total():,} in the log"
    )
    print(said)  # noqa: T201 - a figure for who asks with -s
