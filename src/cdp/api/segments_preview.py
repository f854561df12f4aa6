"""Segments looked at before and after they are saved: counts, sample, overlap, profile, history.

Invariant: what is asked runs on the published file, off the event loop, two questions at a time,
and is broken off when its time is up; nothing of the workspace changes.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.api.segments_definitions import checked
from cdp.planning.jobs import BusyError
from cdp.privacy.masking import mask
from cdp.segments.compiler import compiled
from cdp.segments.freshness import waits_for
from cdp.segments.overlap import overlap as overlapping
from cdp.segments.portrait import portrait
from cdp.segments.preview import choose, parts, preview
from cdp.store import Warehouse
from cdp.store.bounded import reading_within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.api.answer import Answer
    from cdp.api.call import Call
    from cdp.segments.definition import SegmentFile
    from cdp.segments.portrait import Dimension
    from cdp.segments.preview import Preview
    from cdp.store.manifest import Manifest

SECONDS: Final = 20.0
MOST_SAMPLE: Final = 100
SVG: Final = "image/svg+xml"
_AT_ONCE: Final = BoundedSemaphore(2)
_PATIENCE: Final = 5.0
_UNSAVED: Final = "preview"


class PreviewBody(msgspec.Struct, forbid_unknown_fields=True):
    """What `POST /v1/segments/preview` takes."""

    definition: dict[str, Any] | None = None
    segment: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    sample: Annotated[int, msgspec.Meta(ge=0, le=MOST_SAMPLE)] = 10
    conditions: bool = True
    profile: bool = False


def try_out(call: Call) -> Answer:
    """Answer with what a definition would give; `segment` is compared with, or tried as it is."""
    body = decoded(call.body, PreviewBody)
    declared = call.context.segments.current()
    name = body.segment or _UNSAVED
    if body.definition is not None:
        definition = checked(call, name, body.definition, "/definition")
    elif body.segment is not None:
        definition = declared.one(body.segment).definition
    else:
        raise InvalidError(("definition", "give a definition, or the name of a segment"))
    files = {**declared.files, name: definition}
    segment = compiled(name, files, declared.scores)
    with _gold(call) as (warehouse, manifest):
        as_of = datetime.fromisoformat(manifest.as_of)
        found = preview(warehouse, segment, as_of, body.sample, definition)
        told = portrait(warehouse, definition.of, as_of) if body.profile else ()
        known = (files, declared.scores)
        made = parts(warehouse, (name, definition), known, as_of) if body.conditions else ()
    document = {
        "segment": body.segment,
        **_counts(found, definition),
        "live": not (waits := waits_for(segment, definition, files)),
        "waits_for": waits,
        "conditions": [msgspec.to_builtins(part) for part in made],
        "sample": _sample(call, found),
        "profile": [dimension.document() for dimension in told],
        **_stamp(manifest),
    }
    call.note("segment.preview", name)
    return call.reply(msgspec.json.encode(document))


def overlap(call: Call) -> Answer:
    """Answer with what a segment shares with others, and what those share with each other."""
    name = call.path("name")
    declared = call.context.segments.current()
    declared.one(name)
    asked = call.query("with")
    names = [name, *asked.split(",")] if asked else list(declared.known)
    for other in names:
        declared.one(other)
    with _gold(call) as (warehouse, manifest):
        found = overlapping(warehouse, [name, *names])
    if _is_drawn(call):
        from cdp.steward.segment_charts import matrix  # noqa: PLC0415 - matplotlib is slow to load

        return call.picture(matrix(found).encode(), SVG)
    document = {
        "segment": name,
        "members": found.matrix[found.segments.index(name)][found.segments.index(name)],
        "others": found.rows(name),
        "segments": found.segments,
        "matrix": found.matrix,
        **_stamp(manifest),
    }
    return call.reply(msgspec.json.encode(document))


def profile(call: Call) -> Answer:
    """Answer with what the members are like beside everybody of their kind, or draw a dimension."""
    name = call.path("name")
    declared = call.context.segments.current()
    definition = declared.one(name).definition
    with _gold(call) as (warehouse, manifest):
        as_of = datetime.fromisoformat(manifest.as_of)
        members = choose(warehouse, declared.compiled[name], as_of)
        found = portrait(warehouse, definition.of, as_of)
    asked = call.query("dimension")
    if asked is not None:
        known = {dimension.name: dimension for dimension in found}
        if asked not in known:
            raise InvalidError(("dimension", f"use one of {', '.join(known) or 'none'}"))
        found = (known[asked],)
    if _is_drawn(call):
        return _drawn(call, found)
    document = {
        "segment": name,
        "of": definition.of,
        "members": members,
        "dimensions": [dimension.document() for dimension in found],
        **_stamp(manifest),
    }
    return call.reply(msgspec.json.encode(document))


def history(call: Call) -> Answer:
    """List who came into a segment and who left it, latest first, and why."""
    name, limit, after = call.path("name"), call.limit(), call.cursor()
    call.context.segments.current().one(name)
    run, _, id_ = (after or f"{1 << 62}.").partition(".")
    if not run.isdecimal():
        raise InvalidError(("cursor", "use the next_cursor of the page before"))
    with _gold(call) as (warehouse, _):
        rows = warehouse.query(
            "select h.profile_id, h.event, h.cause, h.run_id, h.at from gold.segment_history as h "
            "where h.segment = $name and (h.run_id < $run or (h.run_id = $run "
            "and h.profile_id > $id)) order by h.run_id desc, h.profile_id, h.event limit $n",
            name=name,
            run=int(run),
            id=id_,
            n=limit + 1,
        ).to_dicts()
    call.note("segment.history", name)
    items = [
        msgspec.json.encode(row | {"at": f"{row['at']:%Y-%m-%dT%H:%M:%SZ}"})
        for row in rows[:limit]
        if not call.hides(str(row["profile_id"]))
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    return call.reply_page(items, f"{last['run_id']}.{last['profile_id']}" if last else None)


@contextmanager
def _gold(call: Call) -> Iterator[tuple[Warehouse, Manifest]]:
    """Open the published file for one question.

    Raises:
        BusyError: too many others are asking.
        TooLongError: the time is up.
    """
    manifest = call.context.published.current().manifest
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        msg = "two questions about segments are being answered; ask again in a few seconds"
        raise BusyError(msg)
    try:
        path = manifest.path(call.context.home, "gold")
        with reading_within(path, SECONDS) as connection:
            yield Warehouse(connection), manifest
    finally:
        _AT_ONCE.release()


def _counts(found: Preview, definition: SegmentFile) -> dict[str, Any]:
    return {
        "of": definition.of,
        "members": found.members,
        "everybody": found.everybody,
        "entering": found.entering,
        "leaving": found.leaving,
        "control": found.control,
        "overlap": dict(found.overlap),
    }


def _stamp(manifest: Manifest) -> dict[str, Any]:
    return {"generation": manifest.generation, "as_of": manifest.as_of}


def _sample(call: Call, found: Preview) -> list[dict[str, Any]]:
    shown = [
        {"profile_id": id_, "full_name": name} for id_, name in found.sample if not call.hides(id_)
    ]
    for one in shown:
        call.note("segment.preview", str(one["profile_id"]))
    return shown if call.sees_personal_data else [mask("profile", one) for one in shown]


def _drawn(call: Call, found: tuple[Dimension, ...]) -> Answer:
    from cdp.steward.segment_charts import dimension  # noqa: PLC0415 - matplotlib is slow to load

    if len(found) != 1:
        known = ", ".join(one.name for one in found) or "none"
        raise InvalidError(("dimension", f"a picture shows one; use one of {known}"))
    return call.picture(dimension(found[0]).encode(), SVG)


def _is_drawn(call: Call) -> bool:
    wanted = call.query("format")
    if wanted not in {None, "json", "svg"}:
        raise InvalidError(("format", "use json or svg"))
    return wanted == "svg" or (wanted is None and SVG.encode() in call.headers.get(b"accept", b""))
