"""Static groups over HTTP: who is put in, who is taken out, and groups made of a segment."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import ConflictError, InvalidError
from cdp.errors import InputError
from cdp.steward.groups import MOST, Group, refs_of
from cdp.store.state_acts import By

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.steward.groups import Item

Ref = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class RefsBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/segments/{name}/members` and `:remove` take."""

    refs: Annotated[list[Ref], msgspec.Meta(min_length=1, max_length=MOST)]


def add(call: Call) -> Answer:
    """Put people into a static group: by JSON, or as a CSV file; each gets a status."""
    return _answered(call, _group(call, "segment.members.add").add(_refs(call), _by(call)))


def remove(call: Call) -> Answer:
    """Take people out of a static group; each gets a status."""
    return _answered(call, _group(call, "segment.members.remove").remove(_refs(call), _by(call)))


def remove_one(call: Call) -> Answer:
    """Take one out of a static group."""
    group = _group(call, "segment.members.remove")
    return _answered(call, group.remove([call.path("ref")], _by(call)))


def _group(call: Call, action: str) -> Group:
    name = call.path("name")
    definition = call.context.segments.anew().one(name).definition
    if not definition.static:
        msg = (
            f"the members of segment {name!r} follow from its definition; only a static group "
            "(`static: true`) takes them by hand"
        )
        raise ConflictError(msg)
    call.note(action, name)
    context = call.context
    generation = context.generation()
    return Group(context.home, name, definition.of, generation, context.country, call.hides)


def _refs(call: Call) -> Sequence[str]:
    kind = call.headers.get(b"content-type", b"").partition(b";")[0].strip()
    if kind != b"text/csv":
        return decoded(call.body, RefsBody).refs
    try:
        refs = refs_of(call.body.decode())
    except UnicodeDecodeError:
        raise InvalidError(("body", "is no UTF-8 text")) from None
    except InputError as error:
        raise InvalidError(("body", str(error))) from None
    if not 1 <= len(refs) <= MOST:
        raise InvalidError(("body", f"names {len(refs):,}; send 1 to {MOST:,} at a time"))
    return refs


def _by(call: Call) -> By:
    return By(call.caller.name, "", call.context.clock())


def _answered(call: Call, items: list[Item]) -> Answer:
    call.context.segments.anew()
    for item in items:
        if item.profile_id is not None:
            call.note("segment.members", item.profile_id)
    counts = Counter(item.status for item in items)
    document: dict[str, Any] = {
        "segment": call.path("name"),
        "counts": dict(sorted(counts.items())),
        "items": [item.document() for item in items],
    }
    return call.reply(msgspec.json.encode(document))
