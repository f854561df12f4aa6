"""A shop of Shopify: its Admin GraphQL API, bulk operations with their files, tokens, points.

Questions are executed as GraphQL is, over types with Shopify's names, so that what is not there is
refused as the API refuses it. What it does not imitate: anything but what customers, orders,
abandoned checkouts and products are read by; search but for `updated_at:>=`; prices in several
currencies; what each field really costs (a point for each object here); more than one bulk
operation; REST; sending webhooks; writing.
"""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.shopify_shop import Shop

API = re.compile(r"/admin/api/([^/]+)/graphql\.json")
FILE = re.compile(r"/files/(\d+)\.jsonl")
RANGE = re.compile(r"bytes=(\d+)-(\d+)")
DENIED = "[API] Invalid API key or access token (unrecognized login or wrong password)"


class _Answers:
    """What a shop answers to each request."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        body = await request.body()
        if request.url.path == "/admin/oauth/access_token":
            return self._token(body)
        api, file = API.fullmatch(request.url.path), FILE.fullmatch(request.url.path)
        if api is not None and request.headers.get("x-shopify-access-token") != self.shop.token:
            return JSONResponse({"errors": DENIED}, 401)
        if self.shop.refusals:
            status, headers, text = self.shop.refusals.pop(0)
            return Response(text, status, headers)
        if file is not None:
            response = self._file(request, file[1])
        elif api is not None and api[1] in self.shop.versions:
            asked = json.loads(body)
            variables = asked.get("variables") or {}
            self.shop.asked.append(f"{asked['query']} {json.dumps(variables)}")
            response = JSONResponse(self.shop.answer(asked["query"], variables))
        else:
            return JSONResponse({"errors": "Not Found"}, 404)
        self.shop.meanwhile(self.shop)
        return response

    def _token(self, body: bytes) -> Response:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        said = (form.get("client_id", ""), form.get("client_secret", ""))
        if said != self.shop.client or form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "invalid_client"}, 400)
        told = {"access_token": self.shop.token, "scope": "read_orders", "expires_in": 86_399}
        return JSONResponse(told)

    def _file(self, request: Request, number: str) -> Response:
        """Answer with a part of a file, which is on another host than the shop."""
        self.shop.leaked |= "x-shopify-access-token" in request.headers
        self.shop.asked.append(f"{request.url.path} {request.headers.get('range')}")
        operation = self.shop.operations.get(f"gid://shopify/BulkOperation/{number}")
        if operation is None or self.shop.is_cleared:
            return Response("<Error><Code>NoSuchKey</Code></Error>", 404)
        wanted = RANGE.fullmatch(request.headers.get("range", ""))
        if wanted is None or self.shop.ignores_ranges:
            return Response(operation.lines)
        begin, end = int(wanted[1]), int(wanted[2])
        if begin >= len(operation.lines):
            return Response(status_code=416)
        part = operation.lines[begin : end + 1]
        held = f"bytes {begin}-{begin + len(part) - 1}/{len(operation.lines)}"
        return Response(part, 206, {"content-range": held})


@contextmanager
def serving(shop: Shop) -> Iterator[Shop]:
    """Serve the shop on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # whoever asks before the server is up waits
    shop.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    everything = Route("/{path:path}", _Answers(shop).answer, methods=["GET", "POST"])
    config = uvicorn.Config(Starlette(routes=[everything]), log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.should_exit = True
        thread.join()
