"""An endpoint: its route, its handler, and what the documentation says of it, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from cdp.api.call import Call
from cdp.api.errors import TooLargeError, UnauthorisedError, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from cdp.api.context import Context
    from cdp.privacy.keys import Key

_LARGEST_BODY = 1 << 20
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    Attributes:
        method: GET or POST.
        path: with `{parameters}`.
        handler: answers a call; it never waits, so that it may run in the event loop.
        summary: one line.
        answer: JSON Schema of the 200 answer; None where it is text.
        parameters: OpenAPI parameters of path and query.
        body: JSON Schema of the request body, None when it has none.
        problems: statuses it may answer with besides 401, 403 and 429.
        public: needs no key.
        tag: group in the documentation.
        example: an example of the 200 answer.
    """

    method: str
    path: str
    handler: Callable[[Call], Response]
    summary: str
    answer: Schema | None
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    problems: tuple[int, ...] = ()
    public: bool = False
    tag: str = "profiles"
    example: Any = field(default=None, hash=False)


def route(endpoint: Endpoint, context: Callable[[], Context]) -> Route:
    """Return the raw route of an endpoint: key, limit, handler, errors and metrics around it."""

    async def serve(request: Request) -> Response:
        began = perf_counter()
        shared = context()
        request_id = shared.request_id(request)
        try:
            key = None if endpoint.public else _key(shared, request.headers)
            body = b"" if endpoint.body is None else await _body(request)
            response = endpoint.handler(Call(request, shared, request_id, key, body))
        except Exception as error:  # noqa: BLE001 - the one place that turns errors into answers
            response = answer(error, request_id, _location(endpoint, request, error))
        seconds = perf_counter() - began
        shared.metrics.note(endpoint.method, endpoint.path, response.status_code, seconds)
        return response

    return Route(endpoint.path, serve, methods=[endpoint.method], include_in_schema=False)


def _key(context: Context, headers: Mapping[str, str]) -> Key:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    key = context.keys.verify(token.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        msg = "send `Authorization: Bearer KEY` with a key in force; `cdp keys create` makes one"
        raise UnauthorisedError(msg)
    context.limits.take(key.key_id)
    return key


async def _body(request: Request) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _LARGEST_BODY:
            msg = f"a body may have {_LARGEST_BODY:,} bytes; ask in several requests"
            raise TooLargeError(msg)
        parts.append(part)
    return b"".join(parts)


def _location(endpoint: Endpoint, request: Request, error: Exception) -> dict[str, str]:
    """Return where a merged id went: the same path and query with the surviving id."""
    survivor = getattr(error, "survivor", None)
    if survivor is None:
        return {}
    path = endpoint.path.replace("{ref}", survivor)
    query = f"?{request.url.query}" if request.url.query else ""
    return {"location": f"{path}{query}"}
