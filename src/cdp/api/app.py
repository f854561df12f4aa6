"""Compose the application: raw routes first, one table of errors, the OpenAPI document."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.exceptions import HTTPException

import cdp
from cdp.api import errors
from cdp.api.context import Context
from cdp.api.endpoint import route
from cdp.api.endpoints import ENDPOINTS
from cdp.api.openapi import document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from cdp.settings import Settings, Workspace


def create_app(workspace: Workspace, settings: Settings, clock: Callable[[], datetime]) -> FastAPI:
    """Return the application over a workspace; its files are opened when it starts."""
    opened: list[Context] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        context = Context.open(workspace, settings, clock)
        opened.append(context)
        try:
            yield
        finally:
            opened.clear()
            context.close()

    app = FastAPI(
        title="cdp",
        version=cdp.__version__,
        lifespan=lifespan,
        redirect_slashes=False,
        redoc_url=None,
    )

    async def not_routed(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        headers = dict(getattr(error, "headers", None) or {})
        return errors.plain(
            status, opened[0].request_id(request.headers.get("x-request-id", "").encode()), headers
        )

    app.router.routes[:0] = [route(endpoint, lambda: opened[0]) for endpoint in ENDPOINTS]
    app.add_exception_handler(HTTPException, not_routed)
    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to replace it
    return app
