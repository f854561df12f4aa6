"""Exports of segments over HTTP: asked for, carried out by a process of their own, handed out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import msgspec

from cdp.activation import desk
from cdp.activation.desk import Asked
from cdp.api.decoding import decoded
from cdp.api.errors import InvalidError
from cdp.api.file_answer import FileAnswer
from cdp.api.working import begin
from cdp.destinations import INTERNAL
from cdp.errors import ConfigError, InputError, UnknownNameError
from cdp.privacy.scopes import PERSONAL
from cdp.settings import Workspace

if TYPE_CHECKING:
    from cdp.api.answer import Answer
    from cdp.api.call import Call

Word = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_KINDS: Final = {
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".gz": "application/gzip",
}


class ColumnBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A column under a name of its own, hashed where a platform wants it so."""

    field: Word
    name: Word | None = None
    hash: Literal["sha256"] | None = None
    as_: Literal["plain", "meta", "google"] = msgspec.field(default="plain", name="as")
    gmail_dots: bool | None = None


class EncryptBody(msgspec.Struct, forbid_unknown_fields=True):
    """For whom files are encrypted with age."""

    recipients: Annotated[list[Word], msgspec.Meta(min_length=1, max_length=20)]
    armored: bool = False


class ExportBody(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What `POST /v1/segments/{name}/exports` takes."""

    destination: Word | None = None
    format: Literal["csv", "excel", "jsonl", "parquet"] = "csv"
    purpose: Word = "marketing"
    channel: Literal["email", "sms", "phone", "post"] | None = None
    category: Word | None = None
    campaign: Word | None = None
    regions: Annotated[list[Word], msgspec.Meta(max_length=100)] | None = None
    minimum_age: Annotated[int, msgspec.Meta(ge=1, le=120)] | None = None
    contact_points: Literal["permitted", "best"] = "permitted"
    columns: Annotated[list[Word | ColumnBody], msgspec.Meta(max_length=200)] = []
    compression: Literal["none", "gzip"] = "none"
    partition_by: Word | None = None
    rows_per_file: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)] | None = None
    encrypt: EncryptBody | None = None


def ask(call: Call) -> Answer:
    """Take an export; a worker carries it out, and the outcome is found under its id."""
    body, segment = decoded(call.body, ExportBody), call.path("name")
    call.note("segment.export", segment)
    wish: dict[str, Any] = msgspec.to_builtins(body)
    wish.pop("destination", None)
    if body.destination is not None and wish:
        field = next(iter(wish))
        raise InvalidError((field, "the destination says this; leave one of the two out"))
    if body.destination is None:
        wish.setdefault("purpose", body.purpose)
        if body.purpose == INTERNAL:  # no permission is asked for, so the caller needs one
            call.require(PERSONAL)
    asked = Asked(segment, body.destination, wish, call.caller.name)
    workspace = Workspace(call.context.home.parent)
    try:
        job = desk.take(workspace, asked, call.context.clock())
    except UnknownNameError as error:
        raise InvalidError((error.kind, str(error))) from None
    except (ConfigError, InputError) as error:
        raise InvalidError(("body", str(error))) from None
    begin(call.context.home, "export")
    encoded = msgspec.json.encode(desk.document(job))
    return call.accepted(encoded, f"/v1/segments/{segment}/exports/{job.export_id}")


def every(call: Call) -> Answer:
    """List the exports of a segment, latest first."""
    limit, segment = call.limit(), call.path("name")
    found = desk.page(call.context.home, segment, limit + 1, call.cursor())
    bodies = [msgspec.json.encode(desk.document(job)) for job in found[:limit]]
    return call.reply_page(bodies, found[limit - 1].export_id if len(found) > limit else None)


def one(call: Call) -> Answer:
    """Answer with one export and what came of it."""
    job = desk.one(call.context.home, call.path("name"), call.path("export_id"))
    return call.reply(msgspec.json.encode(desk.document(job)))


def file(call: Call) -> Answer:
    """Hand out one file of an export, as it was written."""
    home, segment = call.context.home, call.path("name")
    job = desk.one(home, segment, call.path("export_id"))
    call.note("segment.export.file", segment, f"{job.export_id}")
    name = call.query("name") or ""
    path = desk.file(Workspace(home.parent), job, name)
    headers = {
        "cache-control": "private, no-store",
        "content-disposition": f'attachment; filename="{path.name}"',
        "etag": f'"{job.export_id}-{path.stat().st_size}"',
    }
    kind = _KINDS.get(path.suffix, "application/octet-stream")
    return FileAnswer(200, b"", headers, kind, path)
