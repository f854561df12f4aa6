"""A service of OData version 4 that keeps track of its changes, as some of Microsoft's do.

`$filter` knows `F ge MOMENT` joined by `or`; pages end with a relative `@odata.nextLink`, the last
one of a reading that asked to track changes with an `@odata.deltaLink`. What is gone comes as
`@removed` with its key, or as `$deletedEntity` with its address alone. Imitates no other query.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Row = dict[str, Any]
_TERM = re.compile(r"(\w+) ge ([-\d:.TZ]+)")
_TRACK = "odata.track-changes"


@dataclass
class Service:
    """One entity set, `Orders`, and its log.

    Attributes:
        rows: its rows by key.
        log: keys in the order of their changes since the service was started.
        page: rows of a page.
        tracks: whether changes are kept track of at all.
        forgets: whether links of earlier readings are forgotten.
        by_address: whether what is gone is told by its address alone.
        refusals: answers to give instead of the next ones: status, headers, and text.
        asked: path and query of every request that was answered.
        meanwhile: what happens in the service after each answer.
    """

    rows: dict[str, Row] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    page: int = 100
    tracks: bool = True
    forgets: bool = False
    by_address: bool = False
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[["Service"], None] = lambda _: None
    url: str = ""

    def put(self, **row: Any) -> None:
        """Add or change a row."""
        self.rows[row["OrderID"]] = row
        self.log.append(row["OrderID"])

    def drop(self, key: str) -> None:
        """Delete a row."""
        del self.rows[key]
        self.log.append(key)

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if self.refusals:
            status, headers, text = self.refusals.pop(0)
            return Response(text, status, headers)
        self.asked.append(f"{request.url.path}?{request.url.query}")
        response = self._answered(request, dict(request.query_params))
        self.meanwhile(self)
        return response

    def _answered(self, request: Request, query: dict[str, str]) -> Response:
        if request.url.path != "/v4/Orders":
            return _error(404, "there is no such set")
        if "$deltatoken" in query and self.forgets:
            return _error(410, "the token has expired")
        since = int(query["$deltatoken"]) if "$deltatoken" in query else None
        found = self._changes(since) if since is not None else self._found(query)
        at = int(query.get("$skiptoken", query.get("$skip", "0")))
        size = min(self.page, int(query.get("$top", self.page)))
        body: Row = {"@odata.context": "$metadata#Orders", "value": found[at : at + size]}
        if at + size < len(found) and "$top" not in query:
            tokens = {**query, "$skiptoken": str(at + size)}
            listed = "&".join(f"{name}={value}" for name, value in tokens.items())
            body["@odata.nextLink"] = f"Orders?{listed}"
        elif self.tracks and request.headers.get("prefer") == _TRACK:
            body["@odata.deltaLink"] = f"{self.url}/v4/Orders?$deltatoken={len(self.log)}"
        return JSONResponse(body)

    def _found(self, query: Row) -> list[Row]:
        rows = list(self.rows.values())
        if "$filter" in query:
            terms = [_TERM.fullmatch(part) for part in query["$filter"].split(" or ")]
            assert all(terms), f"no service would understand {query['$filter']}"
            least = [(t[1], datetime.fromisoformat(t[2])) for t in terms if t is not None]
            rows = [r for r in rows if any(_moment(r[name]) >= moment for name, moment in least)]
        if "$orderby" in query:
            names = query["$orderby"].split(",")
            rows.sort(key=lambda row: [str(row[name]) for name in names])
        return rows

    def _changes(self, since: int) -> list[Row]:
        keys = dict.fromkeys(self.log[since:])
        return [self.rows.get(key) or self._tombstone(key) for key in keys]

    def _tombstone(self, key: str) -> Row:
        if self.by_address:
            context = f"{self.url}/v4/$metadata#Orders/$deletedEntity"
            return {"@odata.context": context, "id": f"Orders('{key}')", "reason": "deleted"}
        return {"@removed": {"reason": "deleted"}, "OrderID": key}


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value)


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": {"code": str(status), "message": text}}, status)


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Serve it on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    service.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = Starlette(routes=[Route("/{path:path}", service.answer)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.should_exit = True
        thread.join()
