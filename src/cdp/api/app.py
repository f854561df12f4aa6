"""Compose the application: raw routes first, one table of errors, the OpenAPI document."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

import cdp
from cdp.api import errors
from cdp.api.context import Context
from cdp.api.cors import open_to
from cdp.api.direct import Direct
from cdp.api.endpoint import route
from cdp.api.endpoints import ENDPOINTS
from cdp.api.endpoints_collect import ALSO, PAGES
from cdp.api.openapi import document
from cdp.telemetry import traces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

    from cdp.settings import Settings, Workspace

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def create_app(workspace: Workspace, settings: Settings, clock: Callable[[], datetime]) -> FastAPI:
    """Return the application over a workspace; its files are opened when it starts."""
    opened: list[Context] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        context = Context.open(workspace, settings, clock)
        opened.append(context)
        context.metrics.share(context.measured)
        try:
            yield
        finally:
            opened.clear()
            await context.lines.close()
            context.close()
            traces.end()

    app = Direct(
        title="cdp",
        version=cdp.__version__,
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
    )

    async def not_routed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(getattr(error, "headers", None) or {})
        method = request.method if request.method in _METHODS else "OTHER"
        opened[0].metrics.note(method, "", status, 0.0)
        return errors.plain(
            status, opened[0].request_id(request.headers.get("x-request-id", "").encode()), headers
        )

    routes = [route(endpoint, lambda: opened[0]) for endpoint in (*ENDPOINTS, *ALSO)]
    origins = workspace.about.cors_origins
    app.put_first(open_to(r, origins) if r.path in PAGES else r for r in routes)
    app.add_exception_handler(HTTPException, not_routed)
    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to replace it
    return app
