"""Segments made and changed through the API, beside those that files declare.

Invariants: every version is kept with who made it; who writes says which version they read, so
that no change is lost; what a file declares is changed in the file alone.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import msgspec
from pydantic import ValidationError

from cdp.activation.declared import receivers
from cdp.activation.desk import unfinished
from cdp.api.answer import Answer
from cdp.api.errors import ConflictError, InvalidError, PreconditionError
from cdp.api.leaving import is_known
from cdp.errors import ConfigError
from cdp.segments.compiler import compiled
from cdp.segments.definition import SegmentFile
from cdp.segments.known import dependents, document_of
from cdp.settings import Workspace
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_segments import Segments

if TYPE_CHECKING:
    from cdp.api.call import Call
    from cdp.realtime.catalogue import Declared
    from cdp.segments.known import Known
    from cdp.store.state_segments import Version

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TAG: Final = re.compile(r"v(\d{1,9})-")
_RESERVED: Final = frozenset({"preview", "overlap"})
_LONGEST_REASON: Final = 2000


def one(call: Call) -> Answer:
    """Answer with a segment: its definition, how fresh its members are, what keeps it from live."""
    declared = call.context.segments.current()
    known = declared.one(call.path("name"))
    return _answered(call, document(call, declared, known), known)


def versions(call: Call) -> Answer:
    """List every version of a segment made through the API, latest first."""
    name = call.path("name")
    with State.open(call.context.home) as state:
        found = Segments(state).versions(name)
    if not found:
        call.context.segments.current().one(name)
    return call.reply_page([msgspec.json.encode(_version(one)) for one in found], None)


def create(call: Call) -> Answer:
    """Make a segment; its name must be new."""
    body = _body(call)
    name = body.pop("name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _RESERVED:
        raise InvalidError(("/name", "small letters, digits and _, beginning with a letter"))
    declared = call.context.segments.anew()
    if name in declared.known:
        msg = f"a segment is called {name!r} already; change it with PUT /v1/segments/{name}"
        raise ConflictError(msg)
    _keep(call, name, body, 0)
    declared = call.context.segments.anew()
    made = _answered(call, document(call, declared, declared.one(name)), declared.one(name))
    headers = {"location": f"/v1/segments/{name}", "etag": made.headers["etag"]}
    return Answer(201, made.body, headers)


def replace(call: Call) -> Answer:
    """Change a segment that was read before; where there is none of the name it is made."""
    name, body = call.path("name"), _body(call)
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise InvalidError(("name", "small letters, digits and _, beginning with a letter"))
    if body.pop("name", name) != name:
        raise InvalidError(("/name", "is another than that of the address"))
    declared = call.context.segments.anew()
    _refuse_file(declared, name)
    _keep(call, name, body, _read_version(call, is_new=name not in declared.known))
    declared = call.context.segments.anew()
    known = declared.one(name)
    return _answered(call, document(call, declared, known), known)


def remove(call: Call) -> Answer:
    """Take a segment away that was read before; its members leave with the next run."""
    name = call.path("name")
    declared = call.context.segments.anew()
    declared.one(name)
    _refuse_file(declared, name)
    others = dependents(name, declared.files)
    if others:
        msg = f"{', '.join(others)} build upon segment {name!r}; change them first"
        raise ConflictError(msg)
    _refuse_leaving(call, name)
    call.note("segment.remove", name)
    with State.open(call.context.home) as state:
        gone = Segments(state).put(name, None, _by(call, ""), _read_version(call, is_new=False))
    call.context.segments.anew()
    return call.reply(msgspec.json.encode(_version(gone)))


def document(call: Call, declared: Declared, known: Known) -> dict[str, Any]:
    """Return a segment as JSON."""
    published = call.context.published.current()
    sizes = {row["segment"]: row for row in map(msgspec.json.decode, published.segments())}
    manifest, version = published.manifest, known.version
    waits = declared.waits[known.name]
    changed_at = version.made_at.isoformat() if version else None
    return {
        "segment": known.name,
        "description": known.definition.description,
        "of": known.definition.of,
        "definition": known.document(),
        "origin": known.origin,
        "is_read_only": known.origin == "file",
        "version": version.version if version else None,
        "changed_at": changed_at,
        "changed_by": version.actor if version else None,
        "static": known.definition.static,
        "control": known.definition.control.model_dump() if known.definition.control else None,
        "live": not waits,
        "waits_for": waits,
        "members": sizes.get(known.name, {}).get("members", 0),
        "is_computed": known.name in sizes
        and (changed_at is None or changed_at <= manifest.published_at),
        "generation": manifest.generation,
        "as_of": manifest.as_of,
        "published_at": manifest.published_at,
    }


def checked(call: Call, name: str, given: dict[str, Any], place: str = "") -> SegmentFile:
    """Return a definition that fits the workspace, under this name.

    Raises:
        InvalidError: it does not; its `errors` point at the fields.
    """
    declared = call.context.segments.current()
    try:
        definition = SegmentFile.model_validate(given)
        compiled(name, {**declared.files, name: definition}, declared.scores)
    except ValidationError as error:
        raise InvalidError(
            *(
                (
                    "".join([place, *(f"/{part}" for part in found["loc"])]) or "/",
                    found["msg"].removeprefix("Value error, "),
                )
                for found in error.errors(include_url=False)
            )
        ) from None
    except ConfigError as error:
        told = str(error).removeprefix(f"segments/{name}.yaml: ")
        where, sep, what = told.partition(": ") if told.startswith("/") else ("", "", told)
        raise InvalidError((f"{place}{where if sep else '/where'}", what or told)) from None
    return definition


def _keep(call: Call, name: str, body: dict[str, Any], read: int | None) -> None:
    reason = body.pop("reason", "")
    if not isinstance(reason, str) or len(reason) > _LONGEST_REASON:
        raise InvalidError(("/reason", f"is a text of at most {_LONGEST_REASON:,} characters"))
    definition = checked(call, name, body)
    call.note("segment.write", name)
    kept = json.dumps(document_of(definition), ensure_ascii=False)
    with State.open(call.context.home) as state:
        Segments(state).put(name, kept, _by(call, reason), read)


def _by(call: Call, reason: str) -> By:
    return By(call.caller.name, reason, call.context.clock())


def _body(call: Call) -> dict[str, Any]:
    try:
        return msgspec.json.decode(call.body, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise InvalidError(("body", str(error))) from None


def _refuse_file(declared: Declared, name: str) -> None:
    known = declared.known.get(name)
    if known is not None and known.origin == "file":
        msg = f"segments/{name}.yaml declares this segment, so it is changed there and not here"
        raise ConflictError(msg)


def _refuse_leaving(call: Call, name: str) -> None:
    """Refuse to take away what leaves the platform: the next run would end with an error."""
    home = call.context.home
    taking = receivers(Workspace(home.parent), name)
    if taking:
        files = ", ".join(f"destinations/{one}.yaml" for one in taking)
        msg = f"{files} sends segment {name!r} out; take it off the segments: there first"
        raise ConflictError(msg)
    waiting = unfinished(home, name)
    if waiting:
        told = ", ".join(job.export_id for job in waiting)
        msg = f"export {told} of segment {name!r} is not finished; wait until it is"
        raise ConflictError(msg)


def _read_version(call: Call, *, is_new: bool) -> int | None:
    """Return the version that the caller read, 0 for a new one, None where any will do."""
    given = call.headers.get(b"if-match", b"").decode("latin-1").strip()
    if given == "*":
        return None
    if not given:
        if is_new:
            return 0
        msg = "send If-Match with the ETag of the segment as you read it, or * to overwrite it"
        raise PreconditionError(msg)
    found = _TAG.search(given)
    if found is None:
        raise InvalidError(("If-Match", "use the ETag that GET /v1/segments/{name} answered with"))
    return int(found[1])


def _answered(call: Call, told: dict[str, Any], known: Known) -> Answer:
    """Return the document with an ETag that begins with the version of the definition."""
    plain = call.reply(msgspec.json.encode(told))
    if plain.status not in {200, 304}:
        return plain
    body = msgspec.json.encode(told)
    number = known.version.version if known.version else 0
    tag = f'"v{number}-{sha256(body).hexdigest()[:16]}"'
    headers = {**plain.headers, "etag": tag}
    if call.scope["method"] == "GET" and is_known(call.headers, tag):
        return Answer(304, b"", headers)
    return Answer(200, body, headers)


def _version(one: Version) -> dict[str, Any]:
    return {
        "segment": one.segment,
        "version": one.version,
        "definition": json.loads(one.definition) if one.definition is not None else None,
        "changed_by": one.actor,
        "reason": one.reason,
        "changed_at": one.made_at.isoformat(),
    }
