"""Why a profile is one, why two are or are not; and who an id was on a day."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from cdp.api.errors import InvalidError
from cdp.api.profiles import read_part
from cdp.errors import NotFoundError
from cdp.privacy.masking import mask
from cdp.publish.reference import parse
from cdp.steward.explain import explain, members
from cdp.steward.history import then
from cdp.steward.words import comparison_sentences

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.api.answer import Answer
    from cdp.api.call import Call

_SVG = "image/svg+xml"
_SOURCE = "source:"


def read(entity: str) -> Callable[[Call], Answer]:
    """Return the handler that explains one, or one with another (`with`)."""
    whole = read_part(entity, "explain", _with_members)

    def handler(call: Call) -> Answer:
        drawn = _is_drawn(call)
        other = call.query("with")
        if other is None:
            if call.query("format") == "svg":
                raise InvalidError(("with", "a picture shows two; name the other one"))
            return whole(call)
        return _compared(call, entity, other, drawn=drawn)

    return handler


def history(entity: str) -> Callable[[Call], Answer]:
    """Return the handler of an id's history, or of who it was `on` a day."""
    whole = read_part(entity, "history")

    def handler(call: Call) -> Answer:
        asked = call.query("on")
        if asked is None:
            return whole(call)
        try:
            day = date.fromisoformat(asked)
        except ValueError:
            raise InvalidError(("on", f"{asked[:20]!r} is no day, such as 2026-07-01")) from None
        generation = call.context.generation()
        reference = parse(call.path("ref"), call.context.country)
        id_ = generation.find(entity, reference) if reference.kind else reference.value
        found = then(generation, id_, day)
        call.note(f"{entity}.history", id_)
        if not call.sees_personal_data:
            found["since"] = mask("history", found["since"])
        return call.reply(msgspec.json.encode(found))

    return handler


def _compared(call: Call, entity: str, other: str, *, drawn: bool) -> Answer:
    context = call.context
    ref = call.path("ref")
    found = explain(context.home, _named(ref), _named(other), context.country)
    if found.one.profile_id.startswith("A-") != (entity == "account"):
        msg = f"{ref} is no {entity}"
        raise NotFoundError(msg)
    for id_ in dict.fromkeys((found.one.profile_id, found.other.profile_id)):
        call.note(f"{entity}.explain", id_)
    document: dict[str, Any] = {"is_one": found.is_one, **asdict(found)}
    telling = found.telling
    if not call.sees_personal_data:
        document = mask("comparison", document)
        telling = mask("edge", telling)
    if drawn:
        return _drawn(call, telling)
    document["sentences"] = comparison_sentences(document)
    return call.reply(msgspec.json.encode(document))


def _drawn(call: Call, telling: dict[str, Any] | None) -> Answer:
    from cdp.steward.waterfall import draw  # noqa: PLC0415 - matplotlib, where a picture is wanted

    if telling is None:
        msg = "no pair between them was close enough to be kept, so there is nothing to draw"
        raise NotFoundError(msg)
    return call.picture(draw(telling, "svg"), _SVG)


def _with_members(found: dict[str, Any]) -> dict[str, Any]:
    return found | {"members": [asdict(member) for member in members(found)]}


def _is_drawn(call: Call) -> bool:
    wanted = call.query("format")
    if wanted is not None and wanted not in {"json", "svg"}:
        raise InvalidError(("format", "use json or svg"))
    if wanted is None:
        return _SVG.encode() in call.headers.get(b"accept", b"")
    return wanted == "svg"


def _named(ref: str) -> str:
    """Return the record of a `source:` reference, so that the record is meant, not its profile."""
    return ref.removeprefix(_SOURCE)
