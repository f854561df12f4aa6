"""The fact sheet of a profile or account: one page of HTML that asks nothing of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.api.answer import Answer
from cdp.api.profiles import SCOPE, shown, viewed
from cdp.api.regions import without_hidden
from cdp.publish.reference import parse
from cdp.scenarios.fact_sheet import render, view_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.api.call import Call

MEDIA_TYPE: Final = "text/html"
_HEADERS: Final = {
    "cache-control": "private, no-cache",
    "vary": "authorization",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def read(entity: str) -> Callable[[Call], Answer]:
    """Return the handler of `GET /v1/profiles/{ref}/fact-sheet`, or of accounts."""

    def handler(call: Call) -> Answer:
        view = view_for(call.context.scenarios, call.query("view"))
        call.require(view.scope if view.name in call.context.scenarios else SCOPE)
        generation = call.context.generation()
        id_ = generation.find(entity, parse(call.path("ref"), call.context.country))
        found = viewed(call, generation, (entity, id_), view)
        call.note(f"{entity}.fact_sheet", id_, view.purpose)
        whole = shown(call, entity, found)
        seen = without_hidden(call, whole) if call.caller.regions is not None else whole
        page = render(seen, is_masked=not call.sees_personal_data)
        return Answer(200, page.encode(), _HEADERS, f"{MEDIA_TYPE}; charset=utf-8")

    return handler
