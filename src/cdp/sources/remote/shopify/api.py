"""The Admin GraphQL API of a shop: what is asked, what it refuses and why, and how it is paced.

A shop gives an app a bucket of points that fills up at a rate of its own; each answer says what the
question cost, what is left and how fast it fills. Invariant: nothing is asked that by the last
answer cannot be paid yet, and what is refused for that is asked again as soon as it can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from cdp.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.sources.remote.client import Client

T = TypeVar("T")
THROTTLED: Final = "THROTTLED"
TOO_DEAR: Final = "MAX_COST_EXCEEDED"
_DENIED: Final = "ACCESS_DENIED"
_SHOWN: Final = 300
_INVALID: Final = "correct options.fields and options.api_version"
_REMEDIES: Final = {
    THROTTLED: "its points are used up by others for too long; the next run goes on",
    TOO_DEAR: "lower options.inner_size",
    _DENIED: "give the app the access scope, and leave to protected customer data, or leave the "
    "object out of objects:",
    "undefinedField": _INVALID,
    "argumentNotAccepted": _INVALID,
    "selectionMismatch": _INVALID,
}


class RefusedError(UnreachableError):
    """The shop refused a question; `code` is its own word for why."""

    def __init__(self, message: str, code: str) -> None:
        self.code = code
        super().__init__(message)


class _Reason(msgspec.Struct):
    code: str = ""


class _Error(msgspec.Struct):
    message: str = ""
    extensions: _Reason = msgspec.field(default_factory=_Reason)


class _Throttle(msgspec.Struct, rename="camel"):
    maximum_available: float
    currently_available: float
    restore_rate: float


class _Cost(msgspec.Struct, rename="camel"):
    requested_query_cost: float = 0
    throttle_status: _Throttle | None = None


class _Extensions(msgspec.Struct):
    cost: _Cost | None = None


class _Answer(msgspec.Struct):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: msgspec.Raw = msgspec.Raw(b"null")
    extensions: _Extensions = msgspec.field(default_factory=_Extensions)


@dataclass(slots=True)
class Bucket:
    """What a shop's answers said of its points.

    Attributes:
        most: points that the bucket holds.
        left: points that were left when it was last said, at `said_at`.
        rate: points that come back in a second.
        costs: what each question cost at most, as the shop reckons before it answers.
    """

    most: float = 0
    left: float = 0
    rate: float = 0
    said_at: float = 0
    costs: dict[str, float] = field(default_factory=dict)

    def note(self, question: str, cost: _Cost | None) -> None:
        """Take what an answer says."""
        if cost is None:
            return
        if cost.requested_query_cost:
            self.costs[question] = cost.requested_query_cost
        if (status := cost.throttle_status) is not None:
            self.most, self.left = status.maximum_available, status.currently_available
            self.rate, self.said_at = status.restore_rate, monotonic()

    def wait(self, question: str) -> float:
        """Return the seconds until a question can be paid, 0 where nothing says otherwise."""
        if self.rate <= 0:
            return 0
        lacking = min(self.costs.get(question, 0), self.most) - self.left
        return max(0.0, lacking / self.rate - (monotonic() - self.said_at))


@dataclass(frozen=True, slots=True)
class Api:
    """Asks one shop.

    Attributes:
        attempts: times that a question is asked which the shop has no points for.
        longest_wait: seconds to wait at most before it is asked again.
    """

    client: Client
    version: str
    attempts: int
    longest_wait: float
    bucket: Bucket = field(default_factory=Bucket)

    def ask(self, question: str, variables: Mapping[str, object], type_: type[T], what: str) -> T:
        """Return the data of an answer; `what` names the question for people.

        Raises:
            RefusedError: the shop answers with errors.
            UnreachableError: the shop does not answer, or not as Shopify does.
        """
        left = self.attempts
        while True:
            sleep(min(self.bucket.wait(question), self.longest_wait))
            answer = self._answer(question, variables, what)
            self.bucket.note(question, answer.extensions.cost)
            error = self._error(answer, what)
            if error is None:
                return self._decoded(bytes(answer.data), type_, what)
            left -= 1
            if error.extensions.code != THROTTLED or not left:
                raise self._refusal(error, what)

    def _answer(self, question: str, variables: Mapping[str, object], what: str) -> _Answer:
        path = f"admin/api/{self.version}/graphql.json"
        body = {"query": question, "variables": dict(variables)}
        response = self.client.send("POST", path, body=body)
        if not response.is_success:
            raise self.client.refusal(response)
        return self._decoded(response.content, _Answer, what)

    def _error(self, answer: _Answer, what: str) -> _Error | None:
        """Return the first of an answer's errors, the one that says most for the others."""
        raw = bytes(answer.errors)
        if raw == b"null":
            return None
        if raw.startswith(b'"'):  # as it says that a token or a shop is none
            return _Error(self._decoded(raw, str, what))
        errors = self._decoded(raw, list[_Error], what)
        coded = (each for each in errors if each.extensions.code)
        return next(coded, next(iter(errors), None))

    def _refusal(self, error: _Error, what: str) -> RefusedError:
        code = error.extensions.code
        told = self.client.secrets.hide(error.message)[:_SHOWN]
        said = f"{code}: {told}" if code else told
        remedy = _REMEDIES.get(code, "the next run tries again, from where it stood")
        msg = f"source {self.client.source}: {what} was refused with {said}; {remedy}"
        return RefusedError(msg, code)

    def _decoded(self, raw: bytes, type_: type[T], what: str) -> T:
        try:
            return msgspec.json.decode(raw, type=type_)
        except msgspec.MsgspecError as error:
            msg = (
                f"source {self.client.source}: {what}: the shop answered something that Shopify "
                f"does not ({error}); look at url:, it is https://<shop>.myshopify.com"
            )
            raise UnreachableError(msg) from error
