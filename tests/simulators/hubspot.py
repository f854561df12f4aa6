"""An account of HubSpot: its CRM API with lists, search, batches, associations and subscriptions.

It answers at the paths of v3 and at dated ones. What it does not imitate: writing; other filters
than searches for changes have; full text; what each plan may do; restoring; engagements; the other
objects; sending webhooks; limits by the second and by the day but where a test asks for them.
"""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.hubspot_account import OWN, Account, Answer, wrong

OBJECTS = re.compile(r"/crm/(?:v3/objects|objects/2026-03)/(\w+)(/search|/batch/read)?")
PROPERTIES = re.compile(r"/crm/(?:v3/properties|properties/2026-03)/(\w+)")
ENDS = re.compile(r"/crm/(?:v4/associations|associations/2026-03)/(\w+)/(\w+)/batch/read")
STATUSES = re.compile(r"/communication-preferences/(?:v4|2026-03)/statuses/batch/read")
UNKNOWN = "Authentication credentials not found. This API supports OAuth 2.0 authentication"
LACKS = "This app hasn't been granted all required scopes to make this call."


class _Answers:
    """What an account answers to each request."""

    def __init__(self, account: Account) -> None:
        self.account = account

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        body = json.loads(await request.body() or b"null")
        if request.headers.get("authorization") != f"Bearer {self.account.token}":
            status, told = wrong(UNKNOWN, 401, "INVALID_AUTHENTICATION")
            return JSONResponse(told, status)
        self.account.asked.append(f"{request.method} {request.url.path}?{request.url.query}")
        self.account.bodies.append(body)
        if self.account.refusals:
            status, headers, text = self.account.refusals.pop(0)
            return Response(text, status, headers)
        if len(str(request.url)) > self.account.longest_address:
            return Response("<h1>414 Request-URI Too Large</h1>", 414)
        status, told = self._told(request, body)
        self.account.meanwhile(self.account)
        return JSONResponse(told, status)

    def _told(self, request: Request, body: Any) -> Answer:
        account, path, asked = self.account, request.url.path, dict(request.query_params)
        asked["properties"] = ",".join(request.query_params.getlist("properties"))
        found = [each.fullmatch(path) for each in (OBJECTS, PROPERTIES, ENDS, STATUSES)]
        objects, properties, ends, statuses = found
        named = {each for match in found if match for each in match.groups() if each}
        if named & account.forbidden or (statuses and "statuses" in account.forbidden):
            return wrong(LACKS, 403, "MISSING_SCOPES")
        if properties is not None:
            return account.properties(properties[1])
        if objects is not None and objects[1] in OWN:
            return self._of_object(objects[1], objects[2], asked, body)
        if ends is not None:
            return account.associated(ends[1], ends[2], body)
        if statuses is not None:
            return account.subscribed(asked, body)
        return wrong("resource not found", 404, "OBJECT_NOT_FOUND")

    def _of_object(self, type_: str, what: str | None, asked: dict[str, str], body: Any) -> Answer:
        if what is None:
            return self.account.listed(type_, asked)
        return (
            self.account.searched(type_, body)
            if what == "/search"
            else self.account.read(type_, body)
        )


@contextmanager
def serving(account: Account) -> Iterator[Account]:
    """Serve the account on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # whoever asks before the server is up waits
    account.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    everything = Route("/{path:path}", _Answers(account).answer, methods=["GET", "POST"])
    config = uvicorn.Config(Starlette(routes=[everything]), log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield account
    finally:
        server.should_exit = True
        thread.join()
