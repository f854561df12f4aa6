"""APIs that answer in JSON, as many vendors write them: one set of rows, paged in every usual way.

`/rows` understands `updated_since` (ISO, from that moment on), `after_epoch` (seconds, later than
that), `day`, `customer`, `sort`, and pages as `style` says; `/rows/search` takes the same as a JSON
body; `/rows/{id}/lines` lists what a row has. Imitates no query language, expansion or write.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Row = dict[str, Any]


@dataclass
class Api:
    """What an API has and how it behaves.

    Attributes:
        rows: its rows; each says in `updated_at` (ISO) when it changed.
        lines: further rows by the id of the row that they belong to.
        style: how it pages: json_link, header_link, cursor, page_number, offset or single_page.
        page: rows of a page.
        token: what a request must bear.
        refusals: answers to give instead of the next ones: status, headers, and text.
        asked: path and query, or body, of every request that was answered.
        meanwhile: what happens in the system after each answer.
        description: its OpenAPI document.
    """

    rows: list[Row] = field(default_factory=list)
    lines: dict[str, list[Row]] = field(default_factory=dict)
    style: str = "json_link"
    page: int = 100
    token: str = "t0ken"  # noqa: S105 - of an API that is none
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[["Api"], None] = lambda _: None
    description: Row = field(default_factory=dict)
    url: str = ""

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"message": "the token is wrong"}, 401)
        if self.refusals:
            status, headers, text = self.refusals.pop(0)
            return Response(text, status, headers)
        if request.url.path == "/v1/openapi.json":
            return JSONResponse(self.description)
        given = await request.json() if request.method == "POST" else dict(request.query_params)
        self.asked.append(f"{request.url.path}?{request.url.query or given}")
        found = self._found(request.url.path.removeprefix("/v1/").split("/"), given)
        if found is None:
            return JSONResponse({"message": "no such thing"}, 404)
        response = self._paged(found, given, request)
        self.meanwhile(self)
        return response

    def _found(self, path: list[str], given: Row) -> list[Row] | None:
        if path in (["rows"], ["rows", "search"]):
            return _ordered(_since(self.rows, given), given)
        if len(path) == 3 and path[2] == "lines":
            there = {str(row["id"]) for row in self.rows} | self.lines.keys()
            return self.lines.get(path[1], []) if path[1] in there else None
        return None

    def _paged(self, found: list[Row], given: Row, request: Request) -> Response:
        size = int(given.get("limit", self.page))
        at = _PLACES[self.style](given, size) if self.style in _PLACES else 0
        if self.style == "single_page":
            return JSONResponse(found)
        shown, more = found[at : at + size], at + size < len(found)
        body: Row = {"data": {"items": shown, "count": len(found)}, "paging": {"more": more}}
        following = request.url.include_query_params(at=at + size)
        headers = {}
        match self.style:
            case "json_link":
                body["paging"]["next"] = f"{following.path}?{following.query}" if more else None
            case "header_link" if more:
                headers["link"] = f'<{following.replace(hostname="api.example")}>; rel="next"'
            case "cursor" if more:
                body["paging"]["after"] = str(at + size)
            case _:
                body["paging"]["pages"] = -(-len(found) // size)
        return JSONResponse(body, headers=headers)


_PLACES: dict[str, Callable[[Row, int], int]] = {
    "json_link": lambda given, _: int(given.get("at", 0)),
    "header_link": lambda given, _: int(given.get("at", 0)),
    "cursor": lambda given, _: int(given.get("after", 0)),
    "page_number": lambda given, size: (int(given.get("page", 1)) - 1) * size,
    "offset": lambda given, _: int(given.get("offset", 0)),
}


def _since(rows: list[Row], given: Row) -> list[Row]:
    if "updated_since" in given:
        least = datetime.fromisoformat(given["updated_since"])
        return [row for row in rows if _changed(row) >= least]
    if "after_epoch" in given:
        return [row for row in rows if _changed(row).timestamp() > float(given["after_epoch"])]
    if "customer" in given:
        return [row for row in rows if row["customer"] == given["customer"]]
    if "day" in given:
        return [row for row in rows if row["updated_at"][:10] >= given["day"]]
    return list(rows)


def _ordered(rows: list[Row], given: Row) -> list[Row]:
    if "sort" not in given:
        return rows
    return sorted(rows, key=_changed, reverse=given["sort"].startswith("-"))


def _changed(row: Row) -> datetime:
    found = datetime.fromisoformat(row["updated_at"])
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    """Serve the API on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    api.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = Starlette(routes=[Route("/{path:path}", api.answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.should_exit = True
        thread.join()
