"""Spans of requests and stages, where they are wanted; nothing where they are not."""

import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cdp import pipeline
from cdp.settings import Settings
from cdp.telemetry import traces
from corner_shop import CornerShop, customer
from live_server import running
from published import copied

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    assert traces.begin(exporter)
    yield exporter
    traces.end()


def test_a_request_is_a_span_with_its_route_in_the_trace_of_its_caller(
    base: Path, tmp_path: Path, exported: InMemorySpanExporter
) -> None:
    with running(copied(base, tmp_path)) as live:
        live.get("/v1/profiles/email:ada@example.org?view=no", traceparent=PARENT)
        live.get("/healthz", None)
    found = {span.name: span for span in exported.get_finished_spans()}
    span = found["GET /v1/profiles/{ref}"]
    assert span.context is not None
    assert f"{span.context.trace_id:032x}" == PARENT.split("-")[1]
    assert dict(span.attributes or {})["http.response.status_code"] in {400, 404}
    assert "GET /healthz" in found
    assert "ada@" not in "".join(span.to_json() for span in exported.get_finished_spans())


def test_the_stages_of_a_run_are_spans_of_one_trace_and_a_failure_says_no_words(
    tmp_path: Path,
    settings: Settings,
    clock: Callable[[], datetime],
    exported: InMemorySpanExporter,
) -> None:
    shop = CornerShop(tmp_path)
    shop.customers("crm", [customer(number, 1) for number in range(2)])
    pipeline.run(shop.workspace, settings, clock, pipeline.Request(to_stage="ingest"))
    with pytest.raises(ValueError, match="ada"):
        _fail()
    provider = traces._NOW.provider
    assert provider is not None
    provider.force_flush()
    spans = exported.get_finished_spans()
    stage, run, failed = spans
    assert (stage.name, run.name, failed.name) == ("stage ingest", "cdp run", "stage x")
    assert stage.parent is not None
    assert run.context is not None
    assert stage.parent.span_id == run.context.span_id
    assert not failed.status.is_ok
    assert dict(failed.attributes or {}) == {"error.type": "ValueError"}
    assert "ada@" not in failed.to_json()


def _fail() -> None:
    with traces.span("stage x"):
        assert len(traces.ids()["trace_id"]) == 32
        msg = "ada@example.org"
        raise ValueError(msg)


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "x", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
    ],
)
def test_the_environment_decides(environment: dict[str, str], wanted: bool) -> None:
    assert traces.are_wanted(environment) is wanted


def test_without_the_extra_nothing_is_traced_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", "otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    assert not traces.begin()
    assert "cdp[otel]" in caplog.text
    assert traces.ids() == {}
