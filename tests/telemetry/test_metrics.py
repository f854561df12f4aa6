"""What is counted is told, of one process or of several, whichever is asked."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from cdp.api.metrics import Metrics
from cdp.privacy import keys
from cdp.store.last_run import LastRun, keep
from cdp.store.processes import own_folder
from cdp.store.state import State
from cdp.store.state_schedules import ScheduleRuns
from live_server import Live, running
from published import ADA, NOW, copied
from served_process import asked, serving


class _Nothing:
    def collect(self) -> Iterator[object]:
        return iter(())


def _text(metrics: Metrics) -> str:
    return metrics.text({"cdp_generation": 3}, _Nothing()).decode()  # type: ignore[arg-type]  # has what a collector has


def _figure(text: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def test_each_request_is_counted_once_however_often_somebody_asks() -> None:
    metrics = Metrics()
    for seconds in (0.0004, 0.0004, 2.0):
        metrics.note("GET", "/v1/x", 200, seconds)
    _text(metrics)
    metrics.note("GET", "/v1/x", 503, 0.02)
    text = _text(metrics)
    labels = 'method="GET",route="/v1/x"'
    assert _figure(text, f'cdp_http_requests_total{{{labels},status="200"}}') == 3
    assert _figure(text, f'cdp_http_requests_total{{{labels},status="503"}}') == 1
    assert _figure(text, f'cdp_http_request_seconds_bucket{{le="0.0005",{labels}}}') == 2
    assert _figure(text, f'cdp_http_request_seconds_bucket{{le="1.0",{labels}}}') == 3
    assert _figure(text, f"cdp_http_request_seconds_count{{{labels}}}") == 4
    assert _figure(text, f"cdp_http_request_seconds_sum{{{labels}}}") == pytest.approx(2.0208)
    assert _figure(text, "cdp_generation") == 3


def _once_heard(live: Live) -> str:
    """Return the metrics as soon as the overlay has read what was sent."""
    while not _figure(text := live.get("/metrics", None).text, "cdp_overlay_subjects"):
        pass
    return text


def test_the_facts_of_a_workspace_are_told(base: Path, tmp_path: Path) -> None:
    place = copied(base, tmp_path)
    schedules = place.root / "schedules"
    schedules.mkdir()
    (place.root / "sources").mkdir(exist_ok=True)
    (place.root / "sources" / "web.yaml").write_text("type: events\n")
    (schedules / "nightly.yaml").write_text("cron: 0 2 * * *\n")
    with State.open(place.home) as state:
        runs = ScheduleRuns(state)
        due = NOW - timedelta(days=3)
        number = runs.begin("nightly", due_at=due, at=due)
        assert number is not None
        runs.end(number, at=due, outcome="failed", message="ada@example.org is in the way")
    counts = {"ingest": {"rows_in": 7}}
    keep(place.home, LastRun(4, NOW.isoformat(), NOW.isoformat(), "published", counts))
    _, token = keys.create(place.home, "site", ["events:write"], at=NOW)
    with running(place) as live:
        _send(live, token)
        text = _once_heard(live)
        live.get("/v1/nowhere/ada@example.org")
        assert 'route="",status="404"' in live.get("/metrics", None).text
    assert _figure(text, "cdp_generation_age_seconds") >= 0
    assert _figure(text, 'cdp_event_log_segments{state="live"}') == 1
    assert _figure(text, "cdp_event_log_bytes") > 0
    assert _figure(text, "cdp_overlay_subjects") == 1
    assert _figure(text, "cdp_overlay_caught_up") == 1
    assert _figure(text, 'cdp_schedule_last_outcome{outcome="failed",schedule="nightly"}') == 1
    assert _figure(text, 'cdp_schedule_overdue_seconds{schedule="nightly"}') > 86_400
    assert _figure(text, 'cdp_run_last{outcome="published"}') == 4
    assert _figure(text, 'cdp_run_last_rows{count="rows_in",stage="ingest"}') == 7
    assert "example.org" not in text


def _send(live: Live, token: str) -> None:
    event = {"type": "track", "event": "e", "userId": "u", "messageId": "m1"}
    sent = live.ask("POST", "/v1/batch", token, {}, {"batch": [event]})
    assert sent.status_code == 200, sent.text


@pytest.mark.long
def test_every_worker_tells_what_all_counted_and_the_dead_measure_nothing(
    base: Path, tmp_path: Path
) -> None:
    place = copied(base, tmp_path)
    _, token = keys.create(place.home, "x", ["profiles:read"], at=NOW)
    with serving(place, "--workers", "2") as server:
        for _ in range(40):
            assert asked(server.url, f"/v1/profiles/{ADA}", token).status_code == 200
        pids = _wait_for(server.url, 'route="/v1/profiles/{ref}",status="200"} 40.0')
        assert len(pids) == 2
        server.kill_worker(int(min(pids)))
        after = _wait_for(server.url, 'route="/v1/profiles/{ref}",status="200"} 40.0', but=pids)
        assert len(after) == 2
        assert min(pids) not in after
    assert list((place.home / "tmp" / "metrics").iterdir()) == []


def _wait_for(url: str, figure: str, but: set[str] | None = None) -> set[str]:
    """Return the workers that are told of, once the figure is told; others than `but`."""
    while True:
        try:
            text = asked(url, "/metrics").text
        except httpx.TransportError:
            continue  # it asked the worker that was killed
        pids = set(re.findall(r'cdp_generation{pid="(\d+)"}', text))
        if figure in text and len(pids) == 2 and pids != but:
            return pids


def test_the_files_of_servers_that_ended_are_taken_away(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], check=True, capture_output=True
    )
    left = tmp_path / ended.stdout.decode().strip()
    left.mkdir()
    own = own_folder(tmp_path)
    assert [own] == list(tmp_path.iterdir())
