"""One request on its way through a handler: who asks, what may be shown, how it is answered."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BinasciiError
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from starlette.datastructures import QueryParams

from cdp.api.answer import Answer
from cdp.api.errors import ForbiddenError, InvalidError, UnauthorisedError
from cdp.store.state_audit import Access

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Scope

    from cdp.api.context import Context
    from cdp.privacy.keys import Key

_NUMBER = re.compile(r"[0-9]{1,4}")
LIMIT = 100
MOST = 1000


@dataclass(slots=True)
class Call:
    """A request with its context; `key` is None on public endpoints only."""

    scope: Scope
    headers: Mapping[bytes, bytes]
    context: Context
    request_id: str
    key: Key | None = None
    body: bytes = b""

    def require(self, scope: str) -> Key:
        """Return the caller's key.

        Raises:
            UnauthorisedError: there is none.
            ForbiddenError: it lacks the scope.
        """
        if self.key is None:
            msg = "send `Authorization: Bearer KEY`; `cdp keys create` makes one"
            raise UnauthorisedError(msg)
        if not self.key.may(scope):
            msg = f"this key lacks the scope {scope}"
            raise ForbiddenError(msg)
        return self.key

    @property
    def sees_personal_data(self) -> bool:
        """Whether the caller gets personal data unmasked."""
        return self.key is not None and self.key.may("pii:read")

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
        """Write into the audit trail that the caller saw this subject's data."""
        self.context.auditor.note(
            Access(
                at=self.context.clock(),
                request_id=self.request_id,
                key_id=self.key.key_id if self.key else "",
                action=action,
                subject=subject,
                purpose=purpose,
                detail="" if self.sees_personal_data else "masked",
            )
        )

    def reply(self, body: bytes) -> Answer:
        """Return a JSON body with its ETag, or 304 when the caller has it already."""
        tag = f'"{hashlib.blake2b(body, digest_size=10).hexdigest()}"'
        headers = {
            "etag": tag,
            "cache-control": "private, no-cache",
            "vary": "authorization",
            "x-request-id": self.request_id,
        }
        known = self.headers.get(b"if-none-match")
        if known is not None and (known.strip() == b"*" or tag.encode() in known):
            return Answer(304, b"", headers)
        return Answer(200, body, headers)

    def created(self, body: bytes, location: str) -> Answer:
        """Return a JSON body of something new, and where it is found from now on."""
        headers = {"location": location, "x-request-id": self.request_id}
        return Answer(201, body, headers)

    def accepted(self, body: bytes, location: str) -> Answer:
        """Return a JSON body of something that is begun, and where its end is found."""
        headers = {"location": location, "x-request-id": self.request_id}
        return Answer(202, body, headers)

    def picture(self, body: bytes, media_type: str) -> Answer:
        """Return a picture."""
        headers = {
            "cache-control": "private, no-cache",
            "vary": "accept, authorization",
            "x-request-id": self.request_id,
        }
        return Answer(200, body, headers, media_type)

    def reply_page(self, items: list[bytes], place: str | None) -> Answer:
        """Return a page of ready JSON items and the cursor of the next page, if there is one."""
        cursor = msgspec.json.encode(cursor_of(place) if place is not None else None)
        return self.reply(b'{"items":[' + b",".join(items) + b'],"next_cursor":' + cursor + b"}")


def cursor_of(place: str) -> str:
    """Return the cursor that a caller hands back to begin behind this place."""
    return urlsafe_b64encode(place.encode()).decode()
