"""Systems that repeat what they were sent: nobody is shown the secrets in it."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cdp.sources.remote.secrecy import Secrets
from simulators.odata import System, serving
from walked import Walked

USER, PASSWORD, TOKEN = "technical-user", "pass/w&rd", "fetched-token"
PAIR = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
BASIC = {"kind": "basic", "user": {"env": "A_USER"}, "password": {"env": "A_PASSWORD"}}
OF_CLIENT = {"client_id": {"env": "A_USER"}, "client_secret": {"env": "A_PASSWORD"}}


class Parrot(System):
    """Gives a token to anybody, and repeats the headers of whatever else it is sent."""

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        self.asked.append(request.url.path)
        if request.url.path == "/token":
            return JSONResponse({"access_token": f"{TOKEN}-{len(self.asked)}"})
        sent = {name: request.headers.get(name, "") for name in ("authorization", "x-key")}
        return JSONResponse({"message": f"bad {sent} of {USER}"}, 401)


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    monkeypatch.setenv("A_USER", USER)
    monkeypatch.setenv("A_PASSWORD", PASSWORD)
    with serving(Parrot()) as running:
        yield running


@pytest.mark.parametrize(
    ("auth", "requests"),
    [
        (BASIC, 1),
        ({"kind": "bearer", "token": {"env": "A_PASSWORD"}}, 1),
        ({"kind": "header", "name": "X-Key", "value": {"env": "A_PASSWORD"}}, 1),
        ({"kind": "client_credentials", **OF_CLIENT}, 4),
    ],
)
@pytest.mark.parametrize("of_type", ["rest_api", "odata"])
def test_no_secret_is_repeated_and_none_tried_again(
    tmp_path: Path, parrot: System, auth: dict[str, Any], requests: int, of_type: str
) -> None:
    if auth["kind"] == "client_credentials":
        auth = auth | {"token_url": f"{parrot.url}/token"}
    resource = {"primary_key": "id"} if of_type == "rest_api" else {"key": "id"}
    objects = {"One": resource, "Two": resource}
    named = {"rest_api": "resources", "odata": "entity_sets"}[of_type]
    options = {named: objects} | ({"version": 4} if of_type == "odata" else {})
    declared = {"type": of_type, "url": parrot.url, "auth": auth, "options": options}
    place = Walked(declared, tmp_path)
    place.load()
    first, second = place.notes
    assert first == second
    assert len(parrot.asked) == requests
    assert "401: bad" in first
    assert "***" in first
    hidden = {PASSWORD, TOKEN, PAIR} | ({USER} if "user" in auth or "client_id" in auth else set())
    assert not [secret for secret in hidden if secret in first]


def test_a_client_that_gets_no_token_asks_once(tmp_path: Path, parrot: System) -> None:
    auth = {"kind": "client_credentials", **OF_CLIENT, "token_url": f"{parrot.url}/refused"}
    objects = {name: {"primary_key": "id"} for name in ("One", "Two", "Three")}
    declared = {"type": "rest_api", "url": parrot.url, "auth": auth}
    place = Walked({**declared, "options": {"resources": objects}}, tmp_path)
    place.load()
    assert parrot.asked == ["/refused"]
    assert len(set(place.notes)) == 1
    assert "gave no token (status 401)" in place.notes[0]


@pytest.mark.parametrize(
    ("secret", "said", "shown"),
    [
        ("tok", "bad token tok", "bad token tok"),
        (
            "token\n",
            "Illegal header value b'Bearer token\\n'",
            "Illegal header value b'Bearer ***\\n'",
        ),
        ("a b/c", "?key=a%20b%2Fc", "?key=***"),
        ('it\'s "x\\y"', str({"key": 'it\'s "x\\y"'}), "{'key': '***'}"),
    ],
)
def test_a_secret_is_hidden_however_it_is_written(secret: str, said: str, shown: str) -> None:
    secrets = Secrets()
    assert secrets.keep(secret) == secret
    assert secrets.hide(said) == shown


def test_the_longer_of_two_secrets_is_hidden_first() -> None:
    secrets = Secrets()
    secrets.keep("secret")
    secrets.keep("secret-and-more")
    assert secrets.hide("secret-and-more, secret") == "***, ***"
