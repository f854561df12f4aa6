"""A client of one instance: authenticated, patient with failures, within its budget."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

import httpx
from httpx_retries import Retry, RetryTransport
from pyrate_limiter import Duration, Limiter, Rate

import cdp
from cdp.errors import UnreachableError
from cdp.sources.remote.connection import BasicAuth, BearerAuth, ClientAuth, HeaderAuth
from cdp.sources.remote.tokens import TokenAuth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.sources import Opening
    from cdp.sources.remote.connection import Limits

_FOR_THE_MOMENT: Final = (408, 429, 500, 502, 503, 504)
_SHOWN = 300
_ELSEWHERE: Final = "it sends elsewhere, perhaps to a page to log in: correct url: or auth:"
_REMEDIES: Final = {
    301: _ELSEWHERE,
    302: _ELSEWHERE,
    303: _ELSEWHERE,
    307: _ELSEWHERE,
    308: _ELSEWHERE,
    401: "the credentials were refused: look at auth: and at the user in that system",
    403: "the user may not read this: give it the permission, or leave the object out",
    404: "there is no such object: correct url: or objects:",
    429: "it asked to be asked less often for too long: set limits: requests_per_minute",
}


@dataclass(frozen=True, slots=True)
class Client:
    """Asks one instance.

    Attributes:
        source: name of the instance, for messages.
        base: its address, without a slash at the end.
    """

    source: str
    base: str
    http: httpx.Client
    budget: Limiter | None

    def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """Return the body of an answer; `path` is below the base, or an address it gave itself.

        A full address keeps its path and query and goes to the host of the base all the same, so
        that credentials are never sent elsewhere.

        Raises:
            UnreachableError: there was no answer, or one that is none, after all attempts.
        """
        if self.budget is not None:
            self.budget.try_acquire()
        address = self._address(path)
        try:
            response = self.http.get(address, params=params)
        except httpx.HTTPError as error:
            said = str(error) or type(error).__name__
            raise self._failure(address, f"did not answer ({said})", None) from error
        if response.is_success:
            return response.content
        raise self._failure(address, f"answered {_said(response)}", response.status_code)

    def close(self) -> None:
        """Give the connections back."""
        self.http.close()

    def _address(self, path: str) -> str:
        if not path.startswith(("http://", "https://")):
            return f"{self.base}/{path}"
        here, there = urlsplit(self.base), urlsplit(path)
        return urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))

    def _failure(self, address: str, problem: str, status: int | None) -> UnreachableError:
        remedy = _REMEDIES.get(status or 0, "the next run tries again, from where it stood")
        place = urlunsplit((*urlsplit(address)[:3], "", ""))
        return UnreachableError(f"source {self.source}: {place} {problem}; {remedy}")


def connect(opening: Opening) -> Client:
    """Return a client of an instance with an address; whoever asks for it closes it.

    Raises:
        ConfigError: a secret is not where the file says.
    """
    instance = opening.instance
    limits = instance.limits
    retry = Retry(
        total=limits.attempts - 1,
        backoff_factor=0.5,
        max_backoff_wait=limits.longest_wait,
        status_forcelist=_FOR_THE_MOMENT,
    )
    headers = {"accept": "application/json", "user-agent": f"cdp/{cdp.__version__}"}
    auth = _auth(opening)
    if isinstance(instance.auth, HeaderAuth):
        headers[instance.auth.name] = instance.auth.value.read(opening.name)
    http = httpx.Client(
        auth=auth, headers=headers, timeout=limits.timeout, transport=RetryTransport(retry=retry)
    )
    assert instance.url is not None  # noqa: S101 - only such instances are connected to
    return Client(opening.name, instance.url.rstrip("/"), http, _budget(limits))


def _auth(opening: Opening) -> httpx.Auth | None:
    auth, name = opening.instance.auth, opening.name
    match auth:
        case BasicAuth():
            return httpx.BasicAuth(auth.user.read(name), auth.password.read(name))
        case BearerAuth():
            return TokenAuth.fixed(auth.token.read(name))
        case ClientAuth():
            return TokenAuth.of_client(auth, name)
        case _:
            return None


def _budget(limits: Limits) -> Limiter | None:
    if limits.requests_per_minute is None:
        return None
    return Limiter(Rate(limits.requests_per_minute, Duration.MINUTE))


def _said(response: httpx.Response) -> str:
    """Return status and message: what OData, Salesforce and RFC 9457 put into their errors."""
    told = ""
    try:
        body = json.loads(response.content)
    except (ValueError, UnicodeDecodeError):
        body = None
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, dict):
        error = body.get("error", body)
        message = error.get("message", error) if isinstance(error, dict) else error
        told = str(message.get("value", message) if isinstance(message, dict) else message)
    return f"{response.status_code}{': ' if told else ''}{told[:_SHOWN]}"
