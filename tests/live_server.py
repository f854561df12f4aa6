"""A real server on a real socket, in a thread of the test process so that coverage sees it."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import sleep

import httpx
import uvicorn

from cdp.api import create_app
from cdp.privacy import keys
from cdp.settings import Settings, Workspace
from published import NOW

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For `verify` of clients of plain HTTP: they read all certificates otherwise, for each client."""
SCOPES = {
    "full": ("profiles:read", "profiles:resolve", "pii:read", "segments:read", "runs:read"),
    "masked": ("profiles:read", "profiles:resolve", "view:service"),
    "agent": ("view:service", "pii:read"),
    "admin": ("admin",),
    "steward": ("profiles:read", "pii:read", "reviews:read", "reviews:write"),
    "planner": ("identity:plan", "runs:read"),
    "clerk": ("quarantine:read", "quarantine:write", "pii:read"),
    "counter": ("quarantine:read",),
    "blind": ("reviews:read", "reviews:write"),
}


@dataclass(frozen=True)
class Live:
    """A running server: `get` asks it with one of the keys of SCOPES."""

    url: str
    place: Workspace
    tokens: dict[str, str]

    def get(self, path: str, key: str | None = "full", **headers: str) -> httpx.Response:
        return self.ask("GET", path, key, headers)

    def post(self, path: str, body: object, key: str | None = "full") -> httpx.Response:
        return self.ask("POST", path, key, {}, body)

    def ask(
        self,
        method: str,
        path: str,
        key: str | None,
        headers: dict[str, str],
        body: object = None,
    ) -> httpx.Response:
        if key is not None:
            headers = {"authorization": f"Bearer {self.tokens.get(key, key)}"} | headers
        content = {"content": body} if isinstance(body, bytes) else {"json": body}
        with httpx.Client(base_url=self.url, trust_env=False, verify=PLAIN, timeout=60) as client:
            if body is None:
                return client.request(method, path, headers=headers)
            return client.request(method, path, headers=headers, **content)


@contextmanager
def running(place: Workspace, rate_limit: int = 100_000) -> Iterator[Live]:
    settings = Settings(rate_limit=rate_limit)
    app = create_app(place, settings, _clock)
    tokens = {
        name: keys.create(place.home, name, scopes, at=NOW)[1] for name, scopes in SCOPES.items()
    }
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            # A test may change what the server reads when it starts.
            while thread.is_alive() and not server.started:
                sleep(0.005)
            yield Live(f"http://127.0.0.1:{listening.getsockname()[1]}", place, tokens)
        finally:
            server.should_exit = True
            thread.join()


def _clock() -> datetime:
    return NOW
