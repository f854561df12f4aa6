"""The desk of exports that are asked for over HTTP: taken, carried out one by one, handed out.

Invariant: what was taken is carried out by one worker at a time; a file is handed out only where
the manifest of its export names it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from cdp.activation import demand
from cdp.activation.declared import chosen
from cdp.activation.selection import select
from cdp.activation.versions import versions
from cdp.errors import CdpError, NotFoundError, StateError
from cdp.store.lock import lock
from cdp.store.state import State
from cdp.store.state_exports import Exports, Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

    from cdp.activation.demand import Outcome
    from cdp.destinations import DestinationDefinition
    from cdp.settings import Workspace

FOLDER: Final = "exports/api"
"""Below `.cdp`: a folder for each export that names no destination."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for: a destination of the workspace, or a wish of its own."""

    segment: str
    destination: str | None
    wish: Mapping[str, Any]
    actor: str


def take(workspace: Workspace, asked: Asked, at: datetime) -> Job:
    """Keep an export that can be carried out, and return it.

    Raises:
        NotFoundError: there is no such segment.
        UnknownNameError: there is no such destination.
        ConfigError: the wish does not validate.
    """
    if asked.segment not in versions(workspace):
        msg = f"there is no segment {asked.segment!r}"
        raise NotFoundError(msg)
    if asked.destination is not None:
        chosen(workspace, asked.destination, asked.segment)
    else:
        select(_definition(asked.segment, asked.wish))
    export_id = f"EX-{secrets.token_hex(8)}"
    job = Job(
        *(export_id, asked.segment, asked.destination, asked.wish, "received", asked.actor), at
    )
    with State.open(workspace.home) as state:
        Exports(state).add(job)
    return job


def one(home: Path, segment: str, export_id: str) -> Job:
    """Return an export.

    Raises:
        NotFoundError: there is none of this id.
    """
    with State.open(home) as state:
        return Exports(state).one(segment, export_id)


def page(home: Path, segment: str, limit: int, after: str | None) -> list[Job]:
    """Return exports of a segment, latest first, from behind one."""
    with State.open(home) as state:
        return Exports(state).page(segment, limit, after)


def unfinished(home: Path, segment: str) -> list[Job]:
    """Return the exports of a segment that wait, or are being carried out."""
    return [job for job in _waiting(home) if job.segment == segment]


def work(workspace: Workspace, clock: Callable[[], datetime]) -> list[Job]:
    """Carry out what waits, until nothing does, and return what came of it.

    Raises:
        StateError: another worker is at it, or a run holds what a destination needs.
    """
    done: list[Job] = []
    held: dict[str, StateError] = {}
    with lock(workspace.home / "exports.lock", "export"):
        while waiting := [job for job in _waiting(workspace.home) if job.export_id not in held]:
            try:
                done.append(_carried_out(workspace, waiting[0], clock))
            except StateError as error:  # it waits for a run; what needs none need not
                held[waiting[0].export_id] = error
    for problem in held.values():
        raise problem
    return done


def file(workspace: Workspace, job: Job, name: str) -> Path:
    """Return a file of a finished export.

    Raises:
        NotFoundError: the export has no such file, or it is kept elsewhere.
    """
    answer = job.answer or {}
    manifest = answer.get("manifest") or {}
    known = {str(each["name"]) for each in manifest.get("files", ())}
    known.add(str(answer.get("manifest_name")))
    folder = answer.get("folder")
    path = workspace.home / str(folder) / name
    if folder is None or name not in known or not path.is_file():
        msg = f"export {job.export_id} ({job.status}) has no file {name!r} to hand out"
        raise NotFoundError(msg)
    return path


def document(job: Job) -> dict[str, Any]:
    """Return an export as JSON shows it."""
    answer = dict(job.answer or {})
    return {
        "export_id": job.export_id,
        "segment": job.segment,
        "destination": job.destination,
        "status": job.status,
        "actor": job.actor,
        "received_at": job.received_at.isoformat(timespec="seconds"),
        "finished_at": job.finished_at and job.finished_at.isoformat(timespec="seconds"),
        "detail": job.detail,
        "location": answer.get("location"),
        "manifest": answer.get("manifest"),
    }


def _waiting(home: Path) -> list[Job]:
    with State.open(home) as state:
        return Exports(state).waiting()


def _carried_out(workspace: Workspace, job: Job, clock: Callable[[], datetime]) -> Job:
    with State.open(workspace.home) as state:
        Exports(state).begin(job.export_id)
    answer: dict[str, Any] | None = None
    detail: str | None = None
    try:
        answer = _answer(workspace, _exported(workspace, job))
    except (CdpError, OSError) as error:
        if isinstance(error, StateError):
            raise
        detail = " ".join(str(error).split())
    with State.open(workspace.home) as state:
        Exports(state).end(job.export_id, clock(), answer=answer, detail=detail)
        return Exports(state).one(job.segment, job.export_id)


def _exported(workspace: Workspace, job: Job) -> Outcome:
    if job.destination is not None:
        return demand.to_destination(workspace, job.segment, job.destination)
    wish = _definition(job.segment, job.wish)
    out = demand.Out(workspace.home / FOLDER / job.export_id)
    return demand.ad_hoc(workspace, job.segment, wish, out)


def _definition(segment: str, wish: Mapping[str, Any]) -> DestinationDefinition:
    said = {name: value for name, value in wish.items() if name != "format"}
    return demand.definition(str(wish.get("format", "csv")), {"segments": (segment,), **said})


def _answer(workspace: Workspace, outcome: Outcome) -> dict[str, Any]:
    exported = outcome.exported
    if exported is None:
        return {"manifest": None, "location": None}
    folder, home = outcome.folder, workspace.home
    inside = folder is not None and folder.is_relative_to(home)
    return {
        "manifest": exported.document,
        "manifest_name": exported.manifest,
        "location": f"{exported.location}/{exported.manifest}".removeprefix(f"{workspace.root}/"),
        "folder": folder.relative_to(home).as_posix() if folder is not None and inside else None,
    }
