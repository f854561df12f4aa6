"""A business unit of Marketing Cloud: tokens, rows of data extensions by REST, Retrieve by SOAP.

Paths, bodies, links, faults and words are those of Salesforce's documentation and of the answers
that public clients keep as samples. What it does not imitate: any SOAP action but Retrieve; filters
but by a date, and `gt`, `gte`, `lt` of one field by REST; objects below others, but a list's ID;
that the rows behind a request token stay as they were, and how long; limits on calls; permissions
by object; writing. Moments are told without offset, in Central time without daylight saving.
"""

import json
import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any
from xml.etree.ElementTree import Element, fromstring
from xml.sax.saxutils import escape

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Row = dict[str, Any]
ZONE = timezone(timedelta(hours=-6))
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
API = "http://exacttarget.com/wsdl/partnerAPI"
FUEL = "http://exacttarget.com"
MOST = 2_500
ROWSET = re.compile(r"/data/v1/customobjectdata/key/([^/]+)/rowset")
TOKEN = re.compile(r"/data/v1/customobjectdata/token/([\w-]+)/rowset")
FILTER = re.compile(r"([\w ]+?) (gt|gte|lt) '([^']*)'")
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "greaterThan": lambda a, b: a > b,
    "greaterThanOrEqual": lambda a, b: a >= b,
    "lessThan": lambda a, b: a < b,
}
DOCUMENTATION = "https://developer.salesforce.com/docs"


def american(moment: datetime, clock: tzinfo = ZONE) -> str:
    """Return a moment as rows of data extensions have it."""
    local = moment.astimezone(clock)
    hour, half = (local.hour % 12 or 12), ("PM" if local.hour >= 12 else "AM")
    return f"{local.month}/{local.day}/{local.year} {hour}:{local:%M:%S} {half}"


