"""The REST API of a Salesforce org: requests, what it refuses and why, and what it is made of.

An org has an allowance of requests a day that all its clients share; each answer says how much of
it is used, and an org that is nearly used up is left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Self, TypeVar

import msgspec
from httpx_retries import Retry

from cdp.errors import UnreachableError
from cdp.sources.remote.salesforce.options import CHANGED, NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from cdp.sources import Opening
    from cdp.sources.remote.client import Client
    from cdp.sources.remote.salesforce.options import SalesforceOptions

T = TypeVar("T")
_Name = Annotated[str, msgspec.Meta(pattern=rf"^{NAME}\Z")]
_LIMITED: Final = "REQUEST_LIMIT_EXCEEDED"
_SHOWN: Final = 300
_NOT_READ: Final = ("address", "location", "base64")  # what other fields hold too, and files
_PARENTS: Final = {"CampaignMember": ("Campaign", "CampaignId", ("Name", "Type"))}
_USAGE: Final = re.compile(r"api-usage=(\d+)/(\d+)")
_UNKNOWN: Final = (
    "the org has no such object, or the user may not read it: give its permission set the "
    "permission, or leave the object out of objects:"
)
_REMEDIES: Final = {
    _LIMITED: "its requests are used up for the moment; the next run goes on from where it stood",
    "INVALID_TYPE": _UNKNOWN,
    "NOT_FOUND": _UNKNOWN,
    "INSUFFICIENT_ACCESS": _UNKNOWN,
    "API_DISABLED_FOR_ORG": "the org's edition has no API: ask Salesforce for it",
    "INVALID_FIELD": "correct options.fields",
    "QUERY_TIMEOUT": "the query takes too long: set options.methods to bulk for this object",
}


class RefusedError(UnreachableError):
    """The org refused a request; `code` is its own word for why."""

    def __init__(self, message: str, code: str) -> None:
        self.code = code
        super().__init__(message)


class _Error(msgspec.Struct):
    message: str = ""
    error_code: str = msgspec.field(default="", name="errorCode")


class _Field(msgspec.Struct):
    name: _Name
    type: str


class _Described(msgspec.Struct):
    name: _Name
    fields: list[_Field]


class _Listed(msgspec.Struct):
    name: str
    queryable: bool = True


class _Global(msgspec.Struct):
    sobjects: list[_Listed]


class _Counted(msgspec.Struct):
    total: int = msgspec.field(name="totalSize")


_ERRORS: Final = msgspec.json.Decoder(list[_Error])


@dataclass(frozen=True, slots=True)
class SObject:
    """An object of an org: the type of each field that is read, by name.

    A field of what a row refers to, such as Campaign.Name, is named with a dot.
    """

    name: str
    fields: Mapping[str, str]

    @property
    def changed(self) -> str | None:
        """The field that says when a row changed."""
        return next((name for name in CHANGED if name in self.fields), None)


@dataclass(frozen=True, slots=True)
class Api:
    """Asks one org.

    Attributes:
        attempts: pauses between attempts at what is refused for the moment.
        daily_share: share of the org's requests a day beyond which it is left alone.
        chosen: fields to read, by object; none: all.
    """

    client: Client
    version: str
    attempts: Retry
    daily_share: float
    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, opening: Opening, client: Client, options: SalesforceOptions) -> Self:
        """Return the API of an instance."""
        limits = opening.instance.limits
        pauses = Retry(
            total=limits.attempts - 1, backoff_factor=1, max_backoff_wait=limits.longest_wait
        )
        return cls(client, options.api_version, pauses, options.daily_share, options.fields)

    def get(
        self, path: str, params: Mapping[str, str] | None = None, accept: str = "application/json"
    ) -> httpx.Response:
        """Return the answer to a request below the version, or to one that the org gave itself.

        Raises:
            UnreachableError: the org does not answer, refuses, or is nearly used up.
        """
        return self._ask("GET", path, params=params, accept=accept)

    def post(self, path: str, body: object) -> httpx.Response:
        """Return the answer to a request with this body.

        Raises:
            UnreachableError: the org does not answer, refuses, or is nearly used up.
        """
        return self._ask("POST", path, body=body)

    def describe(self, name: str) -> SObject:
        """Return an object with the fields that the user may see and that are to be read.

        Raises:
            UnreachableError: the org does not answer, or shows the user no such object.
        """
        path = f"sobjects/{name}/describe"
        found = self.decoded(self.get(path), _Described, path)
        fields = {f.name: f.type for f in found.fields if f.type not in _NOT_READ}
        wanted = self.chosen.get(name)
        if wanted is not None:
            wanted = tuple(dict.fromkeys(("Id", *CHANGED, "IsDeleted", *wanted)))
            fields = {field: fields[field] for field in wanted if field in fields}
        return SObject(name, fields | self._of_parent(name, fields))

    def listed(self) -> frozenset[str]:
        """Return the objects that the user may query.

        Raises:
            UnreachableError: the org does not answer.
        """
        found = self.decoded(self.get("sobjects"), _Global, "sobjects")
        return frozenset(each.name for each in found.sobjects if each.queryable)

    def count(self, soql: str) -> int:
        """Return what a query of `count()` counts, deleted rows included.

        Raises:
            UnreachableError: the org does not answer, or refuses.
        """
        return self.decoded(self.get("queryAll", {"q": soql}), _Counted, "queryAll").total

    def decoded(self, response: httpx.Response, type_: type[T], path: str) -> T:
        """Return an answer as what it should be.

        Raises:
            UnreachableError: it is something else.
        """
        try:
            return msgspec.json.decode(response.content, type=type_)
        except msgspec.MsgspecError as error:
            msg = (
                f"source {self.client.source}: {path} answered something that Salesforce does "
                f"not ({error}); look at url:"
            )
            raise UnreachableError(msg) from error

    def _of_parent(self, name: str, own: Mapping[str, str]) -> dict[str, str]:
        """Return the fields of another object by which people know what a row refers to."""
        parent, key, wanted = _PARENTS.get(name, ("", "", ()))
        if key not in own:
            return {}
        try:
            there = self.describe(parent).fields
        except RefusedError as error:
            if error.code != "NOT_FOUND":
                raise
            return {}
        return {f"{parent}.{field}": there[field] for field in wanted if field in there}

    def _ask(self, method: str, path: str, **said: Any) -> httpx.Response:  # noqa: ANN401 - as Client.send
        below = path.lstrip("/") if path.startswith("/") else self._below(path)
        attempts = self.attempts
        while True:
            response = self.client.send(method, below, **said)
            if response.is_success:
                self._look_at_usage(response)
                return response
            error = _error(response)
            # The client repeats by itself what any system refuses for the moment.
            is_limited = error is not None and error.error_code == _LIMITED
            if attempts.is_exhausted() or not is_limited:
                raise self._refusal(response, error, path)
            attempts = attempts.increment()
            attempts.sleep(response)

    def _below(self, path: str) -> str:
        return f"services/data/v{self.version}/{path}"

    def _refusal(
        self, response: httpx.Response, error: _Error | None, path: str
    ) -> UnreachableError:
        if error is None:
            return self.client.refusal(response)
        remedy = _REMEDIES.get(error.error_code, "the next run tries again, from where it stood")
        said = f"{error.error_code}: {self.client.secrets.hide(error.message)[:_SHOWN]}"
        msg = f"source {self.client.source}: {path} was refused with {said}; {remedy}"
        return RefusedError(msg, error.error_code)

    def _look_at_usage(self, response: httpx.Response) -> None:
        found = _USAGE.search(response.headers.get("sforce-limit-info", ""))
        if found is None:
            return
        used, allowed = int(found[1]), int(found[2])
        if allowed and used > self.daily_share * allowed:
            msg = (
                f"source {self.client.source}: {used:,} of the org's {allowed:,} requests a day "
                "are used, so it is left alone (options.daily_share); the next run goes on from "
                "where it stood"
            )
            raise RefusedError(msg, _LIMITED)


def _error(response: httpx.Response) -> _Error | None:
    try:
        return next(iter(_ERRORS.decode(response.content)), None)
    except msgspec.MsgspecError:
        return None
