"""What a server counts, in the format of Prometheus, over all of its processes.

A request costs some additions in memory. They are handed to prometheus-client when somebody asks,
and each second where several workers share their figures through files: the server names the
folder in the environment before a worker imports this.
"""

from __future__ import annotations

import os
from bisect import bisect_left
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from cdp.store.processes import is_alive

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from prometheus_client.registry import Collector

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder that prometheus-client shares figures in; it looks when it is imported."""
MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
_EVERY_SECONDS: Final = 1.0
_SHARED: Final = os.environ.get(FOLDER)
_GAUGES: Final = {
    "cdp_generation": ("Generation that this process serves, 0 when none.", "liveall"),
    "cdp_event_log_waiting_bytes": ("Bytes of events that wait for the disk.", "livesum"),
    "cdp_overlay_subjects": ("Who was heard of since the generation was made.", "livemax"),
    "cdp_overlay_caught_up": ("1 where the overlay knows all of the event log.", "livemin"),
    "cdp_overlay_rows_waiting": ("Rows of sources that are still to be read.", "livemax"),
    "cdp_audit_waiting": ("Accesses that are not written into the audit log yet.", "livesum"),
}

disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no types


class _Latency(Histogram):
    """A histogram that many observations are added to at once."""

    def add(self, counts: Sequence[int], seconds: float) -> None:
        """Add so many observations to each bucket, which took so long together."""
        for bucket, count in zip(self._buckets, counts, strict=True):
            if count:
                bucket.inc(count)
        self._sum.inc(seconds)


class _Tally:
    """What one route answered: counted by the event loop alone, and never taken back."""

    __slots__ = ("buckets", "seconds", "statuses", "told")

    def __init__(self) -> None:
        self.statuses: dict[int, int] = {}
        self.buckets = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0
        self.told: tuple[dict[int, int], list[int], float] = ({}, list(self.buckets), 0.0)

    def news(self) -> tuple[dict[int, int], list[int], float]:
        """Return what came since it was asked last."""
        now = (dict(self.statuses), list(self.buckets), self.seconds)
        (statuses, buckets, seconds), self.told = self.told, now
        return (
            {status: count - statuses.get(status, 0) for status, count in now[0].items()},
            [new - old for new, old in zip(now[1], buckets, strict=True)],
            now[2] - seconds,
        )


class Metrics:
    """What this process answered, and how fast."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "cdp_http_requests",
            "Requests answered, by the template of their route.",
            ("method", "route", "status"),
            registry=registry,
        )
        self._latency = _Latency(
            "cdp_http_request_seconds",
            "Time to answer, without sending.",
            ("method", "route"),
            buckets=_BOUNDS,
            registry=registry,
        )
        self._gauges = {
            name: Gauge(name, text, registry=registry, multiprocess_mode=mode)  # type: ignore[arg-type]  # a table of its literals
            for name, (text, mode) in _GAUGES.items()
        }
        self._tallies: dict[tuple[str, str], _Tally] = {}
        self._lock = Lock()
        self._closing = Event()
        self._thread: Thread | None = None

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request; in the thread of the event loop alone."""
        tally = self._tallies.get((method, route))
        if tally is None:
            tally = self._tallies[method, route] = _Tally()
        statuses = tally.statuses
        statuses[status] = statuses.get(status, 0) + 1
        tally.buckets[bisect_left(_BOUNDS, seconds)] += 1
        tally.seconds += seconds

    def share(self, measured: Callable[[], Mapping[str, float]]) -> None:
        """Hand over each second what other workers of this server tell, too."""
        if _SHARED and self._thread is None:
            self._thread = Thread(target=self._work, args=(measured,), name="metrics", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Hand over the rest no more."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()

    def text(self, measured: Mapping[str, float], facts: Collector) -> bytes:
        """Return what all workers counted, and the facts of the workspace."""
        self.hand_over(measured)
        registry = self._registry
        if _SHARED:
            forget_dead(Path(_SHARED))
            registry = CollectorRegistry()
            MultiProcessCollector(registry, _SHARED)  # type: ignore[no-untyped-call]  # it has no types
        workspace = CollectorRegistry()
        workspace.register(facts)
        return generate_latest(registry) + generate_latest(workspace)

    def hand_over(self, measured: Mapping[str, float]) -> None:
        """Add what was counted since to what prometheus-client knows."""
        with self._lock:
            for (method, route), tally in list(self._tallies.items()):
                statuses, buckets, seconds = tally.news()
                for status, count in statuses.items():
                    self._requests.labels(method, route, str(status)).inc(count)
                self._latency.labels(method, route).add(buckets, seconds)
            for name, value in measured.items():
                self._gauges[name].set(value)

    def _work(self, measured: Callable[[], Mapping[str, float]]) -> None:
        while not self._closing.wait(_EVERY_SECONDS):
            self.hand_over(measured())
        self.hand_over(measured())


def forget_dead(folder: Path) -> None:
    """Take away what workers measured that are no more; what they counted stays."""
    for path in folder.glob("gauge_live*_*.db"):
        process = int(path.stem.rpartition("_")[2])
        if not is_alive(process):
            mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]  # it has no types
