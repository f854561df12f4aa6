"""One request on its way through a handler: who asks, what may be shown, how it is answered."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from starlette.datastructures import QueryParams

from cdp.api.answer import Answer
from cdp.api.errors import ForbiddenError, InvalidError, UnauthorisedError
from cdp.api.leaving import is_known, tag_of
from cdp.api.regions import guard, is_hidden, without_hidden
from cdp.errors import RestrictedError
from cdp.privacy.classes import EVERY
from cdp.store.state_audit import Access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

    from cdp.api.context import Context
    from cdp.privacy.keys import Key
    from cdp.publish.served import Generation

_NUMBER = re.compile(r"[0-9]{1,4}")
_PURPOSE = re.compile(rb"[!-~](?:[ -~]{0,98}[!-~])?")
RESTRICTED = "privacy:read"
"""The scope that sees whose processing is restricted."""

LIMIT = 100
MOST = 1000


@dataclass(slots=True)
class Call:
    """A request with its context; `key` is None on public endpoints only.

    `looked_at` is the generation that is read, where it is not the one that is served now;
    `noted` is how many entries of the audit log it has caused; `restricted`, whether it shows
    somebody whose processing is restricted; `purpose`, what the caller says it reads for.
    """

    scope: Scope
    headers: Mapping[bytes, bytes]
    context: Context
    request_id: str
    key: Key | None = None
    body: bytes = b""
    looked_at: Generation | None = None
    noted: int = 0
    restricted: bool = False
    purpose: str = ""

    def hear_purpose(self) -> None:
        """Take over what the caller says that it reads for.

        Raises:
            InvalidError: the audit log could not keep it as it stands.
        """
        said = self.headers[b"x-purpose"]
        if not _PURPOSE.fullmatch(said):
            why = "say it in 1 to 100 letters, digits and signs of ASCII"
            raise InvalidError(("X-Purpose", why))
        self.purpose = said.decode()

    @property
    def caller(self) -> Key:
        """The key of the caller.

        Raises:
            UnauthorisedError: the endpoint needs none, and there is none.
        """
        if self.key is None:
            msg = "send `Authorization: Bearer KEY`; `cdp keys create` makes one"
            raise UnauthorisedError(msg)
        return self.key

    def require(self, scope: str) -> None:
        """Return where the caller has a scope besides the one that the endpoint names, as a view's.

        Raises:
            UnauthorisedError: there is no key.
            ForbiddenError: it lacks the scope.
        """
        if not self.caller.may(scope):
            msg = f"this key lacks the scope {scope}"
            raise ForbiddenError(msg)

    @property
    def sees_personal_data(self) -> bool:
        """Whether the caller gets all personal data unmasked."""
        return self.key is not None and self.key.sees is EVERY

    def hides(self, id_: str) -> bool:
        """Whether a profile or account is hidden from the caller: of another region, restricted."""
        return self.withholds(id_) or (self.key is not None and is_hidden(self, id_))

    def withholds(self, id_: str) -> bool:
        """Whether the processing of a profile is restricted, for this caller too."""
        may = self.key is not None and self.key.may(RESTRICTED)
        return not may and id_ in self.context.restricted

    def query(self, name: str) -> str | None:
        """Return a query parameter, None when it is not given."""
        given = self.scope["query_string"]
        return QueryParams(given).get(name) if given else None

    def path(self, name: str) -> str:
        """Return a parameter of the path."""
        value: str = self.scope["path_params"][name]
        return value

    def limit(self) -> int:
        """Return how many items the caller wants on a page, 1 to 1,000.

        Raises:
            InvalidError: `limit` is no such number.
        """
        text = self.query("limit")
        if text is None:
            return LIMIT
        if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= MOST:
            raise InvalidError(("limit", f"must be a whole number from 1 to {MOST}"))
        return int(text)

    def cursor(self) -> str | None:
        """Return the place behind which the page begins, None for the first page.

        Raises:
            InvalidError: `cursor` is none that this API gave.
        """
        text = self.query("cursor")
        if text is None:
            return None
        try:
            place = urlsafe_b64decode(text.encode()).decode()
        except (BinasciiError, UnicodeError, ValueError):
            place = ""
        if not place:
            raise InvalidError(("cursor", "use the next_cursor of the page before"))
        return place

    def note(self, action: str, subject: str, purpose: str = "") -> None:
        """Write into the audit log that the caller sees this subject's data; it may from now on.

        Without a purpose of its own, what the caller said in the header X-Purpose counts.

        Raises:
            RestrictedError: the subject's processing is restricted, and the caller is not privacy.
            RegionError: the subject is of a region that the caller may not see.
            ForbiddenError: the caller may not read for this purpose.
            StateError: it cannot be written.
        """
        key, context = self.key, self.context
        if subject in context.restricted:
            self._restrict(subject)
        purpose = purpose or self.purpose
        masked = "masked"
        if key is not None:
            if key.regions is not None or key.purposes is not None:
                guard(self, subject, purpose)
            masked = "" if key.sees is EVERY else masked
        self.noted += 1
        context.auditor.note(
            Access(
                context.clock(),
                self.request_id,
                key.key_id if key is not None else "",
                action,
                subject,
                purpose,
                masked,
            )
        )

    def _restrict(self, subject: str) -> None:
        if self.key is None or not self.key.may(RESTRICTED):
            msg = f"the processing of {subject} is restricted; only {RESTRICTED} may see it"
            raise RestrictedError(msg)
        self.restricted = True

    def reply(self, body: bytes) -> Answer:
        """Return a JSON body with its ETag, or 304 when the caller has it already."""
        if self.key is not None and self.key.regions is not None:
            body = self._of_own_regions(body)
        if self.restricted and body.startswith(b"{"):
            body = b'{"restricted":true,' + body[1:]
        tag = tag_of(body)
        headers = {
            "etag": tag,
            "cache-control": "private, no-cache",
            "vary": "accept-encoding, authorization",
            "x-request-id": self.request_id,
        }
        if (
            b"if-none-match" in self.headers
            and self.scope["method"] != "POST"
            and is_known(self.headers, tag)
        ):
            return Answer(304, b"", headers)
        return Answer(200, body, headers)

    def _of_own_regions(self, body: bytes) -> bytes:
        return msgspec.json.encode(without_hidden(self, msgspec.json.decode(body)))

    def created(self, body: bytes, location: str) -> Answer:
        """Return a JSON body of something new, and where it is found from now on."""
        headers = {"location": location}
        return Answer(201, body, headers)

    def accepted(self, body: bytes, location: str) -> Answer:
        """Return a JSON body of something that is begun, and where its end is found."""
        headers = {"location": location}
        return Answer(202, body, headers)

    def picture(self, body: bytes, media_type: str) -> Answer:
        """Return a picture."""
        headers = {"cache-control": "private, no-cache", "vary": "accept, authorization"}
        return Answer(200, body, headers, media_type)

    def reply_page(self, items: list[bytes], place: str | None) -> Answer:
        """Return a page of ready JSON items and the cursor of the next page, if there is one."""
        cursor = msgspec.json.encode(cursor_of(place) if place is not None else None)
        return self.reply(b'{"items":[' + b",".join(items) + b'],"next_cursor":' + cursor + b"}")


def cursor_of(place: str) -> str:
    """Return the cursor that a caller hands back to begin behind this place."""
    return urlsafe_b64encode(place.encode()).decode()
