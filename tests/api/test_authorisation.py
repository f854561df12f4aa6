"""Who may do what: every route times every kind of caller, expected from the one table here."""

import asyncio
import json
import re
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from access_world import basic, declare, ended_key, key_of, revoked_key
from cdp.api import create_app
from cdp.api.endpoints import ENDPOINTS
from cdp.api.openapi import document
from cdp.privacy.keys import SCOPES
from cdp.settings import Settings, Workspace
from oidc_issuer import Issuer, issuing
from published import ACME, ADA, NOW, copied

_PARTS = (
    *("timeline", "identifiers", "sources", "origins", "consents", "scores", "segments"),
    *("relationships", "possible", "explain", "history"),
)
_ENTITIES = ("profiles", "accounts")
VIEWED = {
    *(f"GET /v1/{entity}/{{ref}}" for entity in _ENTITIES),
    *(f"GET /v1/{entity}/{{ref}}/fact-sheet" for entity in _ENTITIES),
    *(f"POST /v1/{entity}:batchGet" for entity in _ENTITIES),
    "GET /v1/screen-pop",
    *(f"GET /v1/{entity}/{{ref}}/live/{{block}}" for entity in _ENTITIES),
}
"""Routes where a view can be asked for instead, with a scope of its own."""
TABLE: dict[str, str | None] = {
    **dict.fromkeys(VIEWED, "profiles:read"),
    **{
        f"GET /v1/{entity}/{{ref}}/{part}": "profiles:read"
        for entity in _ENTITIES
        for part in _PARTS
    },
    **{f"GET /v1/{entity}": "profiles:read" for entity in _ENTITIES},
    **{f"GET /v1/{entity}/{{ref}}/recommendations": "profiles:read" for entity in _ENTITIES},
    "POST /v1/resolve": "profiles:resolve",
    **{
        f"POST /v1/{call}": "events:write"
        for call in ("batch", "identify", "track", "page", "screen", "group", "alias")
    },
    "POST /v1/import/{source}": "events:write",
    "POST /v1/webhooks/{source}": None,
    "POST /v1/segments/{name}/exports": "exports:write",
    "GET /v1/segments/{name}/exports": "exports:read",
    "GET /v1/segments/{name}/exports/{export_id}": "exports:read",
    "GET /v1/segments/{name}/exports/{export_id}/file": "exports:read",
    "GET /v1/reviews": "reviews:read",
    "GET /v1/reviews/{item_id}": "reviews:read",
    "GET /v1/decisions": "reviews:read",
    "GET /v1/decisions/{decision_id}": "reviews:read",
    "POST /v1/decisions": "reviews:write",
    "POST /v1/decisions/{decision_id}/undo": "reviews:write",
    "POST /v1/identity/plan": "identity:plan",
    "GET /v1/identity/plans/{plan_id}": "identity:plan",
    "GET /v1/identity/runs": "runs:read",
    "GET /v1/identity/models/{version}": "runs:read",
    "GET /v1/sources": "runs:read",
    "GET /v1/sources/{name}": "runs:read",
    "GET /v1/schedules": "runs:read",
    "GET /v1/scores": "runs:read",
    "GET /v1/scores/{name}": "runs:read",
    "GET /v1/schedules/{name}/runs": "runs:read",
    "POST /v1/schedules/{name}:run": "schedules:write",
    "POST /v1/schedules/{name}:pause": "schedules:write",
    "POST /v1/schedules/{name}:resume": "schedules:write",
    "GET /v1/quarantine": "quarantine:read",
    "GET /v1/quarantine/{record}": "quarantine:read",
    "POST /v1/quarantine/{record}:repair": "quarantine:write",
    "POST /v1/quarantine:replay": "quarantine:write",
    "GET /v1/corrections": "quarantine:read",
    "GET /v1/corrections/{correction_id}": "quarantine:read",
    "POST /v1/corrections/{correction_id}/undo": "quarantine:write",
    "GET /v1/privacy/requests": "privacy:read",
    "GET /v1/privacy/requests/{request_id}": "privacy:read",
    "GET /v1/privacy/requests/{request_id}/result": "privacy:read",
    "POST /v1/privacy/requests": "privacy:write",
    "POST /v1/profiles/{ref}/consents": "consents:write",
    "GET /v1/audit": "audit:read",
    "GET /v1/keys": "admin",
    "POST /v1/keys": "admin",
    "POST /v1/keys/{key_id}:rotate": "admin",
    "DELETE /v1/keys/{key_id}": "admin",
    "GET /v1/screen-pop/dismissals": "reviews:read",
    "GET /v1/screen-pop/dismissals/{dismissal_id}": "reviews:read",
    "POST /v1/screen-pop/dismissals": "calls:write",
    "POST /v1/screen-pop/dismissals/{dismissal_id}/undo": "calls:write",
    "GET /v1/segments": "segments:read",
    "GET /v1/segments/{name}/members": "segments:read",
    "POST /v1/segments": "segments:write",
    "POST /v1/segments/preview": "segments:read",
    "GET /v1/segments/{name}": "segments:read",
    "PUT /v1/segments/{name}": "segments:write",
    "DELETE /v1/segments/{name}": "segments:write",
    "GET /v1/segments/{name}/versions": "segments:read",
    "POST /v1/segments/{name}/members": "segments:write",
    "POST /v1/segments/{name}/members:remove": "segments:write",
    "DELETE /v1/segments/{name}/members/{ref}": "segments:write",
    "GET /v1/segments/{name}/history": "segments:read",
    "GET /v1/segments/{name}/overlap": "segments:read",
    "GET /v1/segments/{name}/profile": "segments:read",
    "GET /v1/runs": "runs:read",
    "GET /healthz": None,
    "GET /readyz": None,
    "GET /metrics": None,
}
"""What a key needs for each route; None: no key at all."""
BY_REGION = {
    *(route for route, scope in TABLE.items() if scope in {"profiles:read", "profiles:resolve"}),
    *("GET /v1/identity/runs", "GET /v1/identity/models/{version}", "GET /v1/runs"),
    *("GET /v1/sources", "GET /v1/sources/{name}", "GET /v1/keys"),
    *("GET /v1/scores", "GET /v1/scores/{name}"),
    *("GET /v1/segments", "GET /v1/segments/{name}/members"),
    *(f"GET /v1/segments/{{name}}{part}" for part in ("", "/versions", "/history")),
    "POST /v1/profiles/{ref}/consents",
    *("GET /v1/screen-pop/dismissals", "GET /v1/screen-pop/dismissals/{dismissal_id}"),
    *(route for route, scope in TABLE.items() if scope == "events:write"),
}
"""Routes that keep regions apart, or show nobody; others refuse keys that are bound to regions."""
ALWAYS_VIEWED = {"GET /v1/screen-pop"}
"""Routes where a view is shown also when none is named: that of the service scenario."""
EVERYTHING = "everything, in a region"
ROUTES = [f"{endpoint.method} {endpoint.path}" for endpoint in ENDPOINTS]


