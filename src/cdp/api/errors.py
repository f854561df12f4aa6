"""What the API answers when it cannot: one table from errors to problem+json (RFC 9457)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from cdp.api.answer import Answer
from cdp.collect.webhook import SignatureError
from cdp.errors import (
    CdpError,
    ErasedError,
    GoneError,
    InputError,
    NotFoundError,
    RestrictedError,
    StateError,
    UnknownNameError,
)
from cdp.identity.arrival import FieldError
from cdp.planning.jobs import BusyError
from cdp.publish.kept import NotKeptError, NotYetError
from cdp.publish.served import AmbiguousError, RetiredError
from cdp.scenarios.scenario import OutOfRegionError
from cdp.store.bounded import TooLongError
from cdp.store.state_acts import ReusedKeyError
from cdp.store.state_answers import UnderWayError
from cdp.store.state_decisions import ContradictionError
from cdp.store.state_segments import ChangedMeanwhileError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"


class UnauthorisedError(CdpError):
    """The request carries no key in force."""


class ForbiddenError(CdpError):
    """The key lacks the scope."""


class RegionError(ForbiddenError):
    """The key is bound to regions, and this is of another one."""


class LimitedError(CdpError):
    """The key asks more often than it may; `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int, told: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.retry_after, self.told = retry_after, told
        super().__init__(f"this key asks too often; try again in {retry_after} s")


class TooLargeError(CdpError):
    """The body is larger than the endpoint takes."""


class UnsupportedError(CdpError):
    """The body is packed in a way that is not understood."""


class ConflictError(CdpError):
    """What is asked for does not go together with what there is."""


class PreconditionError(CdpError):
    """The request must say which version it changes."""


class InvalidError(InputError):
    """A parameter or the body does not validate; `errors` says where and why."""

    def __init__(self, *errors: tuple[str, str]) -> None:
        self.errors = [{"field": field, "message": message} for field, message in errors]
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors))


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of error is answered; `code` is stable, for programs."""

    status: int
    code: str
    title: str


KINDS: dict[type[Exception], Kind] = {
    InputError: Kind(400, "invalid_request", "The request cannot be understood"),
    UnknownNameError: Kind(400, "unknown_name", "A name in the request is not known"),
    SignatureError: Kind(401, "bad_signature", "The message does not prove where it is from"),
    UnauthorisedError: Kind(401, "unauthorised", "A key is needed"),
    OutOfRegionError: Kind(403, "other_region", "The view does not show this region"),
    ForbiddenError: Kind(403, "forbidden", "The key lacks a scope"),
    RegionError: Kind(403, "region", "The key does not see this region"),
    NotFoundError: Kind(404, "not_found", "Nothing is there"),
    NotYetError: Kind(404, "not_published_yet", "Nothing was published then"),
    RetiredError: Kind(308, "merged", "The id was merged into another one"),
    AmbiguousError: Kind(409, "ambiguous", "Several own this identifier"),
    ErasedError: Kind(410, "erased", "The person was erased"),
    RestrictedError: Kind(403, "restricted", "The profile's processing is restricted"),
    GoneError: Kind(410, "gone", "The id has no records any more"),
    NotKeptError: Kind(410, "not_kept", "That moment is no longer kept"),
    ContradictionError: Kind(409, "contradiction", "Earlier decisions say otherwise"),
    TooLargeError: Kind(413, "too_large", "The body is too large"),
    UnsupportedError: Kind(415, "unsupported_encoding", "The body is packed in an unknown way"),
    ReusedKeyError: Kind(422, "reused_key", "The Idempotency-Key came with another request"),
    LimitedError: Kind(429, "rate_limited", "Too many requests"),
    UnderWayError: Kind(409, "under_way", "The same request is being carried out"),
    ConflictError: Kind(409, "conflict", "It does not go together with what there is"),
    ChangedMeanwhileError: Kind(412, "changed_meanwhile", "Somebody else changed it"),
    PreconditionError: Kind(428, "version_needed", "Say which version is changed"),
    TooLongError: Kind(422, "too_long", "The question takes too long"),
    BusyError: Kind(409, "busy", "Something else of the kind is being done"),
    StateError: Kind(503, "not_ready", "The server cannot answer now"),
}
_UNEXPECTED = Kind(500, "internal", "The server failed")


def kind_of(error: Exception) -> Kind:
    """Return how an error is answered: by its class or the nearest class above it."""
    for cls in type(error).__mro__:
        if cls in KINDS:
            return KINDS[cls]
    return _UNEXPECTED


def answer(error: Exception, request_id: str, headers: Mapping[str, str]) -> Answer:
    """Return the problem document of an error; what nobody expected is logged, not shown."""
    kind = kind_of(error)
    detail = str(error)
    if kind is _UNEXPECTED:
        told = {"request_id": request_id}
        _LOG.error("request %s failed", request_id, exc_info=error, extra=told)
        detail = f"this is a defect; report it with the request id {request_id}"
    body = document(kind, detail, request_id) | _facts(error)
    return Answer(
        kind.status,
        msgspec.json.encode(body),
        {**headers, **_headers(error), "x-request-id": request_id},
        MEDIA_TYPE,
    )


def plain(status: int, request_id: str, headers: Mapping[str, str]) -> Response:
    """Return the problem document of a bare HTTP status (unknown path, method not allowed)."""
    phrase = HTTPStatus(status).phrase
    kind = Kind(status, phrase.lower().replace(" ", "_"), phrase)
    body = document(kind, f"{phrase}; /openapi.json lists what there is", request_id)
    return Response(
        msgspec.json.encode(body), status, {**headers, "x-request-id": request_id}, MEDIA_TYPE
    )


def document(kind: Kind, detail: str, request_id: str) -> dict[str, Any]:
    """Return the fields that every problem has."""
    return {
        "type": f"urn:cdp:problem:{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "code": kind.code,
        "message": detail,  # where SDKs of the event spec look for it
        "request_id": request_id,
        "errors": [],
    }


def _facts(error: Exception) -> dict[str, Any]:
    if isinstance(error, InvalidError):
        return {"errors": error.errors}
    if isinstance(error, FieldError):
        return {"errors": [{"field": error.field, "message": str(error)}]}
    if isinstance(error, AmbiguousError):
        return {"candidates": error.candidates}
    if isinstance(error, ContradictionError):
        return {"decisions": list(error.decisions)}
    if isinstance(error, UnknownNameError):
        return {"errors": [{"field": error.kind, "message": f"known: {', '.join(error.known)}"}]}
    return {}


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, LimitedError):
        return {"retry-after": str(error.retry_after)}
    if isinstance(error, UnauthorisedError):
        return {"www-authenticate": "Bearer"}
    if isinstance(error, StateError):
        return {"retry-after": str(getattr(error, "retry_after", 5))}
    return {}
