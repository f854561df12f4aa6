"""How an app proves itself to a shop: a token in a header of Shopify's own.

The token is one that somebody made for the app, or one that the app gets for its client id and
secret, which holds for a day. Shopify takes these two in the body of the request for a token.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

from cdp.sources.remote.client import proof as usual_proof
from cdp.sources.remote.connection import BearerAuth, ClientAuth
from cdp.sources.remote.tokens import TokenAuth

if TYPE_CHECKING:
    from collections.abc import Generator

    from cdp.sources import Opening
    from cdp.sources.remote.client import Client
    from cdp.sources.remote.live import Proof
    from cdp.sources.remote.secrecy import Secrets

HEADER: Final = "X-Shopify-Access-Token"
_BEARER: Final = "Bearer "


class ShopAuth(TokenAuth):
    """Puts the token into each request as Shopify wants it; one that is refused is replaced."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send what `TokenAuth` sends, the token in the header that it is wanted in."""
        flow = super().auth_flow(request)
        asked = next(flow, None)
        while asked is not None:
            said = asked.headers.pop("authorization", "")
            if said:
                asked.headers[HEADER] = said.removeprefix(_BEARER)
            response = yield asked
            try:
                asked = flow.send(response)
            except StopIteration:
                return


def prove(opening: Opening, client: Client) -> None:
    """Have a client send the token in Shopify's header, whatever `auth:` says that it is.

    Raises:
        UnreachableError: a secret is not where the file says.
    """
    auth = _shop_auth(opening, client.secrets)
    if auth is not None:
        client.http.auth = auth


def proof(opening: Opening, secrets: Secrets) -> Proof:
    """Return what says who asks a shop, and the headers of every request to it.

    Raises:
        UnreachableError: a secret is not where the file says.
    """
    usual, headers = usual_proof(opening, secrets)
    return _shop_auth(opening, secrets) or usual, headers


def _shop_auth(opening: Opening, secrets: Secrets) -> ShopAuth | None:
    declared = opening.instance.auth
    if isinstance(declared, BearerAuth):
        return ShopAuth.fixed(secrets.keep(declared.token.read(opening.name)), secrets)
    if isinstance(declared, ClientAuth):
        read = (declared.client_id.read(opening.name), declared.client_secret.read(opening.name))
        client_id, secret = secrets.keep_pair(*read)
        said = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        ask = httpx.Request("POST", declared.token_url, data=said)
        return ShopAuth(opening.name, None, ask, secrets)
    return None
