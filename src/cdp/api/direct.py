"""The way of a request to its endpoint where no framework is needed: found and called at once.

Invariant: whoever is answered here would be answered the same way by the framework's router; what
is not found here goes there. An endpoint turns its errors into answers itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.routing import Route
    from starlette.types import ASGIApp, Receive, Scope, Send

_REFERENCE: Final = "{ref}"


class Direct(FastAPI):
    """The framework's application, asked only for what is not found without it.

    Found are routes without parameters, and those that end with the reference of a party.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - those of the framework
        super().__init__(**options)
        self._plain: dict[tuple[str, str], ASGIApp] = {}
        self._of_one: dict[tuple[str, str], ASGIApp] = {}

    def put_first(self, routes: Iterable[Route]) -> None:
        """Serve these raw routes, before all others."""
        first = list(routes)
        self.router.routes[:0] = first
        for route in first:
            head = route.path.removesuffix(_REFERENCE)
            known = self._plain if head == route.path else self._of_one
            if "{" not in head:
                for method in (route.methods or set()) - {"HEAD"}:
                    known.setdefault((method, head), route.app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        app = self._found(scope) if scope["type"] == "http" else None
        await (super().__call__ if app is None else app)(scope, receive, send)

    def _found(self, scope: Scope) -> ASGIApp | None:
        method, path = scope["method"], scope["path"]
        if scope.get("root_path") or self.root_path:
            return None
        app = self._plain.get((method, path))
        if app is not None:
            return app
        start = path.rfind("/") + 1
        app = self._of_one.get((method, path[:start]))
        if app is None or start == len(path):
            return None
        scope["path_params"] = {"ref": path[start:]}
        return app
