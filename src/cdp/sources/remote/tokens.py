"""Bearer tokens: fixed ones, and those fetched for a client and fetched anew when refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import httpx

from cdp.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Generator

    from cdp.sources.remote.connection import ClientAuth
    from cdp.sources.remote.secrecy import Secrets

_UNAUTHORIZED = 401


class TokenAuth(httpx.Auth):
    """Puts a bearer token into each request; one that is refused is replaced once."""

    requires_response_body = True

    def __init__(
        self, source: str, token: str | None, ask: httpx.Request | None, secrets: Secrets
    ) -> None:
        self._source, self._token, self._ask, self._secrets = source, token, ask, secrets

    @classmethod
    def fixed(cls, token: str, secrets: Secrets) -> Self:
        """Return the use of a token that somebody else renews."""
        return cls("", token, None, secrets)

    @classmethod
    def of_client(cls, auth: ClientAuth, source: str, secrets: Secrets) -> TokenAuth:
        """Return the use of tokens that a client gets for itself (RFC 6749 section 4.4)."""
        fields = {"grant_type": "client_credentials"}
        if auth.scope is not None:
            fields["scope"] = auth.scope
        pair = secrets.keep_pair(auth.client_id.read(source), auth.client_secret.read(source))
        ask = httpx.Request("POST", auth.token_url, data=fields)
        next(httpx.BasicAuth(*pair).auth_flow(ask))
        return cls(source, None, ask, secrets)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token; on 401 fetch another and send it once more."""
        if self._token is None:
            yield from self._fetch()
        request.headers["authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == _UNAUTHORIZED and self._ask is not None:
            yield from self._fetch()
            request.headers["authorization"] = f"Bearer {self._token}"
            yield request

    def _fetch(self) -> Generator[httpx.Request, httpx.Response, None]:
        assert self._ask is not None  # noqa: S101 - a fixed token is never fetched
        response = yield self._ask
        try:
            token = response.json()["access_token"] if response.is_success else None
        except (ValueError, LookupError, TypeError):
            token = None
        if not isinstance(token, str):
            msg = (
                f"source {self._source}: {self._ask.url} gave no token "
                f"(status {response.status_code}); look at auth: and at the client in that system"
            )
            raise UnreachableError(msg)
        self._token = self._secrets.keep(token)
