"""A shop on SAP Commerce: tokens, OCC version 2 and, beside it, the Integration API.

Paths, parameters, the form of errors and the words of OCC are those of its public documentation;
integration objects are served by the OData system of `simulators.odata`, under a user of its own.
What it does not imitate: `fields` (all are given), guests' tokens, carts of anonymous visitors,
permissions of single users, `$expand` and `$metadata` of integration objects, writing. The status
feed never forgets, while that of a real shop is a queue in the memory of one node.
"""

import base64
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.odata import System

Row = dict[str, Any]


class _ProblemError(Exception):
    def __init__(self, status: int, type_: str, message: str) -> None:
        super().__init__(message)
        self.answer = JSONResponse({"errors": [{"message": message, "type": type_}]}, status)


@dataclass
class Shop:
    """What a shop has and how it behaves.

    Attributes:
        bulk: its integration objects.
        users: users by login.
        orders: orders by code; each names its user, and in `changed` when its status changed.
        carts: carts by login.
        consents: templates, with the current consent, by login.
        token_uses: answers that a token holds for.
        refusals: answers to give instead of the next ones: status, headers, and text.
        asked: path and query of every request to OCC that was answered.
        meanwhile: what happens in the shop after each answer of OCC.
    """

    bulk: System = field(default_factory=lambda: System({}, user=("integrator", "bulk-secret")))
    users: dict[str, Row] = field(default_factory=dict)
    orders: dict[str, Row] = field(default_factory=dict)
    carts: dict[str, list[Row]] = field(default_factory=dict)
    consents: dict[str, list[Row]] = field(default_factory=dict)
    site: str = "electronics"
    client: tuple[str, str] = ("trusted", "occ-secret")
    token_uses: int = 1_000_000
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[["Shop"], None] = lambda _: None
    url: str = ""
    tokens: int = 0
    uses_left: int = 0

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.url.path
        if path.startswith("/odata2webservices/"):
            return self.bulk.answer(request)
        if path == "/authorizationserver/oauth/token":
            return self._token(request, await request.body())
        try:
            self._check(request)
            if self.refusals:
                status, headers, text = self.refusals.pop(0)
                return Response(text, status, headers)
            self.asked.append(f"{unquote(path)}?{request.url.query}")
            response = JSONResponse(self._found(request))
        except _ProblemError as problem:
            return problem.answer
        self.meanwhile(self)
        return response

    def _token(self, request: Request, body: bytes) -> Response:
        said = base64.b64encode(":".join(self.client).encode()).decode()
        grant = parse_qs(body.decode()).get("grant_type")
        if request.headers.get("authorization") != f"Basic {said}" or grant != [
            "client_credentials"
        ]:
            told = {"error": "invalid_client", "error_description": "Bad client credentials"}
            return JSONResponse(told, 401)
        self.tokens += 1
        self.uses_left = self.token_uses
        token = {"access_token": f"token-{self.tokens}", "token_type": "bearer"}
        return JSONResponse({**token, "expires_in": 43199, "scope": "basic openid"})

    def _check(self, request: Request) -> None:
        said = request.headers.get("authorization", "")
        if said != f"Bearer token-{self.tokens}" or not self.uses_left:
            raise _ProblemError(401, "InvalidTokenError", "Invalid access token: it has expired")
        self.uses_left -= 1

    def _found(self, request: Request) -> Row:
        raw = request.scope["raw_path"].decode()
        site, *parts = [unquote(p) for p in raw.removeprefix("/occ/v2/").split("/")]
        if site != self.site:
            raise _ProblemError(400, "InvalidResourceError", f"Base site {site} doesn't exist")
        match parts:
            case ["feeds", "orders", "statusfeed"]:
                return self._feed(request.query_params["timestamp"])
            case ["orders", code]:
                if code not in self.orders:
                    raise _ProblemError(400, "UnknownIdentifierError", "No order with this code")
                return {k: v for k, v in self.orders[code].items() if k != "changed"}
            case ["users", uid, *rest]:
                if uid not in self.users:
                    message = "Cannot find user with propertyValue"
                    raise _ProblemError(400, "UnknownIdentifierError", message)
                return self._of_user(uid, rest, request)
        raise _ProblemError(404, "UnknownResourceError", "There is no resource for path")

    def _feed(self, since: str) -> Row:
        told = [
            {"code": code, "status": row["status"], "baseSiteId": self.site}
            for code, row in self.orders.items()
            if row["changed"] > since
        ]
        return {"orderStatusUpdateElements": told}

    def _of_user(self, uid: str, rest: list[str], request: Request) -> Row:
        match rest:
            case []:
                return {k: v for k, v in self.users[uid].items() if k != "addresses"}
            case ["addresses"]:
                return {"addresses": self.users[uid].get("addresses", [])}
            case ["carts"]:
                return {"carts": self.carts.get(uid, [])}
            case ["consenttemplates"]:
                return {"consentTemplates": self.consents.get(uid, [])}
            case ["orders"]:
                return self._history(uid, request)
        raise _ProblemError(404, "UnknownResourceError", "There is no resource for path")

    def _history(self, uid: str, request: Request) -> Row:
        page = int(request.query_params.get("currentPage", 0))
        size = int(request.query_params.get("pageSize", 20))
        rows = [row for row in self.orders.values() if row["user"]["uid"] == uid]
        told = [
            {"code": row["code"], "guid": row["code"], "placed": row["created"]}
            for row in rows[page * size : (page + 1) * size]
        ]
        pages = -(-len(rows) // size)
        return {"orders": told, "pagination": {"currentPage": page, "totalPages": pages}}


@contextmanager
def serving(shop: Shop) -> Iterator[Shop]:
    """Serve the shop on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # whoever asks before the server is up waits
    shop.url = shop.bulk.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = Starlette(routes=[Route("/{path:path}", shop.answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.should_exit = True
        thread.join()
