"""How a connection ends when the server was told to stop: no request on its way is lost.

A client that keeps its connection may have sent a request which was not read yet. So an idle
connection is not shut at once: a request that comes is answered, with `Connection: close`, and what
stays idle a moment is shut.
"""

from __future__ import annotations

from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_IDLE_SECONDS: Final = 1.0
_CLOSE: Final = (b"connection", b"close")


class Protocol(HttpToolsProtocol):
    """The server's HTTP protocol, which leaves politely."""

    def shutdown(self) -> None:
        """Answer what is asked and what is on its way, then shut the connection."""
        state = self.server_state
        if _CLOSE not in state.default_headers:
            state.default_headers = [*state.default_headers, _CLOSE]
        self.loop.call_later(_IDLE_SECONDS, self._shut)
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def _shut(self) -> None:
        if not self.transport.is_closing():
            super().shutdown()
