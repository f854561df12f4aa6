"""An instance of B2C Commerce: tokens of Account Manager, and the Orders and Customers Admin APIs.

Paths, parameters, limits, errors and words are those of the OpenAPI documents that Salesforce
publishes. What it does not imitate: JWTs (a token is a word here); any search but for everything
and for what changed (`matchAllQuery`, a `rangeFilter` on `lastModified`); sorting but by one field;
rate limits of single APIs; hooks; Shopper APIs; writing. That customers can be searched by
`lastModified` is an assumption that can be switched off (`searches_changes`).
"""

import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Row = dict[str, Any]
ERRORS = "https://api.commercecloud.salesforce.com/documentation/error/v1/errors"
TENANT = "SALESFORCE_COMMERCE_API:zzte_001"
ORGANIZATION = "f_ecom_zzte_001"
ORDERS = re.compile(r"/checkout/orders/v1/organizations/([\w]+)/orders(?:/([\w-]+))?")
LIST = r"/customer/customers/v1/organizations/([\w]+)/customer-lists/([\w.-]+)"
SEARCH = re.compile(LIST + "/customer-search")
CUSTOMER = re.compile(LIST + r"/customers/([\w-]+)(/addresses)?")
PARAMETERS = {
    "siteId",
    "sortBy",
    "sortOrder",
    "limit",
    "offset",
    "lastModifiedDateFrom",
    "lastModifiedDateTo",
    "creationDateFrom",
    "creationDateTo",
    "status",
}


class _ProblemError(Exception):
    def __init__(self, status: int, slug: str, title: str, detail: str) -> None:
        super().__init__(detail)
        body = {"title": title, "type": f"{ERRORS}/{slug}", "detail": detail}
        self.answer = JSONResponse(body, status, media_type="application/problem+json")


def _refuse(detail: str) -> NoReturn:
    raise _ProblemError(400, "invalid-query-parameter", "Bad Request", detail)


