"""A client of one instance: authenticated, patient with failures, within its budget.

Invariant: credentials that were refused are not tried again, since systems lock a user after a few
attempts; and no message repeats a secret, whatever the system said.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import httpx
from httpx_retries import Retry, RetryTransport
from pyrate_limiter import Duration, Limiter, Rate

import cdp
from cdp.errors import UnreachableError
from cdp.sources.remote.connection import BasicAuth, BearerAuth, ClientAuth, HeaderAuth
from cdp.sources.remote.secrecy import Secrets
from cdp.sources.remote.tokens import TokenAuth

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from cdp.sources import Opening
    from cdp.sources.remote.connection import Limits

    Over = Callable[[httpx.BaseTransport], httpx.BaseTransport]

_FOR_THE_MOMENT: Final = (408, 429, 500, 502, 503, 504)
_UNAUTHORIZED: Final = 401
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


@dataclass(slots=True)
class Client:
    """Asks one instance.

    Attributes:
        source: name of the instance, for messages.
        base: its address, without a slash at the end.
        secrets: what no message may repeat.
        refused: what is to be said since the credentials were refused; None: they were not.
    """

    source: str
    base: str
    http: httpx.Client
    budget: Limiter | None
    secrets: Secrets
    refused: str | None = None

    def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """Return the body of an answer; `path` as `send` takes it.

        Raises:
            UnreachableError: there was no answer, or one that is none, after all attempts.
        """
        response = self.send("GET", path, params)
        if response.is_success:
            return response.content
        raise self.refusal(response)

    def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        body: object = None,
        accept: str = "application/json",
    ) -> httpx.Response:
        """Return an answer, whatever it says, to a request with this body: as JSON, or as it is.

        `path` is below the base, or an address that the system gave itself: that one keeps its
        path and query and goes to the host of the base all the same, so that credentials are
        never sent elsewhere.

        Raises:
            UnreachableError: there was no answer after all attempts, or the credentials were
                refused, now or before: then nothing is asked for any more.
        """
        if self.refused is not None:
            raise UnreachableError(self.refused)
        if self.budget is not None:
            self.budget.try_acquire()
        address = asking(self._address(path), params)
        headers, content, said = {"accept": accept}, None, body
        if isinstance(body, bytes):  # of the kind that is asked for
            headers["content-type"], content, said = accept, body, None
        try:
            response = self.http.request(
                method, address, content=content, json=said, headers=headers
            )
        except UnreachableError as error:  # no token was given
            self.refused = str(error)
            raise
        except httpx.HTTPError as error:
            told = self.secrets.hide(str(error)) or type(error).__name__
            raise self._failure(address, f"did not answer ({told})", None) from error
        if response.status_code == _UNAUTHORIZED:
            self.refused = str(self.refusal(response))
            raise UnreachableError(self.refused)
        return response

    def refusal(self, response: httpx.Response) -> UnreachableError:
        """Return the error that says what an answer that is none said, and what to do."""
        address, status = str(response.request.url), response.status_code
        told = self.secrets.hide(_told(response))[:_SHOWN]
        return self._failure(address, f"answered {status}{': ' if told else ''}{told}", status)

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


def _plain(wire: httpx.BaseTransport) -> httpx.BaseTransport:
    return wire


def connect(opening: Opening, over: Over = _plain) -> Client:
    """Return a client of an instance with an address; whoever asks for it closes it.

    `over` may look at each answer before it is judged whether to ask again.

    Raises:
        ConfigError: a secret is not where the file says.
    """
    instance = opening.instance
    limits = instance.limits
    secrets = Secrets()
    auth, headers = proof(opening, secrets)
    http = httpx.Client(
        auth=auth, headers=headers, timeout=limits.timeout, transport=patient(limits, over)
    )
    assert instance.url is not None  # noqa: S101 - only such instances are connected to
    return Client(opening.name, instance.url.rstrip("/"), http, budget(limits), secrets)


def patient(limits: Limits, over: Over = _plain) -> RetryTransport:
    """Return what asks again where there is no answer, or none for the moment."""
    retry = Retry(
        total=limits.attempts - 1,
        # Here a POST is a search or asks for a token or an export: twice does no harm.
        allowed_methods=[*Retry.RETRYABLE_METHODS, "POST"],
        backoff_factor=0.5,
        max_backoff_wait=limits.longest_wait,
        status_forcelist=_FOR_THE_MOMENT,
    )
    return RetryTransport(over(httpx.HTTPTransport(verify=trusted())), retry)


def proof(opening: Opening, secrets: Secrets) -> tuple[httpx.Auth | None, dict[str, str]]:
    """Return what says who asks an instance, and the headers of every request to it.

    Raises:
        UnreachableError: a secret is not where the file says.
    """
    headers = {"user-agent": f"cdp/{cdp.__version__}"}
    auth = _auth(opening, secrets)
    declared = opening.instance.auth
    if isinstance(declared, HeaderAuth):
        headers[declared.name] = secrets.keep(declared.value.read(opening.name))
    return auth, headers


@cache
def trusted() -> ssl.SSLContext:
    """Return whom TLS trusts; read once, since reading it takes as long as a page of rows."""
    return httpx.create_ssl_context()


def asking(address: str, params: Mapping[str, str] | None) -> str:
    """Return an address with its query, blanks as %20: some servers take a plus for one."""
    if not params:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(params, quote_via=quote)}"


def _auth(opening: Opening, secrets: Secrets) -> httpx.Auth | None:
    auth, name = opening.instance.auth, opening.name
    match auth:
        case BasicAuth():
            pair = secrets.keep_pair(auth.user.read(name), auth.password.read(name))
            return httpx.BasicAuth(*pair)
        case BearerAuth():
            return TokenAuth.fixed(secrets.keep(auth.token.read(name)), secrets)
        case ClientAuth():
            return TokenAuth.of_client(auth, name, secrets)
        case _:
            return None


def budget(limits: Limits) -> Limiter | None:
    """Return what counts the requests of a minute, None where there is no limit."""
    if limits.requests_per_minute is None:
        return None
    return Limiter(Rate(limits.requests_per_minute, Duration.MINUTE))


def _told(response: httpx.Response) -> str:
    """Return the message that errors of OData, SAP Commerce, Salesforce and RFC 9457 hold."""
    try:
        body = json.loads(response.content)
    except (ValueError, UnicodeDecodeError):
        body = None
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return ""
    if not body.keys() & {"error", "message", "detail"} and isinstance(body.get("errors"), list):
        found = [each for each in body["errors"] if isinstance(each, dict)]
        return (
            ": ".join(str(found[0][p]) for p in ("type", "message") if p in found[0])
            if found
            else ""
        )
    error = body.get("error", body)
    if isinstance(error, dict) and ("detail" in error or "title" in error):  # RFC 9457, once 7807
        return ": ".join(str(error[part]) for part in ("title", "detail") if error.get(part))
    message = error.get("message", error) if isinstance(error, dict) else error
    return str(message.get("value", message) if isinstance(message, dict) else message)
