"""An answer on its way out: ready bytes and ready headers, sent without further ado."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Send

_NOT_MODIFIED = 304


@dataclass(slots=True)
class Answer:
    """Status, body and headers of an answer; header names are lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    media_type: str = "application/json"

    async def send(self, send: Send) -> None:
        """Hand the answer to the server."""
        raw = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        if self.status != _NOT_MODIFIED:
            raw.append((b"content-type", self.media_type.encode()))
            raw.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})
