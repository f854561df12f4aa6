"""Pages of other hosts that send events: which origins may, told to their browsers (CORS).

Invariant: only routes that take events are opened, only to origins that `cors_origins` of cdp.yaml
names, and without credentials of the browser: a page sends its write key itself, and reads nothing
but whether its events were taken. The protocol is that of https://fetch.spec.whatwg.org.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from cdp.api.answer import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from typing import Any

    from starlette.types import ASGIApp, Receive, Scope, Send

_REMEMBERED_SECONDS: Final = 600
_VARIES: Final = (b"vary", b"origin")
_ASKED: Final = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": (
        "authorization, content-type, content-encoding, x-request-id, anonymousid"
    ),
    "access-control-max-age": str(_REMEMBERED_SECONDS),
}
_TOLD: Final = b"x-request-id, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset"


def open_to(route: Route, origins: Iterable[str]) -> Route:
    """Return the route, open to pages of these origins; the same where there are none."""
    allowed = frozenset(origin.encode() for origin in origins)
    if not allowed:
        return route
    methods = [*(route.methods or ()), "OPTIONS"]
    return Route(
        route.path, _Open(route.endpoint, allowed), methods=methods, include_in_schema=False
    )


class _Open:
    """A route as an ASGI application that says which origins may read its answers."""

    def __init__(self, app: ASGIApp, allowed: frozenset[bytes]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = next((value for name, value in scope["headers"] if name == b"origin"), b"")
        more = [_VARIES]
        if origin in self._allowed:
            more += [(b"access-control-allow-origin", origin)]

        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *more]
            await send(message)

        if scope["method"] == "OPTIONS":
            asked = _ASKED if origin in self._allowed else {}
            await Answer(204, b"", asked).send(sent)
            return
        if origin in self._allowed:
            more.append((b"access-control-expose-headers", _TOLD))
        await self._app(scope, receive, sent)
