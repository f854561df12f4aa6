"""Privacy over HTTP: requests of persons about their own data, and what comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.api.working import begin
from cdp.privacy import requests
from cdp.privacy.requests import Asked
from cdp.publish.reference import parse
from cdp.publish.served import RetiredError

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.store.state_privacy import Request

Text = Annotated[str, msgspec.Meta(max_length=1000)]


class RequestBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/privacy/requests` takes."""

    type: Literal["access", "export", "erase", "restrict", "unrestrict", "readmit"]
    ref: Annotated[str, msgspec.Meta(min_length=3, max_length=1000)]
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    actor: Annotated[str, msgspec.Meta(max_length=200)] | None = None


def ask(call: Call) -> Answer:
    """Take a request; a worker carries it out, and the answer is found under its id."""
    body = decoded(call.body, RequestBody)
    key, context = call.caller, call.context
    actor = f"{body.actor.strip()} ({key.name})" if body.actor else key.name
    ref, subject = _meant(call, body)
    asked = Asked(body.type, ref, subject, body.reason, actor, key.key_id, call.request_id)
    request = requests.take(context.home, asked, at=context.clock())
    begin(context.home, "privacy")
    encoded = msgspec.json.encode(requests.document(request))
    return call.accepted(encoded, f"/v1/privacy/requests/{request.request_id}")


def every(call: Call) -> Answer:
    """List the requests, latest first."""
    limit = call.limit()
    found = requests.page_of(call.context.home, limit + 1, call.cursor())
    for request in found[:limit]:
        _note(call, request)
    bodies = [msgspec.json.encode(requests.document(r)) for r in found[:limit]]
    return call.reply_page(bodies, found[limit - 1].request_id if len(found) > limit else None)


def one(call: Call) -> Answer:
    """Answer with one request; of an erasure that is done with its certificate."""
    request = requests.one(call.context.home, call.path("request_id"))
    _note(call, request)
    return call.reply(msgspec.json.encode(requests.document(request)))


def result(call: Call) -> Answer:
    """Answer with what came of a request of access or export: JSON, or a page to read."""
    kind = call.query("format") or "json"
    if kind not in {"json", "html"}:
        raise InvalidError(("format", "use json or html"))
    request = requests.one(call.context.home, call.path("request_id"))
    _note(call, request)
    body = requests.result(call.context.home, request, kind)
    if kind == "html":
        return call.picture(body, "text/html; charset=utf-8")
    return call.reply(body)


def _meant(call: Call, body: RequestBody) -> tuple[str, str]:
    """Return how the person is named, and the live id of their profile."""
    reference = parse(body.ref, call.context.country)
    if body.type == "readmit":
        if not reference.kind:
            raise InvalidError(("ref", "name an identifier; an id that was erased stays erased"))
        return f"{reference.kind}:{reference.value}", ""
    if reference.value.startswith("A-") and not reference.kind:
        raise InvalidError(("ref", "an organisation is no person; name a profile"))
    try:
        id_ = call.context.generation().find("profile", reference)
    except RetiredError as error:
        id_ = error.survivor
    return body.ref, id_


def _note(call: Call, request: Request) -> None:
    if request.subject:
        call.note("privacy.read", request.subject, "privacy")
