"""How a package proves itself: a token in a header of REST requests, in the envelope of SOAP's.

It gets the token, which holds for some twenty minutes, for its client id and secret, and for one
business unit. SOAP says that a token is over with a fault and status 500; that becomes a 401 here,
so that it is replaced like any other and not taken for a failure of the moment.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import httpx

from cdp.errors import ConfigError, UnreachableError
from cdp.sources.remote.connection import BearerAuth, ClientAuth
from cdp.sources.remote.tokens import TokenAuth

if TYPE_CHECKING:
    from collections.abc import Generator

    from cdp.sources import Opening
    from cdp.sources.remote.secrecy import Secrets

TOKEN: Final = b"@token@"
"""What stands in an envelope where the token goes."""
_BEARER: Final = "Bearer "
_LENGTH: Final = "content-length"
_FAILED: Final = 500
_REFUSED: Final = 401
_SECURITY: Final = re.compile(rb"<faultcode[^>]*>[^<]*Security</faultcode>")
_SAID: Final = re.compile(r"<faultstring[^>]*>([^<]*)</faultstring>")


class CloudAuth(TokenAuth):
    """Puts the token where the API wants it; one that is refused is replaced once."""

    requires_request_body = True
    _failure: UnreachableError | None = None
    """Why there is no token: both APIs ask with the same credentials, refused ones only once."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send what `TokenAuth` sends, an envelope with the token in it."""
        if self._failure is not None:
            raise self._failure
        flow = super().auth_flow(request)
        asked = next(flow, None)
        while asked is not None:
            response = yield _enveloped(asked)
            try:
                asked = flow.send(response)
            except StopIteration:
                return
            except UnreachableError as error:
                self._failure = error
                raise


def _enveloped(request: httpx.Request) -> httpx.Request:
    if TOKEN not in request.content:
        return request
    headers = {n: v for n, v in request.headers.items() if n not in ("authorization", _LENGTH)}
    token = request.headers["authorization"].removeprefix(_BEARER)
    content = request.content.replace(TOKEN, token.encode())
    extensions = request.extensions
    return httpx.Request(
        request.method, request.url, headers=headers, content=content, extensions=extensions
    )


class Faults(httpx.BaseTransport):
    """Answers that refuse a token in the way of SOAP, said as HTTP does."""

    def __init__(self, wire: httpx.BaseTransport) -> None:
        self._wire = wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, a refused token as status 401."""
        response = self._wire.handle_request(request)
        if response.status_code != _FAILED:
            return response
        response.read()
        if _SECURITY.search(response.content) is None:
            return response
        said = _SAID.search(response.text)
        return httpx.Response(
            _REFUSED, json={"message": said[1] if said else "a security fault"}, request=request
        )

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()


def proof(opening: Opening, account_id: int | None, secrets: Secrets) -> CloudAuth:
    """Return what says who asks, by `auth:`.

    Raises:
        ConfigError: `auth:` is of a kind that Marketing Cloud does not take.
        UnreachableError: a secret is not where the file says.
    """
    declared, name = opening.instance.auth, opening.name
    if isinstance(declared, BearerAuth):
        return CloudAuth.fixed(secrets.keep(declared.token.read(name)), secrets)
    if not isinstance(declared, ClientAuth):
        msg = (
            f"sources/{name}.yaml: auth: Marketing Cloud takes client_credentials, with token_url: "
            "https://<subdomain>.auth.marketingcloudapis.com/v2/token, or bearer"
        )
        raise ConfigError(msg)
    pair = secrets.keep_pair(declared.client_id.read(name), declared.client_secret.read(name))
    said: dict[str, object] = {
        "grant_type": "client_credentials",
        "client_id": pair[0],
        "client_secret": pair[1],
    }
    if account_id is not None:
        said["account_id"] = account_id
    if declared.scope is not None:
        said["scope"] = declared.scope
    return CloudAuth(name, None, httpx.Request("POST", declared.token_url, json=said), secrets)
