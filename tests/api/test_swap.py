"""Generations are swapped under load without a failed request, served by real processes."""

import json
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from cdp.privacy import keys
from cdp.store import generation
from published import ADA, NOW, copied, rename

pytestmark = pytest.mark.long


def test_no_request_fails_while_generations_come_and_go(base: Path, tmp_path: Path) -> None:
    place = copied(base, tmp_path)
    _, token = keys.create(place.home, "load", ["profiles:read", "pii:read"], at=NOW)
    command = [sys.executable, "-m", "cdp", "serve", "--workspace", str(tmp_path), "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        url = re.findall(r"http://[\d.:]+", server.stderr.readline())[0]
        # Uvicorn writes on: somebody has to read it, or it waits.
        reader = threading.Thread(target=server.stderr.read)
        reader.start()
        asked = _Asking(url, token)
        try:
            asked.start()
            for run_id in (2, 3, 4, 5):
                rename(tmp_path, place, f"Ada {run_id}", run_id)
                asked.until(f"Ada {run_id}")
            generation.rollback(place.home)
            asked.until("Ada 4")
        finally:
            asked.stop()
            server.send_signal(signal.SIGINT)
            reader.join()
    assert server.returncode == 0
    assert asked.statuses == {200}
    assert len(asked.names) == 6


class _Asking(threading.Thread):
    """Asks for one profile again and again, and keeps what it was answered."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__()
        self._url, self._token = url, token
        self._stopped = False
        self._changed = threading.Condition()
        self.statuses: set[int] = set()
        self.names: list[str] = []

    def run(self) -> None:
        headers = {"authorization": f"Bearer {self._token}"}
        with httpx.Client(base_url=self._url, headers=headers, trust_env=False) as client:
            while not self._stopped:
                answer = client.get(f"/v1/profiles/{ADA}", timeout=60)
                name = json.loads(answer.content).get("full_name", "")
                with self._changed:
                    self.statuses.add(answer.status_code)
                    if self.names[-1:] != [name]:
                        self.names.append(name)
                    self._changed.notify_all()

    def until(self, name: str) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.names[-1:] == [name], timeout=60)

    def stop(self) -> None:
        self._stopped = True
        self.join()
