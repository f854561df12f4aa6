"""The desk of privacy requests: taken, carried out one after the other, answered.

Invariant: a request that was taken is carried out by whoever comes first (the command that took
it, a worker that the API began, the next `cdp privacy work`) and by nobody twice.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from cdp.errors import CdpError, NotFoundError, StateError
from cdp.privacy import readmission, restriction
from cdp.privacy.erasure import FOLDER, Erasure
from cdp.privacy.package import package
from cdp.privacy.page import page
from cdp.privacy.person import sought
from cdp.privacy.telling import Telling
from cdp.store.compacting import put
from cdp.store.peek import peek
from cdp.store.state import State
from cdp.store.state_acts import By
from cdp.store.state_audit import Access, AuditLog
from cdp.store.state_privacy import Request, Requests

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from cdp.store.state_privacy import Type

DUE_DAYS: Final = 30
"""Days in which a request is to be answered (GDPR art. 12: one month)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks: of which profile, how it was named, why, and who writes it down."""

    type: Type
    ref: str
    subject: str
    reason: str
    actor: str
    key_id: str
    caller: str = ""


def take(home: Path, asked: Asked, *, at: datetime) -> Request:
    """Keep a request, audited, and return it."""
    request = Request(
        request_id=f"PR-{secrets.token_hex(8)}",
        type=asked.type,
        status="received",
        ref=asked.ref,
        subject=asked.subject,
        reason=asked.reason,
        actor=asked.actor,
        received_at=at,
        due_at=at + timedelta(days=DUE_DAYS),
    )
    access = Access(
        at, asked.caller, asked.key_id, f"privacy.{asked.type}", asked.subject, "privacy", ""
    )
    with State.open(home) as state:
        by = By(asked.actor, asked.reason, at, (access,))
        return Requests(state).add(request, by)[0]


def one(home: Path, request_id: str) -> Request:
    """Return a request.

    Raises:
        NotFoundError: there is none of this id.
    """
    with State.open(home) as state:
        return Requests(state).one(request_id)


def page_of(home: Path, limit: int, after: str | None = None) -> list[Request]:
    """Return requests, latest first, from behind one."""
    with State.open(home) as state:
        return Requests(state).page(limit, after)


def waiting(home: Path) -> list[Request]:
    """Return what is to be carried out, oldest first."""
    with State.open(home) as state:
        return Requests(state).waiting()


def carry_out(
    home: Path,
    request: Request,
    *,
    at: datetime,
    observe: Callable[[str], None] = lambda _: None,
) -> Request:
    """Carry a request out and return it as it stands then: done, or failed with the reason.

    Raises:
        StateError: a run holds the workspace; the request stays as it is.
        CdpError: an erasure could not be finished; it is taken up again by the next attempt.
    """
    now = one(home, request.request_id)
    if now.status in {"done", "failed"}:  # somebody else was quicker
        return now
    with State.open(home) as state:
        Requests(state).begin(request.request_id)
    try:
        answer = _work(home, request, at, observe)
    except (CdpError, OSError) as error:
        if isinstance(error, StateError) or _is_begun(home, request):
            raise
        _fail(home, request, at, error)
        return one(home, request.request_id)
    if request.type != "erase":  # which says itself that it is done, once nothing is left
        with State.open(home) as state:
            Requests(state).finish(request.request_id, at, answer)
    _note(home, request, at)
    return one(home, request.request_id)


def result(home: Path, request: Request, kind: str) -> bytes:
    """Return what came of a request of access or export, as `json` or `html`.

    Raises:
        NotFoundError: it has no result, not yet or not any more.
    """
    path = _result(home, request.request_id, kind)
    if request.type not in {"access", "export"} or not path.is_file():
        msg = (
            f"privacy request {request.request_id} ({request.type}, {request.status}) has no "
            "result to hand out; those of access and export are kept for a while"
        )
        raise NotFoundError(msg)
    return path.read_bytes()


def document(request: Request) -> dict[str, Any]:
    """Return a request as JSON shows it."""
    finished = request.finished_at
    return {
        "request_id": request.request_id,
        "type": request.type,
        "status": request.status,
        "ref": request.ref,
        "profile_id": request.subject or None,
        "reason": request.reason,
        "actor": request.actor,
        "received_at": request.received_at.isoformat(timespec="seconds"),
        "due_at": request.due_at.isoformat(timespec="seconds"),
        "finished_at": finished.isoformat(timespec="seconds") if finished else None,
        "detail": request.detail,
        "answer": request.answer,
    }


def _work(
    home: Path, request: Request, at: datetime, observe: Callable[[str], None]
) -> dict[str, Any]:
    if request.type == "erase":
        return Erasure(home, request, at, observe).carry_out()
    if request.type == "restrict":
        return restriction.restrict(home, request, at=at)
    if request.type == "unrestrict":
        return restriction.lift(home, request)
    if request.type == "readmit":
        return readmission.readmit(home, request)
    return _give_out(home, request, at)


def _give_out(home: Path, request: Request, at: datetime) -> dict[str, Any]:
    with peek(home) as warehouse:
        person = sought(home, warehouse, request.subject)
        made = package(warehouse, home, person, Telling.of(person), at=at)
    (home / FOLDER).mkdir(mode=0o700, exist_ok=True)
    text = json.dumps(made, ensure_ascii=False, indent=1)
    put(_result(home, request.request_id, "json"), text.encode())
    put(_result(home, request.request_id, "html"), page(made).encode())
    return {
        "sections": {s["table"]: len(s["rows"]) for s in made["sections"]},
        "accesses": len(made["here"]["accesses"]),
    }


def _result(home: Path, request_id: str, kind: str) -> Path:
    return home / FOLDER / f"{request_id}.{kind}"


def _is_begun(home: Path, request: Request) -> bool:
    """Whether something may be removed already, so that the erasure must be finished."""
    return (home / FOLDER / f"{request.request_id}.plan").exists()


def _fail(home: Path, request: Request, at: datetime, error: Exception) -> None:
    detail = " ".join(str(error).split())
    with State.open(home) as state:
        Requests(state).fail(request.request_id, at, detail)


def _note(home: Path, request: Request, at: datetime) -> None:
    """Audit that it was carried out; of an erasure by the request alone."""
    subject = "" if request.type == "erase" else request.subject
    access = Access(
        at,
        request.request_id,
        request.actor,
        f"privacy.{request.type}.done",
        subject,
        "privacy",
        "",
    )
    with State.open(home) as state:
        AuditLog(state).append([access])
