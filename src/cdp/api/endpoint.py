"""An endpoint: its route, its handler, and what the documentation says of it, in one place."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from cdp.api.call import Call
from cdp.api.errors import TooLargeError, UnauthorisedError, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Receive, Scope, Send

    from cdp.api.answer import Answer
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
        waits: the handler does wait, for a query or a disk; it runs in a thread.
        summary: one line.
        answer: JSON Schema of the 200 answer; None where it is text.
        parameters: OpenAPI parameters of path and query.
        body: JSON Schema of the request body, None when it has none.
        problems: statuses it may answer with besides 401, 403 and 429.
        public: needs no key.
        tag: group in the documentation.
        example: an example of the 200 answer.
        creates: what is new is answered with 201.
        begins: what is new is answered with 202, and finished later.
        pictures: media types that it answers with besides JSON.
    """

    method: str
    path: str
    handler: Callable[[Call], Answer]
    summary: str
    answer: Schema | None
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    problems: tuple[int, ...] = ()
    public: bool = False
    tag: str = "profiles"
    example: Any = field(default=None, hash=False)
    waits: bool = False
    creates: bool = False
    begins: bool = False
    pictures: tuple[str, ...] = ()


def route(endpoint: Endpoint, context: Callable[[], Context]) -> Route:
    """Return the raw route of an endpoint: key, limit, handler, errors and metrics around it."""
    served = _Served(endpoint, context)
    return Route(endpoint.path, served, methods=[endpoint.method], include_in_schema=False)


class _Served:
    """An endpoint as an ASGI application: nothing of a framework between socket and handler."""

    def __init__(self, endpoint: Endpoint, context: Callable[[], Context]) -> None:
        self._endpoint = endpoint
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        endpoint, context = self._endpoint, self._context()
        headers = dict(scope["headers"])
        request_id = context.request_id(headers.get(b"x-request-id"))
        try:
            key = None if endpoint.public else _key(context, headers)
            body = b"" if endpoint.body is None else await _body(receive)
            call = Call(scope, headers, context, request_id, key, body)
            if endpoint.waits:
                answered = await run_in_threadpool(endpoint.handler, call)
            else:
                answered = endpoint.handler(call)
        except Exception as error:  # noqa: BLE001 - the one place that turns errors into answers
            answered = answer(error, request_id, _location(endpoint, scope, error))
        seconds = perf_counter() - began
        context.metrics.note(endpoint.method, endpoint.path, answered.status, seconds)
        await answered.send(send)


def _key(context: Context, headers: Mapping[bytes, bytes]) -> Key:
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    key = context.keys.verify(token.strip()) if scheme.lower() == "bearer" else None
    if key is None:
        msg = "send `Authorization: Bearer KEY` with a key in force; `cdp keys create` makes one"
        raise UnauthorisedError(msg)
    context.limits.take(key.key_id)
    return key


async def _body(receive: Receive) -> bytes:
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        part = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(part)
        if size > _LARGEST_BODY:
            msg = f"a body may have {_LARGEST_BODY:,} bytes; ask in several requests"
            raise TooLargeError(msg)
        parts.append(part)
    return b"".join(parts)


def _location(endpoint: Endpoint, scope: Scope, error: Exception) -> dict[str, str]:
    """Return where a merged id went: the same path and query with the surviving id."""
    survivor = getattr(error, "survivor", None)
    if survivor is None:
        return {}
    path = endpoint.path.replace("{ref}", survivor)
    query = scope["query_string"].decode("latin-1")
    return {"location": f"{path}?{query}" if query else path}
