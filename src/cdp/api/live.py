"""Live blocks over HTTP: asked of their systems while the caller waits, masked as loaded ones."""

from __future__ import annotations

from asyncio import gather
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.api.errors import InvalidError
from cdp.privacy.masking_views import mask_blocks
from cdp.publish.layout import SUB_DOCUMENTS
from cdp.publish.reference import parse
from cdp.scenarios.on_demand import keys_of
from cdp.scenarios.scenario import chosen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.publish.served import Generation
    from cdp.scenarios.scenario import View

PREFIX: Final = "live."
_SCOPE: Final = "profiles:read"


def read(entity: str) -> Callable[[Call], Awaitable[Answer]]:
    """Return the handler of `GET /v1/profiles/{ref}/live/{block}`, or of accounts."""

    async def handler(call: Call) -> Answer:
        named = call.query("view")
        view = chosen(call.context.scenarios, named) if named is not None else None
        call.require(view.scope if view else _SCOPE)
        name = call.path("block")
        call.context.lines.of(name)
        _refuse_others(view, [name])
        generation = call.context.generation()
        id_ = generation.find(entity, parse(call.path("ref"), call.context.country))
        if view is not None:
            stored = msgspec.json.decode(generation.document(entity, id_) or b"{}")
            view.refuse_other_regions(stored)
        call.note(f"{entity}.live.{name}", id_, view.purpose if view else "")
        blocks = await _blocks(call, generation, id_, (name,))
        return call.reply(msgspec.json.encode({f"{entity}_id": id_, **blocks[name]}))

    return handler


def live_and_stored(
    call: Call, include: str | None, view: View | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the live blocks and the sub-documents that `include` names, separated by commas.

    Raises:
        InvalidError: one of them does not exist, or the view may not ask for it.
    """
    if not include:
        return (), ()
    names = tuple(dict.fromkeys(n.strip() for n in include.split(",")))
    live = tuple(n.removeprefix(PREFIX) for n in names if n.startswith(PREFIX))
    stored = tuple(name for name in names if not name.startswith(PREFIX))
    known = (*SUB_DOCUMENTS, *(f"{PREFIX}{name}" for name in call.context.lines.asked))
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InvalidError(("include", f"{unknown[0]!r} is none of {', '.join(known)}"))
    _refuse_others(view, live)
    return live, stored


async def with_live(
    call: Call, generation: Generation, id_: str, document: dict[str, Any], names: tuple[str, ...]
) -> Answer:
    """Return a document, masked already, with live blocks, all asked for at the same time."""
    for name in names:
        call.note(f"live.{name}", id_)
    blocks = await _blocks(call, generation, id_, names)
    return call.reply(msgspec.json.encode(document | {"live_blocks": blocks}))


async def _blocks(
    call: Call, generation: Generation, id_: str, names: tuple[str, ...]
) -> dict[str, Any]:
    lines = call.context.lines
    sources, identifiers = (_rows(generation, part, id_) for part in ("sources", "identifiers"))
    keys = [keys_of(lines.of(name), sources, identifiers) for name in names]
    found = await gather(*(lines.block(n, k) for n, k in zip(names, keys, strict=True)))
    blocks = dict(zip(names, found, strict=True))
    return blocks if call.sees_personal_data else mask_blocks(blocks)


def _refuse_others(view: View | None, names: Iterable[str]) -> None:
    if view is None:
        return
    allowed = view.scenario.live
    others = [name for name in names if name not in allowed]
    if others:
        known = ", ".join(allowed) or "none"
        message = f"the view {view.name} asks for no live block {others[0]}; it may: {known}"
        raise InvalidError(("include", message))


def _rows(generation: Generation, name: str, id_: str) -> list[dict[str, Any]]:
    stored = generation.document(name, id_)
    return msgspec.json.decode(stored, type=list[dict[str, Any]]) if stored else []
