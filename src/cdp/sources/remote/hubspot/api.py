"""The API of an account: what is asked where, and how politely.

Searches have a limit of their own, for the whole account; whoever uses up the day's requests is
refused until midnight. Invariant: once the day is used up nothing is asked any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import httpx
import msgspec

from cdp.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyrate_limiter import Limiter

    from cdp.sources.remote.client import Client

T = TypeVar("T")
Row = dict[str, Any]
BATCH: Final = 100
"""Rows that are read at once by their keys, and most of a list."""
_TOO_MANY: Final = 429
_WRONG: Final = 400
_LACKING: Final = (_WRONG, 403, 404)
_DAILY: Final = "DAILY"
_SHOWN: Final = 300
_NUMBERED: Final = {
    "objects": "crm/v3/objects",
    "properties": "crm/v3/properties",
    "associations": "crm/v4/associations",
    "statuses": "communication-preferences/v4/statuses",
}
_DATED: Final = {
    "objects": "crm/objects/{}",
    "properties": "crm/properties/{}",
    "associations": "crm/associations/{}",
    "statuses": "communication-preferences/{}/statuses",
}


class LackingError(UnreachableError):
    """The account does not have it, or the app may not read it."""


class WrongError(LackingError):
    """What was asked is not to HubSpot's taste: an address that it takes for none, for one."""


class _Limit(msgspec.Struct, rename="camel"):
    message: str = ""
    policy_name: str = ""


