"""What is told of a workspace in the metrics: read from its files when somebody asks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cdp.errors import CdpError
from cdp.schedules.listing import late
from cdp.settings import Workspace
from cdp.store.eventlog_probe import contents, oldest
from cdp.store.last_run import last

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client import Metric

    from cdp.api.context import Context


class Facts(Collector):
    """Generation, event log, schedules and last run of a workspace, as of now."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._now = context.clock()

    def collect(self) -> Iterator[Metric]:
        """Yield the families; what cannot be read is left out, and missed by its alert."""
        for part in (self._generation, self._log, self._schedules, self._last_run):
            try:
                yield from part()
            except (CdpError, OSError):
                continue

    def _generation(self) -> Iterator[Metric]:
        published = self._context.published
        generation = published.current()
        age = self._since(generation.manifest.published_at)
        yield _one("cdp_generation_age_seconds", "Since the generation was published.", age)
        fallen = float(bool(published.fallen_back))
        yield _one("cdp_generation_fallen_back", "1: another than the manifest names.", fallen)

    def _log(self) -> Iterator[Metric]:
        home = self._context.home
        found = contents(home)
        segments = [(("live",), found.live), (("sealed",), found.sealed)]
        segments.append((("set_aside",), found.set_aside))
        yield _family("cdp_event_log_segments", "Segments by state.", ("state",), segments)
        yield _one("cdp_event_log_bytes", "Bytes of all segments.", found.size)
        try:
            reached = self._context.published.current().manifest.log
        except CdpError:
            reached = {}
        first = oldest(home, reached)
        waits = self._since(first) if first is not None else 0.0
        text = "Since the oldest entry was received that no published run has landed."
        yield _one("cdp_event_log_oldest_unlanded_seconds", text, waits)

    def _schedules(self) -> Iterator[Metric]:
        rows = late(Workspace(self._context.home.parent), self._now)
        if not rows:
            return
        runs = [(row.schedule, row.last) for row in rows if row.last is not None]
        outcomes = [((name, run.outcome), 1.0) for name, run in runs]
        labels = ("schedule", "outcome")
        yield _family("cdp_schedule_last_outcome", "How it went last.", labels, outcomes)
        ends = [((n,), r.finished_at.timestamp()) for n, r in runs if r.finished_at is not None]
        text = "When its last run ended."
        yield _family("cdp_schedule_last_finished_timestamp_seconds", text, ("schedule",), ends)
        overdue = [((row.schedule,), row.overdue) for row in rows]
        text = "Since it should have begun, 0 where it did."
        yield _family("cdp_schedule_overdue_seconds", text, ("schedule",), overdue)
        paused = [((row.schedule,), float(row.is_paused)) for row in rows]
        yield _family("cdp_schedule_paused", "1 where it is paused.", ("schedule",), paused)

    def _last_run(self) -> Iterator[Metric]:
        run = last(self._context.home)
        if run is None:
            return
        outcome = [((run.outcome,), float(run.run_id))]
        yield _family("cdp_run_last", "Number of the last run.", ("outcome",), outcome)
        ended = datetime.fromisoformat(run.finished_at).timestamp()
        yield _one("cdp_run_last_finished_timestamp_seconds", "When it ended.", ended)
        rows = [
            ((stage, name), float(count))
            for stage, counts in run.counts.items()
            for name, count in counts.items()
        ]
        labels = ("stage", "count")
        yield _family("cdp_run_last_rows", "What its stages counted.", labels, rows)

    def _since(self, moment: str) -> float:
        return max(0.0, (self._now - datetime.fromisoformat(moment)).total_seconds())


def _one(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)


def _family(
    name: str, text: str, labels: tuple[str, ...], samples: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
