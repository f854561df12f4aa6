"""An answer on its way out: ready bytes and ready headers, sent without further ado."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Send

    from cdp.api.limits import RawHeaders

_WITHOUT_BODY = frozenset({204, 304})


@dataclass(slots=True)
class Answer:
    """Status, body and headers of an answer; header names are lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    media_type: str = "application/json"

    async def send(self, send: Send, request_id: str = "", told: RawHeaders = ()) -> None:
        """Hand the answer to the server, with the id of its request and more ready headers."""
        raw = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        raw += told
        if request_id and "x-request-id" not in self.headers:
            raw.append((b"x-request-id", request_id.encode()))
        if self.status not in _WITHOUT_BODY:
            raw.append((b"content-type", self.media_type.encode()))
            raw.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})
