"""A server of OData version 2 as SAP's are: pages of 1,000, `/Date(ms)/`, throttling, refusals.

`$filter` knows `F ge LITERAL` joined by `or`, `F eq 'TEXT'` alone or before `and (...)`, `$orderby`
fields, `$skip` and `$top`; the next page is a count (`$skiptoken`), so that rows that move while
they are read hide others behind them.
"""

import base64
import re
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

from simulators.edmx import edmx

Row = dict[str, Any]
_TERM = re.compile(r"(\w+) ge (datetimeoffset|datetime)'([^']+)'")
_ONLY = re.compile(r"(\w+) eq '([^']*)'(?: and \((.*)\))?")
_ENTITY = re.compile(r"(\w+)\('([^']*)'\)")
_DATE = re.compile(r"/Date\((-?\d+)\)/")


def date(moment: datetime) -> str:
    """Return a moment as OData version 2 writes it."""
    return f"/Date({round(moment.replace(tzinfo=UTC).timestamp() * 1000)})/"


@dataclass
class System:
    """The sets of a system by name, and how it behaves.

    Attributes:
        sets: rows by the name of their set.
        page: rows of a page.
        skips: whether it leaves out the rows that `$skip` names.
        user: who may read, with which password.
        refusals: answers to give instead of the next ones: status, headers, and text.
        forbidden: sets that the user may not read.
        described: fields by set, as `$metadata` tells them; none: there is no such document.
        describes: whether `$metadata` tells of the rows that the sets hold.
        asked: path and query of every request that was answered.
        strangers: requests of somebody who is not that user.
        meanwhile: what happens in the system after each answer.
    """

    sets: dict[str, list[Row]] = field(default_factory=dict)
    page: int = 1_000
    skips: bool = True
    user: tuple[str, str] = ("reader", "secret")
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    described: dict[str, tuple[str, ...]] = field(default_factory=dict)
    describes: bool = False
    asked: list[str] = field(default_factory=list)
    strangers: int = 0
    meanwhile: Callable[["System"], None] = lambda _: None
    url: str = ""

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        known = base64.b64encode(":".join(self.user).encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            self.strangers += 1
            return _error(401, "Unauthorized", "the user or the password is wrong")
        if self.refusals:
            status, headers, text = self.refusals.pop(0)
            return Response(text, status, headers)
        self.asked.append(f"{request.url.path}?{request.url.query}")
        name = request.path_params["path"].rsplit("/", 1)[-1]
        if name == "$metadata" and (self.described or self.describes):
            text = edmx(self.sets, {}) if self.describes else _metadata(self.described)
            return Response(text, media_type="application/xml")
        if name in self.forbidden:
            return _error(403, "Forbidden", f"no authorisation for {name}")
        response = self._found(name, request)
        self.meanwhile(self)
        return response

    def _found(self, name: str, request: Request) -> Response:
        entity = _ENTITY.fullmatch(name)
        if entity is not None and entity[1] in self.sets:
            return self._entity(self.sets[entity[1]], entity[2])
        if name not in self.sets:
            return _error(404, "NotFound", f"Resource not found for segment '{name}'")
        return JSONResponse(self._page(self.sets[name], request))

    def _entity(self, rows: list[Row], key: str) -> Response:
        """Answer with the row of this key, which is the first property of each row."""
        for row in rows:
            if str(next(iter(row.values()))) == key:
                return JSONResponse({"d": {"__metadata": {"uri": f"{self.url}/x"}, **row}})
        return _error(404, "NotFound", f"Resource not found for key '{key}'")

    def _page(self, rows: list[Row], request: Request) -> Row:
        query = dict(request.query_params)
        found = _ordered(_filtered(rows, query.get("$filter")), query.get("$orderby"))
        skipped = query.get("$skip", "0") if self.skips else "0"
        at = int(query.get("$skiptoken", skipped))
        size = min(self.page, int(query.get("$top", self.page)))
        shown = found[at : at + size]
        chosen = query["$select"].split(",") if "$select" in query else None
        results = [
            {"__metadata": {"uri": f"{self.url}/x"}}
            | {name: row[name] for name in row if chosen is None or name in chosen}
            for row in shown
        ]
        counted = {"__count": str(len(found))} if "$inlinecount" in query else {}
        if at + size >= len(found) or "$top" in query:
            return {"d": {**counted, "results": results}}
        following = request.url.include_query_params(**{"$skiptoken": at + size})
        elsewhere = following.replace(hostname="tenant.example", scheme="https", port=443)
        return {"d": {**counted, "results": results, "__next": str(elsewhere)}}


def _metadata(described: dict[str, tuple[str, ...]]) -> str:
    """Return the service's description of itself, types and sets."""
    types = "".join(
        f'<EntityType Name="{name.removesuffix("Collection")}"><Key><PropertyRef Name="ObjectID"/>'
        "</Key>"
        + "".join(f'<Property Name="{field}" Type="Edm.String"/>' for field in fields)
        + "</EntityType>"
        for name, fields in described.items()
    )
    sets = "".join(
        f'<EntitySet Name="{name}" EntityType="c4codata.{name.removesuffix("Collection")}"/>'
        for name in described
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="1.0" '
        'xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"><edmx:DataServices>'
        '<Schema Namespace="c4codata" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">'
        f'{types}<EntityContainer Name="c4codata">{sets}</EntityContainer></Schema>'
        "</edmx:DataServices></edmx:Edmx>"
    )


def _filtered(rows: list[Row], text: str | None) -> list[Row]:
    if text is None:
        return rows
    only = _ONLY.fullmatch(text)
    if only is not None:
        return _filtered([row for row in rows if str(row.get(only[1])) == only[2]], only[3])
    terms = []
    for part in text.split(" or "):
        found = _TERM.fullmatch(part)
        assert found is not None, f"no server would understand {part}"
        terms.append((found[1], datetime.fromisoformat(found[3]).replace(tzinfo=UTC)))
    return [row for row in rows if any(_moment(row.get(f)) >= least for f, least in terms)]


def _ordered(rows: list[Row], text: str | None) -> list[Row]:
    fields = text.split(",") if text else []
    return sorted(rows, key=lambda row: [_sortable(row.get(name)) for name in fields])


def _sortable(value: object) -> tuple[float, str]:
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    return (float(found[1]), "") if found is not None else (0.0, str(value or ""))


def _moment(value: object) -> datetime:
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    millis = int(found[1]) if found is not None else 0
    return datetime.fromtimestamp(millis / 1000, UTC)


def _error(status: int, code: str, text: str) -> Response:
    error = {"error": {"code": code, "message": {"lang": "en", "value": text}}}
    return JSONResponse(error, status)


@contextmanager
def serving(system: System) -> Iterator[System]:
    """Serve the system on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    system.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = Starlette(routes=[Route("/{path:path}", system.answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield system
    finally:
        server.should_exit = True
        thread.join()
