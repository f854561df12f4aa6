"""Traces by OpenTelemetry, where its packages are there and the environment says where to.

Invariant: a span tells the template of a route, a status, a stage; no path, no query, no words of
an exception. Without the extra `otel`, or where OTEL_* names no exporter, nothing is done.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

    Message = MutableMapping[str, Any]
    Send = Callable[[Message], Awaitable[None]]
    Receive = Callable[[], Awaitable[Message]]
    App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

_LOG: Final = logging.getLogger(__name__)
_WHERE: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PARENT: Final = (b"traceparent", b"tracestate")
_FAILED: Final = 500


@dataclass(slots=True)
class _Tracing:
    """What this process traces with; nothing until `begin` finds that traces are wanted."""

    tracer: Tracer | None = None
    provider: TracerProvider | None = None


_NOW: Final = _Tracing()


def are_wanted(environment: Mapping[str, str]) -> bool:
    """Whether the environment names an exporter of traces, by the names of OpenTelemetry."""
    if environment.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "")
    if exporter:
        return exporter in {"otlp", "console"}
    return any(environment.get(name) for name in _WHERE)


def begin(exporter: SpanExporter | None = None) -> bool:
    """Trace from now on where it is wanted, and return whether spans are made."""
    if _NOW.tracer is not None:
        return True
    if exporter is None and not are_wanted(os.environ):
        return False
    try:
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        _LOG.warning("OTEL_* asks for traces, and the extra is missing: install cdp[otel]")
        return False
    named = {"service.name": os.environ.get("OTEL_SERVICE_NAME", "cdp")}
    _NOW.provider = TracerProvider(resource=Resource.create(named))
    _NOW.provider.add_span_processor(BatchSpanProcessor(exporter or _exporter()))
    _NOW.tracer = _NOW.provider.get_tracer("cdp")
    return True


def end() -> None:
    """Export what waits, and trace no more."""
    provider, _NOW.provider, _NOW.tracer = _NOW.provider, None, None
    if provider is not None:
        provider.shutdown()


@contextmanager
def span(name: str, **told: str | int) -> Iterator[None]:
    """Trace the block as a span, where traces are wanted."""
    if _NOW.tracer is None:
        yield
        return
    attributes = {f"cdp.{key}": value for key, value in told.items()}
    with _NOW.tracer.start_as_current_span(
        name, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield
        except BaseException as error:
            from opentelemetry.trace import StatusCode  # noqa: PLC0415 - an extra

            current.set_attribute("error.type", type(error).__name__)
            current.set_status(StatusCode.ERROR)
            raise


def ids() -> dict[str, str]:
    """Return the ids of the trace and span that are going on, nothing where none is."""
    if _NOW.tracer is None:
        return {}
    from opentelemetry.trace import get_current_span  # noqa: PLC0415 - an extra

    now = get_current_span().get_span_context()
    if not now.is_valid:
        return {}
    return {"trace_id": f"{now.trace_id:032x}", "span_id": f"{now.span_id:016x}"}


def around(app: App, method: str, route: str) -> App:
    """Return the application of a route that makes a span of each request; it as it is without."""
    tracer = _NOW.tracer
    return app if tracer is None else _Traced(app, tracer, method, route)


@dataclass(frozen=True, slots=True)
class _Traced:
    """An ASGI application around the one of a route."""

    app: App
    tracer: Tracer
    method: str
    route: str

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        from opentelemetry.trace import SpanKind, StatusCode  # noqa: PLC0415 - an extra

        with self.tracer.start_as_current_span(
            f"{self.method} {self.route}",
            context=_caller(scope["headers"]),
            kind=SpanKind.SERVER,
            attributes={"http.request.method": self.method, "http.route": self.route},
            record_exception=False,
            set_status_on_exception=False,
        ) as current:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    current.set_attribute("http.response.status_code", status)
                    if status >= _FAILED:
                        current.set_status(StatusCode.ERROR)
                await send(message)

            await self.app(scope, receive, told)


def _caller(headers: Iterable[tuple[bytes, bytes]]) -> Context:
    """Return the trace that the caller goes on with, as the W3C has it told."""
    from opentelemetry.trace.propagation.tracecontext import (  # noqa: PLC0415 - an extra
        TraceContextTextMapPropagator,
    )

    carrier = {name.decode(): value.decode("latin-1") for name, value in headers if name in _PARENT}
    return TraceContextTextMapPropagator().extract(carrier)


def _exporter() -> SpanExporter:
    from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415 - an extra

    if os.environ.get("OTEL_TRACES_EXPORTER") == "console":
        return ConsoleSpanExporter()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )

    return OTLPSpanExporter()