@dataclass
class Matrix:
    """The application, asked without a socket, and the Authorization of every kind of caller."""

    app: FastAPI
    runner: asyncio.Runner
    callers: dict[str, str]

    def ask(self, route: str, caller: str, body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer."""
        method, _, path = route.partition(" ")
        return self.runner.run(self._asked(method, path, caller, body))

    async def _asked(self, method: str, path: str, caller: str, body: bytes) -> tuple[int, bytes]:
        said = self.callers.get(caller)
        headers = [(b"authorization", said.encode())] if said is not None else []
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode()}
        more = {"headers": headers, "query_string": b"", "root_path": "", "http_version": "1.1"}
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.app(scope | more, receive, send)
        return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:])


@pytest.fixture(scope="module")
def matrix(regions_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    with issuing(tmp_path_factory.mktemp("issuer")) as issuer:
        place = copied(regions_base, tmp_path_factory.mktemp("matrix"))
        declare(place, issuer.declared())
        callers = _callers(place, issuer)
        app = create_app(place, Settings(rate_limit=1_000_000), lambda: NOW)
        with asyncio.Runner() as runner:
            opened = app.router.lifespan_context(app)
            runner.run(opened.__aenter__())
            yield Matrix(app, runner, callers)
            runner.run(opened.__aexit__(None, None, None))


def _callers(place: Workspace, issuer: Issuer) -> dict[str, str]:
    rights: dict[str, tuple[str, ...]] = {scope: (scope,) for scope in (*SCOPES, "view:service")}
    rights |= {"nearly everything": tuple(s for s in SCOPES if s != "admin")}
    tokens = {name: key_of(place, scopes=scopes) for name, scopes in rights.items()}
    tokens |= {
        EVERYTHING: key_of(place, "europe", scopes=rights["nearly everything"]),
        "no such role": key_of(place, "gone"),
        "expired": ended_key(place, at=NOW),
        "revoked": revoked_key(place),
        "wrong": key_of(place, scopes=("admin",))[:-1] + "!",
        "agent by token": issuer.token(),
        "nobody by token": issuer.token(realm_access=None),
        "late by token": issuer.token(exp=int(NOW.timestamp()) - 31),
    }
    return {name: f"Bearer {token}" for name, token in tokens.items()} | {
        "admin as user": basic(tokens["admin"]),
        "wrong as user": basic("somebody"),
        "no such scheme": f"Digest {tokens['admin']}",
    }


BODIES = {f"POST /v1/{entity}:batchGet": b'{"refs": ["P-never"]}' for entity in _ENTITIES}
"""Elsewhere a body that no endpoint takes: who is let in is told so, and nothing is changed."""
NO_KEY = {
    *("nobody", "expired", "revoked", "wrong", "wrong as user", "no such scheme", "late by token"),
}


def expected(route: str, caller: str) -> str:
    """Return the code of the problem that refuses this caller, "" where it is let in."""
    scope = TABLE[route]
    if scope is None:
        return ""
    if caller in NO_KEY:
        return "unauthorised"
    if route in ALWAYS_VIEWED:
        admitted = {"view:service", "agent by token", "admin", "admin as user"}
        return "" if caller in admitted else "forbidden"
    if caller in {"nearly everything", EVERYTHING} and scope != "admin":
        # the account that is asked for has a record of another region, too
        is_hidden = route not in BY_REGION or ("/accounts/{ref}" in route and "live" not in route)
        return "region" if caller == EVERYTHING and is_hidden else ""
    return "" if caller in {scope, "admin", "admin as user"} else "forbidden"


@pytest.mark.parametrize("route", ROUTES)
def test_every_caller_is_let_in_or_refused_as_the_table_says(matrix: Matrix, route: str) -> None:
    path = route.replace("{ref}", ACME if "accounts" in route else ADA)
    path = re.sub(r"\{\w+\}", "1", path)
    for caller in ("nobody", *matrix.callers):
        status, body = matrix.ask(path, caller, BODIES.get(route, b"[]"))
        code = expected(route, caller)
        where = f"{route} by {caller}: {status} {body[:200]!r}"
        assert status < 500 or status == 503, where
        if code:
            refused = 401 if code == "unauthorised" else 403
            assert (status, json.loads(body)["code"]) == (refused, code), where
        elif TABLE[route] is not None:
            assert status not in {401, 403}, where


def test_the_table_names_every_route_and_its_scope() -> None:
    assert {f"{e.method} {e.path}": e.scope for e in ENDPOINTS} == TABLE
    assert {f"{e.method} {e.path}" for e in ENDPOINTS if e.views} == VIEWED
    regional = {
        f"{e.method} {e.path}" for e in ENDPOINTS if e.regional or e.scope == "events:write"
    }
    assert regional == BY_REGION


def test_the_document_says_the_same() -> None:
    said = {
        f"{method.upper()} {path}": operation["security"]
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }
    for route, scope in TABLE.items():
        assert bool(said[route]) == (scope is not None), route
        # by key, as user, by token of an issuer, or where it says so by nothing but the body
        for way in said[route]:
            assert all(scopes == [scope] for scopes in way.values()), route


def test_every_scope_is_needed_somewhere_or_shows_more() -> None:
    assert set(SCOPES) == {scope for scope in TABLE.values() if scope} | {"pii:read"}
