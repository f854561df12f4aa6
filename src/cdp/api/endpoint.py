"""An endpoint: its route, its handler, and what the documentation says of it, in one place."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from time import perf_counter
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from cdp.api import again
from cdp.api.admission import WRITING, admit, caller
from cdp.api.answer import Answer
from cdp.api.arriving import LARGEST_BODY, body_of
from cdp.api.call import Call
from cdp.api.errors import answer
from cdp.api.leaving import LONG, packed, tagged, wants_packed
from cdp.privacy.classes import BY_DEFAULT, EVERY
from cdp.privacy.seen import seeing
from cdp.telemetry import traces
from cdp.telemetry.logs import REQUESTS as _REQUESTS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

    from cdp.api.context import Context
    from cdp.api.limits import RawHeaders

Schema = dict[str, Any]
ONCE = "Idempotency-Key"
_USUAL = (EVERY, BY_DEFAULT)
"""Classes of personal data that callers see whom no role shows others."""
_FAILED = 400


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one path.

    Attributes:
        method: GET, POST, PUT, PATCH or DELETE.
        path: with `{parameters}`.
        handler: answers a call; it never waits, so that it may run in the event loop.
        waits: the handler does wait, for a query or a disk; it runs in a thread.
        summary: one line.
        answer: JSON Schema of the 200 answer; None where it is text.
        scope: what a key needs, checked before the handler is called; None: no key is needed.
        views: the caller may name a view, whose scope is then needed in the place of `scope`; the
            handler requires it, as soon as it knows the view.
        parameters: OpenAPI parameters of path and query.
        body: JSON Schema of the request body, None when it has none.
        problems: statuses it may answer with besides 401, 403 and 429.
        tag: group in the documentation.
        example: an example of the 200 answer.
        creates: what is new is answered with 201.
        begins: what is new is answered with 202, and finished later.
        pictures: media types that it answers with besides JSON.
        largest: bytes that a body may have, unpacked.
        regional: each profile that it shows is noted by `Call.note`, and every list of them leaves
            out who `Call.hides`; or it shows nobody. Else keys bound to regions are refused.
        reads: changes nothing although it is no GET, so that its audit need not be waited for.
        self_audited: the handler audits what it changes together with the change.
        body_key: returns the key that a body holds, for senders that can set no header; it is
            asked only where the request has no Authorization, and must bear any bytes.
    """

    method: str
    path: str
    handler: Callable[[Call], Answer | Awaitable[Answer]]
    summary: str
    answer: Schema | None
    parameters: tuple[Schema, ...] = ()
    body: Schema | None = None
    problems: tuple[int, ...] = ()
    scope: str | None = field(kw_only=True)
    views: bool = False
    tag: str = "profiles"
    example: Any = field(default=None, hash=False)
    waits: bool = False
    creates: bool = False
    begins: bool = False
    pictures: tuple[str, ...] = ()
    largest: int = LARGEST_BODY
    body_key: Callable[[bytes], str | None] | None = None
    regional: bool = False
    reads: bool = False
    self_audited: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes something that is to be audited; events are their own log."""
        return self.method != "GET" and not self.reads and self.scope not in {None, WRITING}

    @property
    def takes_purpose(self) -> bool:
        """Whether the caller may say what it is for; senders of events cannot."""
        return self.scope is not None and self.body_key is None

    @property
    def is_repeatable(self) -> bool:
        """Whether it creates something, and leaves it to be said here what was said before."""
        handled = any(one["name"] == ONCE for one in self.parameters)
        return (self.creates or self.begins) and self.changes and not handled


def route(endpoint: Endpoint, context: Callable[[], Context]) -> Route:
    """Return the raw route of an endpoint: key, limit, scope, errors and metrics around it."""
    served = _Served(endpoint, context)
    traced = traces.around(served, endpoint.method, endpoint.path)
    return Route(endpoint.path, traced, methods=[endpoint.method], include_in_schema=False)


class _Served:
    """An endpoint as an ASGI application: nothing of a framework between socket and handler."""

    def __init__(self, endpoint: Endpoint, context: Callable[[], Context]) -> None:
        self._endpoint = endpoint
        self._context = context
        is_plain = not endpoint.waits and not iscoroutinefunction(endpoint.handler)
        self._is_quick = is_plain and not endpoint.changes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        endpoint, context = self._endpoint, self._context()
        headers = dict(scope["headers"])
        call = Call(scope, headers, context, context.request_id(headers.get(b"x-request-id")))
        told: RawHeaders = ()
        try:
            if endpoint.scope is not None:
                told = await self._admit(call, receive)
            if b"x-purpose" in headers and endpoint.takes_purpose:
                call.hear_purpose()
            if endpoint.body is not None and not call.body:
                call.body = await body_of(receive, headers, endpoint.largest)
            is_quick = self._is_quick and (call.key is None or call.key.sees in _USUAL)
            handled = endpoint.handler(call) if is_quick else self._carried_out(call)
            answered = handled if isinstance(handled, Answer) else await handled
            if "etag" not in answered.headers:
                answered = tagged(answered, scope["method"], headers)
        except Exception as error:  # noqa: BLE001 - the one place that turns errors into answers
            answered = answer(error, call.request_id, _location(endpoint, scope, error))
            told = getattr(error, "told", told)
        if b"accept-encoding" in headers and wants_packed(answered, headers):
            is_long = len(answered.body) >= LONG
            answered = await run_in_threadpool(packed, answered) if is_long else packed(answered)
        seconds = perf_counter() - began
        context.metrics.note(endpoint.method, endpoint.path, answered.status, seconds)
        if _REQUESTS.isEnabledFor(logging.INFO):
            self._log(call, answered, seconds)
        await answered.send(send, call.request_id, told)

    def _log(self, call: Call, answered: Answer, seconds: float) -> None:
        told: dict[str, str | int | float] = {"request_id": call.request_id}
        told |= {"method": self._endpoint.method, "route": self._endpoint.path}
        told |= {"status": answered.status, "ms": round(seconds * 1000, 2)}
        if call.key is not None:
            told["key_id"] = call.key.key_id
        _REQUESTS.info("request", extra=told)

    async def _admit(self, call: Call, receive: Receive) -> RawHeaders:
        """Give the call its key, and return what is told of its limit.

        A body is not read for whom it is not taken from.
        """
        endpoint, in_body = self._endpoint, None
        if endpoint.body_key is not None and b"authorization" not in call.headers:
            call.body = await body_of(receive, call.headers, endpoint.largest)
            in_body = endpoint.body_key(call.body)
        call.key = key = await caller(call.context, call.headers, in_body)
        bucket = call.context.limits.take(key)
        admit(endpoint, key)
        return bucket.headers()

    async def _carried_out(self, call: Call) -> Answer:
        """Carry a request out, once however often it is sent; what it changes is audited first."""
        endpoint = self._endpoint
        asked = None
        if endpoint.is_repeatable and b"idempotency-key" in call.headers:
            asked = again.asking(call)
            before = await run_in_threadpool(again.begun, call, asked)
            if before is not None:
                return before
        try:
            answered = await self._handled(call)
        except Exception as error:
            if asked is not None:
                failed = answer(error, call.request_id, {})
                await run_in_threadpool(again.ended, call, asked, failed)
            raise
        if endpoint.changes:
            await self._audit(call, answered)
        if asked is not None:
            await run_in_threadpool(again.ended, call, asked, answered)
        return answered

    async def _handled(self, call: Call) -> Answer:
        handler = self._endpoint.handler
        with seeing(call.key.sees if call.key is not None else BY_DEFAULT):
            if self._endpoint.waits:
                handled: Answer | Awaitable[Answer] = await run_in_threadpool(handler, call)
            else:
                handled = handler(call)
            return handled if isinstance(handled, Answer) else await handled

    async def _audit(self, call: Call, answered: Answer) -> None:
        """Write into the audit log that something was changed, before that is acknowledged."""
        if not call.noted and answered.status < _FAILED and not self._endpoint.self_audited:
            call.note(f"{self._endpoint.method} {self._endpoint.path}", call.scope["path"])
        if call.noted:
            await run_in_threadpool(call.context.auditor.flush)


def _location(endpoint: Endpoint, scope: Scope, error: Exception) -> dict[str, str]:
    """Return where a merged id went: the same path and query with the surviving id."""
    survivor = getattr(error, "survivor", None)
    if survivor is None:
        return {}
    path = endpoint.path.replace("{ref}", survivor)
    query = scope["query_string"].decode("latin-1")
    return {"location": f"{path}?{query}" if query else path}