def plain(moment: datetime) -> str:
    """Return a moment as SOAP has it."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


@dataclass
class Extension:
    """A data extension: fields of its primary key, and rows in the case that they were made in."""

    keys: tuple[str, ...]
    rows: list[Row] = field(default_factory=list)


@dataclass
class Account:
    """What a business unit has and how it behaves.

    Attributes:
        extensions: data extensions by external key.
        objects: rows of the SOAP API by object.
        token_uses: answers that a token holds for.
        most: rows of a page of SOAP.
        refusals: answers to give instead of the next ones: status, headers, and text.
        asked: what every request that was answered asked for.
        granted: what every token was asked for with.
        tried: times that a token was asked for.
        statuses: what Retrieve of an object says instead of answering.
        meanwhile: what happens in the account after each answer.
        orders: whether it heeds the order that rows are asked for in.
        clock: the zone of its clock.
        stands: whether it gives the same page when it is asked for the next one.
    """

    extensions: dict[str, Extension] = field(default_factory=dict)
    objects: dict[str, list[Row]] = field(default_factory=dict)
    client: tuple[str, str] = ("client", "mc-secret")
    token_uses: int = 1_000_000
    most: int = MOST
    refusals: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    granted: list[Row] = field(default_factory=list)
    tried: int = 0
    statuses: dict[str, str] = field(default_factory=dict)
    meanwhile: Callable[["Account"], None] = lambda _: None
    orders: bool = True
    clock: tzinfo = ZONE
    stands: bool = False
    url: str = ""
    uses_left: int = 0
    kept: dict[str, Any] = field(default_factory=dict)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        body = await request.body()
        if request.url.path.endswith("/v2/token"):
            return self._token(json.loads(body))
        if self.refusals:
            status, headers, text = self.refusals.pop(0)
            return Response(text, status, headers)
        found = self._retrieve(body) if request.url.path == "/Service.asmx" else self._rest(request)
        self.meanwhile(self)
        return found

    @property
    def token(self) -> str:
        """The token that holds now."""
        return f"token-{len(self.granted)}-0123456789"

    def _token(self, asked: Row) -> Response:
        self.tried += 1
        said = (asked.get("client_id"), asked.get("client_secret"))
        if said != self.client or asked.get("grant_type") != "client_credentials":
            told = "Invalid client ID or secret. Check your credentials."
            return JSONResponse({"error": "invalid_client", "error_description": told}, 401)
        self.granted.append(asked)
        self.uses_left = self.token_uses
        return JSONResponse(
            {
                "access_token": self.token,
                "expires_in": 1079,
                "token_type": "Bearer",
                "rest_instance_url": f"{self.url}/",
                "soap_instance_url": f"{self.url}/",
                "scope": asked.get("scope", "data_extensions_read"),
            }
        )

    def _holds(self, token: str) -> bool:
        if token != self.token or not self.uses_left:
            return False
        self.uses_left -= 1
        return True

    def _rest(self, request: Request) -> Response:
        said = request.headers.get("authorization", "")
        if not self._holds(said.removeprefix("Bearer ")):
            return _problem(401, "Not Authorized", 0)
        path, given = request.url.path, dict(request.query_params)
        self.asked.append(f"{path} {request.url.query}")
        begun, going = ROWSET.fullmatch(path), TOKEN.fullmatch(path)
        if begun is not None and begun[1] in self.extensions:
            there = self.extensions[begun[1]]
            try:
                order = given.get("$orderBy") if self.orders else None
                rows = _chosen(there.rows, given.get("$filter"), order, self.clock)
            except LookupError as error:
                return _problem(400, str(error), 10001)
            token = str(uuid.uuid4())
            self.kept[token] = (there, rows, int(given.get("$pageSize", 50)))
        elif going is not None and going[1] in self.kept:
            token = going[1]
            there, rows, _ = self.kept[token]
        else:
            return _problem(404, "Unable to find the data extension by its key", 10006)
        return JSONResponse(self._page(token, int(given.get("$page", 1))))

    def _page(self, token: str, number: int) -> Row:
        there, rows, size = self.kept[token]
        size = min(size, MOST)
        part = rows[(number - 1) * size : number * size]
        link = f"/v1/customobjectdata/token/{token}/rowset?$page="
        links = {"self": f"{link}{number}"}
        if number * size < len(rows):
            links["next"] = f"{link}{number + (not self.stands)}"
        page: Row = {"links": links, "requestToken": token, "tokenExpireDateUtc": "2030-01-01"}
        page |= {"customObjectKey": token, "pageSize": size, "page": number, "count": len(rows)}
        return page | {"top": 0, "items": [_item(there, row, self.clock) for row in part]}

    def _retrieve(self, body: bytes) -> Response:
        root = fromstring(body)  # noqa: S314 - a test wrote it
        token = root.findtext(f"{{{SOAP}}}Header/{{{FUEL}}}fueloauth") or ""
        if not self._holds(token):
            return _fault("Token Expired")
        asked = root.find(f"{{{SOAP}}}Body/{{{API}}}RetrieveRequestMsg/{{{API}}}RetrieveRequest")
        assert asked is not None
        name = asked.findtext(f"{{{API}}}ObjectType") or ""
        self.asked.append(body.decode().replace(token, ""))
        if name in self.statuses or name not in self.objects:
            unknown = f"Error: Unable to find a handler for object type: {name}."
            return _answered(self.statuses.get(name, unknown), str(uuid.uuid4()), "")
        names = [each.text or "" for each in asked.findall(f"{{{API}}}Properties")]
        going = asked.findtext(f"{{{API}}}ContinueRequest")
        if going is not None:
            rows = self.kept.pop(going)
        else:
            rows = [r for r in self.objects[name] if _fits(r, asked.find(f"{{{API}}}Filter"))]
        size = min(self.most, int(asked.findtext(f"{{{API}}}Options/{{{API}}}BatchSize") or MOST))
        token = str(uuid.uuid4())
        self.kept[token] = rows if self.stands else rows[size:]
        status = "MoreDataAvailable" if rows[size:] else "OK"
        return _answered(status, token, "".join(_result(name, r, names) for r in rows[:size]))


def _chosen(rows: list[Row], wanted: str | None, order: str | None, clock: tzinfo) -> list[Row]:
    if wanted is not None:
        asked = FILTER.fullmatch(wanted)
        if asked is None:
            msg = f"The filter {wanted} is invalid"
            raise LookupError(msg)
        limit = datetime.fromisoformat(asked[3]).replace(tzinfo=clock)
        rows = [r for r in rows if COMPARED[asked[2]](_field(r, asked[1]), limit)]
    if order is not None:
        name, direction = order.rsplit(" ", 1)
        rows = sorted(rows, key=lambda r: _field(r, name), reverse=direction == "desc")
    return list(rows)


def _field(row: Row, name: str) -> Any:
    found = {key.lower(): value for key, value in row.items()}
    if name.lower() not in found:
        msg = f"The field {name} does not exist"
        raise LookupError(msg)
    return found[name.lower()] or datetime(1900, 1, 1, tzinfo=UTC)


def _item(there: Extension, row: Row, clock: tzinfo) -> Row:
    said = {
        name.lower(): american(value, clock) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    keys = {name.lower() for name in there.keys}
    return {
        "keys": {name: value for name, value in said.items() if name in keys},
        "values": {name: value for name, value in said.items() if name not in keys},
    }


def _fits(row: Row, asked: Element | None) -> bool:
    if asked is None:
        return True
    parts = [asked.find(f"{{{API}}}{side}Operand") for side in ("Left", "Right")]
    if parts[0] is not None:
        return all(_fits(row, part) for part in parts)
    said = asked.findtext(f"{{{API}}}DateValue") or asked.findtext(f"{{{API}}}Value") or ""
    limit = datetime.fromisoformat(said)
    found = row[asked.findtext(f"{{{API}}}Property") or ""]
    operator = asked.findtext(f"{{{API}}}SimpleOperator") or ""
    return COMPARED[operator](found, limit if limit.tzinfo else limit.replace(tzinfo=ZONE))


def _result(name: str, row: Row, names: list[str]) -> str:
    parts = "".join(_property(each, row.get(each)) for each in names)
    nil = '<PartnerKey xsi:nil="true" /><ObjectID xsi:nil="true" />'
    return f'<Results xsi:type="{name}">{nil}{parts}</Results>'


def _property(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(_property(name, each) for each in value)
    if isinstance(value, dict):
        held = "".join(_property(each, said) for each, said in value.items())
        return f"<{name}>{held}</{name}>"
    outer, _, inner = name.partition(".")
    said = plain(value) if isinstance(value, datetime) else escape(str(value))
    return f"<{outer}><{inner}>{said}</{inner}></{outer}>" if inner else f"<{name}>{said}</{name}>"


def _enveloped(body: str, status: int) -> Response:
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soap:Header></soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    )
    return Response(text, status, media_type="text/xml")


def _answered(status: str, token: str, results: str) -> Response:
    said = f"<OverallStatus>{escape(status)}</OverallStatus><RequestID>{token}</RequestID>"
    return _enveloped(
        f'<RetrieveResponseMsg xmlns="{API}">{said}{results}</RetrieveResponseMsg>', 200
    )


def _fault(said: str) -> Response:
    code = '<faultcode xmlns:q0="urn:wsse">q0:Security</faultcode>'
    return _enveloped(f"<soap:Fault>{code}<faultstring>{said}</faultstring></soap:Fault>", 500)


def _problem(status: int, message: str, code: int) -> Response:
    body = {"documentation": DOCUMENTATION, "errorcode": code, "message": message}
    return JSONResponse(body, status)


@contextmanager
def serving(account: Account) -> Iterator[Account]:
    """Serve the account on a free port of this machine while the block runs."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)  # whoever asks before the server is up waits
    account.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = Starlette(routes=[Route("/{path:path}", account.answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield account
    finally:
        server.should_exit = True
        thread.join()
