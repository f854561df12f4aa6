"""Read one profile or account: the whole, a scenario's slice, or one sub-document.

The hot path: when nothing is masked, included or sliced, the bytes of the key-value file are
the answer.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.api.errors import InvalidError
from cdp.api.live import live_and_stored, with_live
from cdp.errors import InputError, NotFoundError
from cdp.privacy.masking import mask
from cdp.privacy.masking_views import mask_view
from cdp.publish.kept import moment
from cdp.publish.layout import SUB_DOCUMENTS
from cdp.publish.reference import Reference, parse
from cdp.realtime.overlaid import issued
from cdp.scenarios.scenario import chosen
from cdp.scenarios.view import document_of, part, view_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.publish.served import Generation
    from cdp.scenarios.scenario import View

    More = Callable[[dict[str, Any]], dict[str, Any]]

SCOPE = "profiles:read"


def read(entity: str) -> Callable[[Call], Answer | Awaitable[Answer]]:
    """Return the handler of `GET /v1/profiles/{ref}`, or of accounts."""

    def handler(call: Call) -> Answer | Awaitable[Answer]:
        view, include = call.query("view"), call.query("include")
        chosen_view = chosen(call.context.scenarios, view) if view is not None else None
        call.require(chosen_view.scope if chosen_view else SCOPE)
        live, wanted = live_and_stored(call, include, chosen_view)
        generation = _generation(call)
        reference = parse(call.path("ref"), call.context.country)
        id_, stored = _read(call, entity, generation, reference)
        call.note(f"{entity}.read", id_, chosen_view.purpose if chosen_view else "")
        if call.sees_personal_data and chosen_view is None and not wanted and not live:
            return call.reply(stored)
        document = assembled(call, generation, (entity, id_), chosen_view, wanted)
        if live:
            return with_live(call, generation, id_, shown(call, entity, document), live)
        return call.reply(msgspec.json.encode(shown(call, entity, document)))

    return handler


def read_part(entity: str, name: str, more: More | None = None) -> Callable[[Call], Answer]:
    """Return the handler of one sub-document that is served whole; `more` adds to an object."""

    def handler(call: Call) -> Answer:
        generation, id_ = _found(call, entity)
        call.note(f"{entity}.{name}", id_)
        stored = generation.document(name, id_) or (b"null" if name == "explain" else b"[]")
        if name == "consents" and call.looked_at is None:
            stored = msgspec.json.encode(consents_now(call, generation, id_))
        if name == "possible":
            stored = msgspec.json.encode(_seen(call, msgspec.json.decode(stored)))
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
    call: Call,
    generation: Generation,
    party: tuple[str, str],
    view: View | None,
    wanted: tuple[str, ...],
) -> dict[str, Any]:
    """Return a document with the sub-documents asked for; a view alone decides its own.

    Raises:
        OutOfRegionError: the view may not show profiles of its region.
    """
    entity, id_ = party
    if view is not None:
        return viewed(call, generation, party, view)
    parts = {name: part(generation, id_, name, None) for name in wanted}
    if "consents" in parts and call.looked_at is None:
        parts["consents"] = consents_now(call, generation, id_)
    if "possible" in parts:
        parts["possible"] = _seen(call, parts["possible"])
    return document_of(generation, entity, id_) | parts


def viewed(
    call: Call, generation: Generation, party: tuple[str, str], view: View
) -> dict[str, Any]:
    """Return a party as a view shows it, without others who are hidden from the caller beside it.

    Raises:
        OutOfRegionError: the view may not show profiles of its region.
    """
    found = view_of(generation, *party, view, call.context.clock())
    if "possible" in found:
        found["possible"] = _seen(call, found["possible"])
    return found


def _seen(call: Call, others: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the others that are perhaps the same, without those who are hidden from the caller."""
    return [other for other in others if not call.hides(other["other_id"])]


def consents_now(call: Call, generation: Generation, id_: str) -> list[dict[str, Any]]:
    """Return the permissions of a party, with what was said here and no run has weighed yet."""
    stored = {
        name: generation.document(name, id_) for name in ("consents", "sources", "identifiers")
    }
    rows, sources, identifiers = (
        msgspec.json.decode(text) if text else [] for text in stored.values()
    )
    records = [record["record_id"] for record in sources]
    return call.context.given.over(rows, records, [held["value"] for held in identifiers])


def shown(call: Call, entity: str, document: dict[str, Any]) -> dict[str, Any]:
    """Return the document as this caller may see it."""
    if call.sees_personal_data:
        return document
    return mask_view(entity, document)


def _generation(call: Call) -> Generation:
    """Return the served generation, or the one of the moment `as_of`."""
    asked = call.query("as_of")
    if asked is None:
        return call.context.generation()
    try:
        call.looked_at = call.context.published.at(moment(asked))
    except InputError as error:
        raise InvalidError(("as_of", str(error))) from None
    return call.looked_at


def _found(call: Call, entity: str) -> tuple[Generation, str]:
    generation = _generation(call)
    reference = parse(call.path("ref"), call.context.country)
    return generation, _read(call, entity, generation, reference)[0]


def _read(
    call: Call, entity: str, generation: Generation, reference: Reference
) -> tuple[str, bytes]:
    try:
        return generation.read(entity, reference)
    except NotFoundError as error:
        if entity == "profile" and not reference.kind and type(error) is NotFoundError:
            issued(call.context.home, generation, reference.value)
        raise
