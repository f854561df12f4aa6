"""An answer whose body is a file: sent in pieces, never held in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool

from cdp.api.answer import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.types import Send

    from cdp.api.limits import RawHeaders

_PIECE: Final = 1 << 20


@dataclass(slots=True)
class FileAnswer(Answer):
    """Status, headers and the file; `body` is empty."""

    path: Path | None = None

    async def send(self, send: Send, request_id: str = "", told: RawHeaders = ()) -> None:
        """Hand the file to the server piece by piece."""
        if self.path is None:
            await Answer.send(self, send, request_id, told)
            return
        file = await run_in_threadpool(self.path.open, "rb")
        try:
            size = self.path.stat().st_size
            raw = [(name.encode(), value.encode()) for name, value in self.headers.items()]
            raw += [
                *told,
                (b"x-request-id", request_id.encode()),
                (b"content-type", self.media_type.encode()),
                (b"content-length", str(size).encode()),
            ]
            await send({"type": "http.response.start", "status": self.status, "headers": raw})
            while piece := await run_in_threadpool(file.read, _PIECE):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            file.close()
