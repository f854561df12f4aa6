"""Run the application: one socket, one or more worker processes, a clear word when it cannot."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from cdp.api import create_app
from cdp.api.openapi import document
from cdp.errors import StateError
from cdp.privacy import keys
from cdp.publish.served import Published
from cdp.scenarios.scenario import load
from cdp.settings import Settings, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

_PLACE = "CDP_SERVED_WORKSPACE"
_BACKLOG = 2048


def serve(
    workspace: Workspace,
    settings: Settings,
    *,
    workers: int = 1,
    announce: Callable[[str], None] = lambda _: None,
) -> None:
    """Answer requests until the process is told to stop; `announce` gets the URL once it listens.

    Raises:
        StateError: nothing is published, or the address is taken.
        ConfigError: a scenario does not validate.
    """
    Published(workspace.home).current()
    load(workspace)
    keys.every(workspace.home)
    os.environ[_PLACE] = str(workspace.root)
    config = uvicorn.Config(
        "cdp.server:application",
        factory=True,
        workers=workers,
        loop="uvloop",
        http="httptools",
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
    )
    with _listen(settings.host, settings.port) as listening:
        host, port = listening.getsockname()[:2]
        announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        with suppress(KeyboardInterrupt):
            if workers == 1:
                uvicorn.Server(config).run(sockets=[listening])
            else:
                Multiprocess(config, sockets=[listening]).run()


def application() -> FastAPI:
    """Return the application of a worker process, which finds its workspace in the environment."""
    workspace = Workspace(Path(os.environ[_PLACE]))
    settings = Settings()
    return create_app(workspace, settings, wall_clock)


def wall_clock() -> datetime:
    """Return the time in UTC; the server's one place that reads it."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock that is passed in


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document without starting anything."""
    return document()


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that takes connections already; they wait until a worker is ready."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        msg = (
            f"{host}:{port} cannot be listened on ({error}); stop what uses it, or choose "
            "another with --port"
        )
        raise StateError(msg) from error
    listening.set_inheritable(True)
    return listening
