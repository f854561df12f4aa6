"""Read one profile or account: the whole, a scenario's slice, or one sub-document.

The hot path: when nothing is masked, included or sliced, the bytes of the key-value file are
the answer.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.api.errors import InvalidError
from cdp.errors import InputError
from cdp.privacy.masking import mask
from cdp.publish.kept import moment
from cdp.publish.layout import SUB_DOCUMENTS
from cdp.publish.reference import parse
from cdp.scenarios.scenario import Scenario, chosen, slice_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.publish.served import Generation

    More = Callable[[dict[str, Any]], dict[str, Any]]

INCLUDED_EVENTS = 100
_SCANNED_EVENTS = 5000
_SCOPE = "profiles:read"


def read(entity: str) -> Callable[[Call], Answer]:
    """Return the handler of `GET /v1/profiles/{ref}`, or of accounts."""

    def handler(call: Call) -> Answer:
        view, include = call.query("view"), call.query("include")
        scenario = chosen(call.context.scenarios, view) if view is not None else None
        call.require(scenario.scope if scenario else _SCOPE)
        wanted = included(include)
        generation = _generation(call)
        reference = parse(call.path("ref"), call.context.country)
        id_, stored = generation.read(entity, reference)
        purpose = scenario.purpose if scenario else ""
        call.note(f"{entity}.read", id_, purpose)
        if call.sees_personal_data and scenario is None and not wanted:
            return call.reply(stored)
        document = assembled(generation, entity, id_, scenario, wanted)
        return call.reply(msgspec.json.encode(shown(call, entity, document)))

    return handler


def read_part(entity: str, name: str, more: More | None = None) -> Callable[[Call], Answer]:
    """Return the handler of one sub-document that is served whole; `more` adds to an object."""

    def handler(call: Call) -> Answer:
        generation, id_ = _found(call, entity)
        call.note(f"{entity}.{name}", id_)
        stored = generation.document(name, id_) or (b"null" if name == "explain" else b"[]")
        if more is not None and stored != b"null":
            stored = msgspec.json.encode(more(msgspec.json.decode(stored)))
        if not call.sees_personal_data:
            stored = msgspec.json.encode(mask(name, msgspec.json.decode(stored)))
        head = msgspec.json.encode({f"{entity}_id": id_})[:-1]
        return call.reply(head + f',"{name}":'.encode() + stored + b"}")

    return handler


def read_timeline(entity: str) -> Callable[[Call], Answer]:
    """Return the handler of the timeline, which is served in pages, newest first."""

    def handler(call: Call) -> Answer:
        generation, id_ = _found(call, entity)
        limit = call.limit()
        call.note(f"{entity}.timeline", id_)
        entries = list(islice(generation.events(id_, call.cursor()), limit + 1))
        items = [value for _, value in entries[:limit]]
        if not call.sees_personal_data:
            items = [
                msgspec.json.encode(mask("timeline", msgspec.json.decode(item))) for item in items
            ]
        return call.reply_page(items, entries[limit - 1][0] if len(entries) > limit else None)

    return handler


def included(text: str | None) -> tuple[str, ...]:
    """Return the sub-documents that `include` names, separated by commas.

    Raises:
        InvalidError: one of them does not exist.
    """
    names = tuple(dict.fromkeys(n.strip() for n in text.split(","))) if text else ()
    unknown = [name for name in names if name not in SUB_DOCUMENTS]
    if unknown:
        raise InvalidError(("include", f"{unknown[0]!r} is none of {', '.join(SUB_DOCUMENTS)}"))
    return names


def assembled(
    generation: Generation,
    entity: str,
    id_: str,
    scenario: Scenario | None,
    wanted: tuple[str, ...],
) -> dict[str, Any]:
    """Return a document with the sub-documents asked for; a scenario alone decides its own."""
    document: dict[str, Any] = msgspec.json.decode(generation.document(entity, id_) or b"{}")
    names = scenario.include if scenario is not None else wanted
    parts = {name: _part(generation, id_, name, scenario) for name in names}
    return slice_of(scenario, document, parts) if scenario is not None else document | parts


def shown(call: Call, entity: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return the document as this caller may see it."""
    if call.sees_personal_data:
        return document
    masked: dict[str, Any] = mask(entity, document)
    return masked


def _generation(call: Call) -> Generation:
    """Return the served generation, or the one of the moment `as_of`."""
    asked = call.query("as_of")
    if asked is None:
        return call.context.published.current()
    try:
        return call.context.published.at(moment(asked))
    except InputError as error:
        raise InvalidError(("as_of", str(error))) from None


def _found(call: Call, entity: str) -> tuple[Generation, str]:
    call.require(_SCOPE)
    generation = _generation(call)
    reference = parse(call.path("ref"), call.context.country)
    return generation, generation.find(entity, reference)


def _part(generation: Generation, id_: str, name: str, scenario: Scenario | None) -> Any:  # noqa: ANN401 - JSON
    if name != "timeline":
        stored = generation.document(name, id_)
        return msgspec.json.decode(stored) if stored else ([] if name != "explain" else None)
    events = (
        msgspec.json.decode(value)
        for _, value in islice(generation.events(id_, None), _SCANNED_EVENTS)
    )
    kinds = scenario.events if scenario else ()
    return list(islice((e for e in events if not kinds or e["kind"] in kinds), INCLUDED_EVENTS))
