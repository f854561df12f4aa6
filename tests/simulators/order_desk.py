"""A system that is asked for the orders of a customer: it answers, fails, hangs, and recovers.

`$filter` knows `F eq 'VALUE'` joined by `or`, as OData has it.
"""

import asyncio
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_TERM = re.compile(r"(\w+) eq '((?:[^']|'')*)'")


@dataclass
class Desk:
    """The rows of one entity set, and how the system behaves.

    Attributes:
        rows: what it has.
        status: answered when it is not 200.
        garbage: answered in place of rows when it is not empty.
        hangs: whether it keeps silent until it is let go.
        waiting: set when somebody waits in vain.
        asked: the filter of every request, in order.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    garbage: str = ""
    hangs: bool = False
    asked: list[str] = field(default_factory=list)
    url: str = ""
    waiting: threading.Event = field(default_factory=threading.Event)
    _free: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = None

    def let_go(self) -> None:
        """Answer whoever waits, and do not hang any more."""
        self.hangs = False
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._free.set)

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        self.asked.append(request.query_params.get("$filter", ""))
        self._loop = asyncio.get_running_loop()
        if self.hangs:
            self.waiting.set()
            await self._free.wait()
        if self.status != 200 or self.garbage:
            return Response(self.garbage or "out of order", self.status)
        wanted = {(f, v.replace("''", "'")) for f, v in _TERM.findall(self.asked[-1])}
        found = [row for row in self.rows if any(row.get(f) == v for f, v in wanted)]
        return JSONResponse({"d": {"results": found[: int(request.query_params["$top"])]}})


@contextmanager
def open_desk(desk: Desk) -> Iterator[Desk]:
    """Serve the desk on a socket of its own, in a thread."""
    app = Starlette(routes=[Route("/{path:path}", desk.answer)])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        desk.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="critical")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield desk
        finally:
            desk.let_go()
            server.should_exit = True
            thread.join()
