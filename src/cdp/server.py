"""Run the application: one socket, one or more worker processes, a clear word when it cannot."""

from __future__ import annotations

import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn

from cdp.api import create_app
from cdp.api.openapi import document
from cdp.errors import StateError
from cdp.privacy import keys
from cdp.publish.served import Published
from cdp.scenarios.scenario import load
from cdp.settings import Settings, Workspace

if TYPE_CHECKING:
    from fastapi import FastAPI

_PLACE = "CDP_SERVED_WORKSPACE"


def serve(workspace: Workspace, settings: Settings, *, workers: int = 1) -> None:
    """Answer requests until the process is told to stop.

    Raises:
        StateError: nothing is published, or the address is taken.
        ConfigError: a scenario does not validate.
    """
    Published(workspace.home).current()
    load(workspace)
    keys.every(workspace.home)
    _check_address(settings.host, settings.port)
    os.environ[_PLACE] = str(workspace.root)
    uvicorn.run(
        "cdp.server:application",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        log_level=settings.log_level,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=5,
    )


def application() -> FastAPI:
    """Return the application of a worker process, which finds its workspace in the environment."""
    workspace = Workspace(Path(os.environ[_PLACE]))
    settings = Settings()  # type: ignore[call-arg]  # every field has a default
    return create_app(workspace, settings, wall_clock)


def wall_clock() -> datetime:
    """Return the time in UTC; the server's one place that reads it."""
    return datetime.now(UTC)  # noqa: TID251 - this is the clock that is passed in


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document without starting anything."""
    return document()


def _check_address(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError) as error:
            msg = (
                f"{host}:{port} cannot be listened on ({error}); stop what uses it, or choose "
                "another with --port"
            )
            raise StateError(msg) from error
