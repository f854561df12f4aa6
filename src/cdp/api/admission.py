"""Who is let in: the key or token of a request, its scope, how often it asks, its regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from cdp.api.arriving import token_of
from cdp.api.errors import ForbiddenError, RegionError, UnauthorisedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.api.context import Context
    from cdp.api.endpoint import Endpoint
    from cdp.privacy.keys import Key

WRITING = "events:write"
"""The scope that shows nothing of anybody."""


async def caller(
    context: Context, headers: Mapping[bytes, bytes], in_body: str | None = None
) -> Key:
    """Return the key in force of a request: Bearer, the user of Basic, else the one in its body.

    Where an issuer is declared its tokens are taken as Bearer, too.

    Raises:
        UnauthorisedError: there is none.
    """
    token = token_of(headers) if b"authorization" in headers else in_body
    key = context.keys.verify(token) if token else None
    if key is None and token and context.bearer is not None:
        bearer = context.bearer
        key = bearer.known(token) or await run_in_threadpool(bearer.verify, token)
    if key is None:
        msg = "send `Authorization: Bearer KEY` with a key in force; `cdp keys create` makes one"
        raise UnauthorisedError(msg)
    return key


def admit(endpoint: Endpoint, key: Key) -> None:
    """Return where the key may use this endpoint; of views, the handler asks for the one named.

    Raises:
        ForbiddenError: it lacks the scope.
        RegionError: it is bound to regions, and the endpoint does not look at them.
    """
    scope = endpoint.scope
    if scope is not None and not key.may(scope) and not (endpoint.views and key.has_view):
        msg = f"this key lacks the scope {scope}"
        raise ForbiddenError(msg)
    if key.regions is not None and not endpoint.regional and scope != WRITING:
        msg = "this key is bound to regions, and what is asked for is not kept apart by region"
        raise RegionError(msg)