@dataclass
class Instance:
    """What an instance has and how it behaves.

    Attributes:
        orders: its orders by site.
        customers: the customers of its one customer list.
        addresses: further addresses by number of the customer.
        scopes: what the client is allowed.
        token_uses: answers that a token holds for.
        most: rows that it counts through.
        searches_changes: whether it finds customers by lastModified.
        load: what it says of its load, as a header.
        refusals: answers to give instead of the next ones: status, headers, and text.
        asked: path and query, or body, of every request that was answered.
        granted: the scopes of every token that was given.
        meanwhile: what happens in the instance after each answer.
    """

    orders: dict[str, list[Row]] = field(default_factory=lambda: {"RefArch": []})
    customers: list[Row] = field(default_factory=list)
    addresses: dict[str, list[Row]] = field(default_factory=dict)
    customer_list: str = "RefArch"
    scopes: set[str] = field(default_factory=lambda: {TENANT, "sfcc.orders", "sfcc.customerlists"})
    client: tuple[str, str] = ("client", "am-secret")
    token_uses: int = 1_000_000
    most: int = 10_000
    searches_changes: bool = True
    load: str | None = None
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    meanwhile: Callable[["Instance"], None] = lambda _: None
    url: str = ""
    uses_left: int = 0

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.url.path == "/dwsso/oauth2/access_token":
            return self._token(request, await request.body())
        try:
            self._check(request)
            if self.refusals:
                status, headers, text = self.refusals.pop(0)
                return Response(text, status, headers)
            body = await request.body()
            self.asked.append(f"{request.url.path} {request.url.query or body.decode()}")
            response = JSONResponse(self._found(request, body))
        except _ProblemError as problem:
            return problem.answer
        if self.load is not None:
            response.headers["sfdc_load"] = "92"
            response.headers["sfdc_load_status"] = self.load
        self.meanwhile(self)
        return response

    def _token(self, request: Request, body: bytes) -> Response:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        said = base64.b64encode(":".join(self.client).encode()).decode()
        wanted = form.get("scope", "").split()
        if request.headers.get("authorization") != f"Basic {said}":
            told = {"error": "invalid_client", "error_description": "Client authentication failed"}
            return JSONResponse(told, 401)
        if form.get("grant_type") != "client_credentials" or not set(wanted) <= self.scopes:
            told = {"error": "invalid_scope", "error_description": "Unknown/invalid scope"}
            return JSONResponse(told, 400)
        self.granted.append(" ".join(wanted))
        self.uses_left = self.token_uses
        token = {"access_token": self.token, "scope": form["scope"], "token_type": "Bearer"}
        return JSONResponse({**token, "expires_in": 1799})

    @property
    def token(self) -> str:
        """The token that holds now."""
        return f"token-{len(self.granted)}"

    def _check(self, request: Request) -> None:
        said = request.headers.get("authorization", "")
        if said != f"Bearer {self.token}" or not self.uses_left:
            detail = "The request is unauthorized, the access token is invalid."
            raise _ProblemError(401, "invalid-access-token", "Invalid Access Token", detail)
        self.uses_left -= 1
        scope = "sfcc.orders" if "/checkout/" in request.url.path else "sfcc.customerlists"
        if not {scope, TENANT} <= set(self.granted[-1].split()):
            detail = (
                "Your access-token is valid, but you have no permissions to access the resource."
            )
            raise _ProblemError(403, "forbidden", "Forbidden", detail)

    def _found(self, request: Request, body: bytes) -> Row:
        path, given = request.url.path, dict(request.query_params)
        if (orders := ORDERS.fullmatch(path)) is not None and orders[1] == ORGANIZATION:
            return self._orders(given, orders[2])
        if (search := SEARCH.fullmatch(path)) is not None and search[1] == ORGANIZATION:
            self._check_list(search[2])
            return self._search(json.loads(body))
        if (one := CUSTOMER.fullmatch(path)) is not None and one[1] == ORGANIZATION:
            self._check_list(one[2])
            return self._customer(one[3], given, is_about_addresses=one[4] is not None)
        raise _ProblemError(404, "not-found", "Not Found", "There is no such resource.")

    def _check_list(self, name: str) -> None:
        if name != self.customer_list:
            detail = f"No customer list with ID '{name}' was found."
            raise _ProblemError(404, "customer-list-not-found", "Customer List Not Found", detail)

    def _orders(self, given: dict[str, str], number: str | None) -> Row:
        unknown = given.keys() - PARAMETERS
        if unknown or "siteId" not in given:
            _refuse(f"parameters are not as they are defined: {sorted(unknown)}")
        if given["siteId"] not in self.orders:
            detail = f"No site with ID '{given['siteId']}' was found."
            raise _ProblemError(404, "site-not-found", "Site Not Found", detail)
        rows = self.orders[given["siteId"]]
        if number is not None:
            return next(row for row in rows if row["orderNo"] == number)
        by = {"creation_date": "creationDate", "last_modified_date": "lastModified"}
        for name, key in (("lastModifiedDate", "lastModified"), ("creationDate", "creationDate")):
            rows = [row for row in rows if row[key] >= given.get(f"{name}From", "")]
            rows = [row for row in rows if row[key] < given.get(f"{name}To", "9")]
        sort, order = by[given.get("sortBy", "creation_date")], given.get("sortOrder", "desc")
        rows = sorted(rows, key=lambda row: row[sort], reverse=order == "desc")
        return {"data": self._part(rows, given.get("offset", 0), given.get("limit", 100))}

    def _search(self, asked: Row) -> Row:
        rows, query = self.customers, asked["query"]
        if "filteredQuery" in query:
            wanted = query["filteredQuery"]["filter"]["rangeFilter"]
            if wanted["field"] != "lastModified" or not self.searches_changes:
                _refuse(f"The field '{wanted['field']}' is not searchable.")
            query = query["filteredQuery"]["query"]
            rows = [row for row in rows if row["lastModified"] >= wanted["from"]]
        if query != {"matchAllQuery": {}}:
            _refuse("query: it is none that is known")
        for sort in asked.get("sorts", []):
            if sort["field"] == "lastModified" and not self.searches_changes:
                _refuse("The field 'lastModified' is not sortable.")
            key = sort["field"]
            rows = sorted(
                rows, key=lambda row: str(row.get(key)), reverse=sort["sortOrder"] == "desc"
            )
        offset, limit = asked.get("offset", 0), asked.get("limit", 25)
        hits = [{"data": row, "relevance": 1.0} for row in self._part(rows, offset, limit)]
        page = {"hits": hits, "limit": limit, "offset": offset, "total": len(rows)}
        return {**page, "query": asked["query"]}

    def _customer(self, number: str, given: dict[str, str], *, is_about_addresses: bool) -> Row:
        rows = [row for row in self.customers if row["customerNo"] == number]
        if not rows:
            detail = f"No customer with number '{number}' was found."
            raise _ProblemError(404, "customer-not-found", "Customer Not Found", detail)
        if not is_about_addresses:
            return rows[0]
        first = [rows[0]["primaryAddress"]] if "primaryAddress" in rows[0] else []
        there = [*first, *self.addresses.get(number, [])]
        offset, limit = int(given.get("offset", 0)), int(given.get("limit", 25))
        found = {"data": there[offset : offset + limit], "limit": limit, "offset": offset}
        return {**found, "total": len(there)}

    def _part(self, rows: list[Row], offset: str | int, limit: str | int) -> list[Row]:
        at, size = int(offset), int(limit)
        if not 1 <= size <= 200:
            _refuse("limit: it is between 1 and 200")
        if at + size > self.most:
            _refuse("The sum of the offset and limit parameters cannot be greater than 10000.")
        return rows[at : at + size]


@contextmanager
def serving(instance: Instance) -> Iterator[Instance]:
    """Serve the instance on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # whoever asks before the server is up waits
    instance.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = Starlette(routes=[Route("/{path:path}", instance.answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield instance
    finally:
        server.should_exit = True
        thread.join()
