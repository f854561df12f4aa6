"""Run the application: one socket, one or more worker processes, a clear word when it cannot."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from cdp.api import create_app
from cdp.api.metrics import FOLDER
from cdp.api.openapi import document
from cdp.errors import StateError
from cdp.privacy import keys
from cdp.publish.served import Published
from cdp.realtime.loading import settle
from cdp.scenarios.scenario import load
from cdp.schedules import declared
from cdp.schedules.keeper import Keeper
from cdp.settings import Settings, Workspace
from cdp.store.lock import serving
from cdp.store.processes import own_folder
from cdp.telemetry import logs, traces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastapi import FastAPI

_PLACE = "CDP_SERVED_WORKSPACE"
_BACKLOG = 2048
_GRACE_SECONDS = 20
"""So long a request that was begun may take after the server was told to stop."""


def serve(
    workspace: Workspace,
    settings: Settings,
    *,
    workers: int = 1,
    schedules: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> None:
    """Answer requests until the process is told to stop; `announce` gets the URL once it listens.

    Raises:
        StateError: nothing is published, or the address is taken.
        ConfigError: a scenario does not validate.
    """
    Published(workspace.home).current()
    load(workspace)
    declared.every(workspace)
    keys.every(workspace.home)
    os.environ[_PLACE] = str(workspace.root)
    form, level = settings.log_format, settings.log_level
    logging = logs.configuration(form, level, requests=settings.log_requests)
    logs.configure(form, level, requests=settings.log_requests)
    config = uvicorn.Config(
        "cdp.server:application",
        factory=True,
        workers=workers,
        loop="uvloop",
        # by name: a worker answers its parent before it imports the application
        http="cdp.api.leave_taking:Protocol",
        timeout_worker_healthcheck=_GRACE_SECONDS,
        log_config=logging,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    # Raised again when all is done: told to stop is no failure.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with serving(workspace.home), _listen(settings.host, settings.port) as listening:
        host, port = listening.getsockname()[:2]
        announce(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
        with suppress(KeyboardInterrupt), _keeping(workspace) if schedules else nullcontext():
            if workers == 1:
                uvicorn.Server(config).run(sockets=[listening])
            else:
                with _sharing_figures(workspace):
                    Multiprocess(config, sockets=[listening]).run()


@contextmanager
def _sharing_figures(workspace: Workspace) -> Iterator[None]:
    """Let the workers that are begun in the block count into files of one folder."""
    folder = own_folder(workspace.home / "tmp" / "metrics")
    os.environ[FOLDER] = str(folder)
    try:
        yield
    finally:
        del os.environ[FOLDER]
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _keeping(workspace: Workspace) -> Iterator[None]:
    """Begin what is due while the block runs."""
    keeper = Keeper(workspace, wall_clock)
    keeper.start()
    try:
        yield
    finally:
        keeper.stop()


def application() -> FastAPI:
    """Return the application of a worker process, which finds its workspace in the environment."""
    traces.begin()
    workspace = Workspace(Path(os.environ[_PLACE]))
    settings = Settings()
    app = create_app(workspace, settings, wall_clock)
    gc.collect()
    settle()
    return app


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
