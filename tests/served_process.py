"""A real `cdp serve`, as a user begins it, in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from cdp.settings import Workspace
from live_server import PLAIN


@dataclass
class Served:
    """A server: where it listens, and every line it said so far."""

    url: str
    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)

    def stop(self) -> int:
        """Tell it to stop as a system does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    @staticmethod
    def kill_worker(process: int) -> None:
        os.kill(process, signal.SIGKILL)


@contextmanager
def serving(place: Workspace, *options: str, **environment: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "cdp", "serve", "--port", "0", *options]
    process = subprocess.Popen(
        [*command, "--workspace", str(place.root)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )
    assert process.stderr is not None
    reader: threading.Thread | None = None
    try:
        first = process.stderr.readline()
        found = re.search(r"http://[\d.:]+", first)
        assert found is not None, first + process.stderr.read()
        server = Served(found[0], process)
        reader = threading.Thread(target=server.said.extend, args=(process.stderr,))
        reader.start()
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)
        if reader is not None:
            reader.join()
        process.stderr.close()


def asked(url: str, path: str, token: str | None = None) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=url, trust_env=False, verify=PLAIN, timeout=60) as client:
        return client.get(path, headers=headers)