class Day(httpx.BaseTransport):
    """Sends requests, and stops where the requests of a day are used up: waiting does not help."""

    def __init__(self, source: str, wire: httpx.BaseTransport) -> None:
        self._source, self._wire = source, wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            UnreachableError: the requests of the day are used up.
        """
        response = self._wire.handle_request(request)
        if response.status_code != _TOO_MANY:
            return response
        try:
            said = msgspec.json.decode(response.read(), type=_Limit)
        except msgspec.MsgspecError:
            return response
        if said.policy_name != _DAILY:
            return response
        response.close()
        msg = (
            f"source {self._source}: HubSpot's requests of the day are used up "
            f"({said.message[:_SHOWN]}); they begin anew at midnight in the account's time zone, "
            "and the next run goes on from where it stood; look at what else uses the account's API"
        )
        raise UnreachableError(msg)

    def close(self) -> None:
        """Give the connections back."""
        self._wire.close()


class Property(msgspec.Struct, rename="camel"):
    """A property of an object; `is_own`: HubSpot made it."""

    name: str
    type: str = "string"
    is_own: bool = msgspec.field(default=False, name="hubspotDefined")
    archived: bool = False


class _Next(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _Next | None = None


class Rows(msgspec.Struct):
    """A page of rows."""

    results: list[Any]
    paging: _Paging | None = None

    @property
    def after(self) -> str | None:
        """What the next page begins behind, None where there is none."""
        return None if self.paging is None or self.paging.next is None else self.paging.next.after


class _Properties(msgspec.Struct):
    results: list[Property]


class _Kind(msgspec.Struct):
    label: str | None = None


class _End(msgspec.Struct, rename="camel"):
    to_object_id: str | int
    association_types: list[_Kind] = []


class _From(msgspec.Struct):
    id: str | int


class _Associated(msgspec.Struct):
    source: _From = msgspec.field(name="from")
    to: list[_End] = []
    paging: _Paging | None = None


class _Associations(msgspec.Struct):
    results: list[_Associated]


class _Subscriber(msgspec.Struct, rename="camel"):
    subscriber_id_string: str
    statuses: list[Row] = []


class _Subscribers(msgspec.Struct):
    results: list[_Subscriber]


@dataclass(frozen=True, slots=True)
class Api:
    """Asks one account; `searches` counts those of a second."""

    client: Client
    version: str
    searches: Limiter

    def properties(self, type_: str) -> list[Property]:
        """Return the properties of an object.

        Raises:
            LackingError: the account does not have the object, or the app may not read it.
            UnreachableError: the account does not answer, or not as HubSpot does.
        """
        path = f"{self._base('properties')}/{type_}"
        found = self._asked("GET", path, _Properties, is_optional=True).results
        return [each for each in found if not each.archived]

    def listed(self, type_: str, params: Mapping[str, str]) -> Rows:
        """Return a page of all rows.

        Raises:
            WrongError: the place in the list, for one, is none that HubSpot knows.
            UnreachableError: the account does not answer, or refuses.
        """
        path = f"{self._base('objects')}/{type_}"
        return self._asked("GET", path, Rows, params, is_optional=True)

    def searched(self, type_: str, body: Mapping[str, object]) -> Rows:
        """Return the first page of a search.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        self.searches.try_acquire()
        path = f"{self._base('objects')}/{type_}/search"
        return self._asked("POST", path, Rows, body=body)

    def read(self, type_: str, keys: Sequence[str], properties: Sequence[str]) -> list[Any]:
        """Return the rows with these keys, as many as there are; a merged one under its new key.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        path = f"{self._base('objects')}/{type_}/batch/read"
        found: list[Any] = []
        for at in range(0, len(keys), BATCH):
            inputs = [{"id": key} for key in keys[at : at + BATCH]]
            body = {"inputs": inputs, "properties": list(properties)}
            found += self._asked("POST", path, Rows, body=body).results
        return found

    def associated(self, type_: str, to: str, keys: Sequence[str]) -> dict[str, list[Row]]:
        """Return what rows are associated with, by key, each with the labels that it has.

        Raises:
            UnreachableError: the account does not answer, or refuses.
        """
        path = f"{self._base('associations')}/{type_}/{to}/batch/read"
        inputs = [{"id": key} for key in keys]
        found: dict[str, list[Row]] = {}
        while inputs:
            answer = self._asked("POST", path, _Associations, body={"inputs": inputs})
            inputs = []
            for each in answer.results:
                key = str(each.source.id)
                found.setdefault(key, []).extend(map(_end, each.to))
                if each.paging is not None and each.paging.next is not None:
                    inputs.append({"id": key, "after": each.paging.next.after})
        return found

    def subscribed(self, emails: Sequence[str]) -> dict[str, list[Row]]:
        """Return what each e-mail address is subscribed to, or is not any more.

        Raises:
            LackingError: the app may not read subscriptions.
            UnreachableError: the account does not answer, or refuses.
        """
        found: dict[str, list[Row]] = {}
        for at in range(0, len(emails), BATCH):
            found |= self._statuses(emails[at : at + BATCH])
        return found

    def _statuses(self, emails: Sequence[str]) -> dict[str, list[Row]]:
        """Return what some are subscribed to; one that HubSpot takes for no address has nothing."""
        path = f"{self._base('statuses')}/batch/read"
        params, body = {"channel": "EMAIL"}, {"inputs": list(emails)}
        try:
            answer = self._asked("POST", path, _Subscribers, params, body, is_optional=True)
        except WrongError:
            if len(emails) == 1:
                return {}
            middle = len(emails) // 2
            found = self._statuses(emails[:middle]) | self._statuses(emails[middle:])
            if not found:
                raise
            return found
        return {each.subscriber_id_string.lower(): each.statuses for each in answer.results}

    def _base(self, api: str) -> str:
        return base_of(self.version, api)

    def _asked(
        self,
        method: str,
        path: str,
        type_: type[T],
        params: Mapping[str, str] | None = None,
        body: object = None,
        *,
        is_optional: bool = False,
    ) -> T:
        response = self.client.send(method, path, params, body)
        if not response.is_success:
            refusal = self.client.refusal(response)
            if is_optional and response.status_code in _LACKING:
                is_wrong = response.status_code == _WRONG
                raise (WrongError if is_wrong else LackingError)(str(refusal))
            raise refusal
        try:
            return msgspec.json.decode(response.content, type=type_)
        except msgspec.MsgspecError as error:
            msg = (
                f"source {self.client.source}: {path} answered something that HubSpot does not "
                f"({error}); look at url:, it is https://api.hubapi.com"
            )
            raise UnreachableError(msg) from error


def _end(end: _End) -> Row:
    labels = sorted({kind.label for kind in end.association_types if kind.label})
    return {"id": str(end.to_object_id), "labels": labels}


def base_of(version: str, api: str) -> str:
    """Return what the paths of an API begin with in a version."""
    return _NUMBERED[api] if version == "v3" else _DATED[api].format(version)
