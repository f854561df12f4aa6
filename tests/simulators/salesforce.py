"""An org of Salesforce: query and queryAll, describe, bulk jobs, tokens, limits, change events.

Rows of a query are those it found when it began, as they are when their page is asked for. What it
does not imitate: functions and all but `Parent.Field` of relationships in queries, sharing rules
row by row, compound fields, the order in which bulk jobs give rows (here by Id), Gzip, bulk ingest,
and writing.
"""

import base64
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, unquote_plus

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators import salesforce_bulk as bulk
from simulators import salesforce_events as events
from simulators.salesforce_errors import error, missing
from simulators.salesforce_org import Org
from simulators.soql import Query, Row, SoqlError

DATA = re.compile(r"/services/data/v(\d+\.\d)/(.*)")
LONGEST = 16_384


class _Answers:
    """What an org answers to each request."""

    def __init__(self, org: Org) -> None:
        self.org = org

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        body = await request.body()
        if request.url.path == "/services/oauth2/token":
            return self._token(request, body)
        _, _, token = request.headers.get("authorization", "").partition(" ")
        if self.org.tokens.get(token, 0) <= 0:
            return error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        self.org.tokens[token] -= 1
        if self.org.refusals:
            status, headers, text = self.org.refusals.pop(0)
            return Response(text, status, headers)
        if self.org.used >= self.org.allowance:
            return error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.org.used += 1
        asked = unquote_plus(request.url.query)
        self.org.asked.append(f"{request.method} {request.url.path}?{asked}")
        response = self._routed(request, body)
        response.headers["sforce-limit-info"] = f"api-usage={self.org.used}/{self.org.allowance}"
        self.org.meanwhile(self.org)
        return response

    def _token(self, request: Request, body: bytes) -> Response:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        known = base64.b64encode(":".join(self.org.client).encode()).decode()
        said = (form.get("client_id", ""), form.get("client_secret", ""))
        if request.headers.get("authorization") != f"Basic {known}" and said != self.org.client:
            refused = {"error": "invalid_client", "error_description": "invalid client credentials"}
            return JSONResponse(refused, 400)
        if form.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        told = {
            "access_token": self.org.token(),
            "instance_url": self.org.url,
            "token_type": "Bearer",
        }
        return JSONResponse(told)

    def _routed(self, request: Request, body: bytes) -> Response:
        if len(str(request.url)) > LONGEST:
            return Response("<h1>URI Too Long</h1>", 414)
        if request.url.path.startswith("/cometd/"):
            return JSONResponse(
                [each for said in json.loads(body) for each in events.told(self.org, said)]
            )
        found = DATA.fullmatch(request.url.path)
        if found is None:
            return missing()
        try:
            return self._below(found[1], found[2].rstrip("/"), request, body)
        except SoqlError as refused:
            return error(400, refused.code, str(refused))

    def _below(self, version: str, path: str, request: Request, body: bytes) -> Response:
        first, _, rest = path.partition("/")
        if first in ("query", "queryAll"):
            return self._queried(version, first, rest, request)
        if first == "sobjects":
            return self._described(rest)
        if path.startswith("jobs/query"):
            return bulk.answered(self.org, version, rest.partition("/")[2], request, body)
        return missing()

    def _described(self, path: str) -> Response:
        if not path:
            names = [name for name in self.org.tables if name not in self.org.forbidden]
            told = [{"name": name, "queryable": True, "custom": "__c" in name} for name in names]
            return JSONResponse({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": told})
        name = path.removesuffix("/describe")
        if name not in self.org.tables or name in self.org.forbidden or name == path:
            return missing()
        types = self.org.tables[name].types
        fields = [{"name": f, "type": t, "custom": f.endswith("__c")} for f, t in types.items()]
        return JSONResponse({"name": name, "queryable": True, "fields": fields})

    def _queried(self, version: str, kind: str, rest: str, request: Request) -> Response:
        if rest:
            key, _, at = rest.rpartition("-")
            if key not in self.org.cursors:
                return error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
            return self._page(version, key, int(at))
        query, rows = self.org.found(request.query_params["q"], deleted=kind == "queryAll")
        if query.is_count:
            return JSONResponse({"totalSize": len(rows), "done": True, "records": []})
        key = f"01g{next(self.org.ids):012d}AAA"
        self.org.cursors[key] = (kind, query, [row["Id"] for row in rows])
        return self._page(version, key, 0)

    def _page(self, version: str, key: str, at: int) -> Response:
        kind, query, ids = self.org.cursors[key]
        rows = self.org.tables[query.name].rows
        shown = [rows[i] for i in ids[at : at + self.org.page] if i in rows]
        records = [self._record(version, query, row) for row in shown]
        answer: Row = {"totalSize": len(ids), "done": at + self.org.page >= len(ids)}
        if not answer["done"]:
            following = f"/services/data/v{version}/{kind}/{key}-{at + self.org.page}"
            answer["nextRecordsUrl"] = following
        return JSONResponse(answer | {"records": records})

    def _record(self, version: str, query: Query, row: Row) -> Row:
        url = f"/services/data/v{version}/sobjects/{query.name}/{row['Id']}"
        record: Row = {"attributes": {"type": query.name, "url": url}}
        for name in query.fields:
            parent, _, own = name.rpartition(".")
            if not parent:
                record[name] = row.get(name)
                continue
            key = row.get(f"{parent}Id")
            shown = Query([own], parent, query.where, [], None, False, set())
            known = self.org.tables[parent].rows
            inner = self._record(version, shown, known[key]) if key in known else None
            record[parent] = inner and ((record.get(parent) or {}) | inner)
        return record


@contextmanager
def serving(org: Org) -> Iterator[Org]:
    """Serve the org on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # whoever asks before the server is up waits
    org.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    everything = Route("/{path:path}", _Answers(org).answer, methods=["GET", "POST", "DELETE"])
    config = uvicorn.Config(
        Starlette(routes=[everything]), log_level="error", h11_max_incomplete_event_size=1 << 20
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield org
    finally:
        server.should_exit = True
        thread.join()
