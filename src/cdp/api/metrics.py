"""Counters of one server process, in the Prometheus text format."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter

_BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)


class Metrics:
    """What this process answered, and how fast."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def note(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self._requests[method, route, status] += 1
        self._buckets.setdefault(route, [0] * (len(_BOUNDS) + 1))[
            bisect_left(_BOUNDS, seconds)
        ] += 1
        self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def text(self, generation: int | None) -> str:
        """Return every counter; `worker` tells the processes of one server apart."""
        worker = f'worker="{os.getpid()}"'
        lines = [
            "# HELP cdp_generation Generation that this worker serves, 0 when none.",
            "# TYPE cdp_generation gauge",
            f"cdp_generation{{{worker}}} {generation or 0}",
            "# HELP cdp_http_requests_total Requests answered.",
            "# TYPE cdp_http_requests_total counter",
        ]
        for (method, route, status), count in sorted(self._requests.items()):
            labels = f'{worker},method="{method}",route="{route}",status="{status}"'
            lines.append(f"cdp_http_requests_total{{{labels}}} {count}")
        lines += [
            "# HELP cdp_http_request_seconds Time to answer, without sending.",
            "# TYPE cdp_http_request_seconds histogram",
        ]
        for route in sorted(self._buckets):
            lines += self._histogram(route, f'{worker},route="{route}"')
        return "\n".join(lines) + "\n"

    def _histogram(self, route: str, labels: str) -> list[str]:
        lines, total = [], 0
        for bound, count in zip((*_BOUNDS, "+Inf"), self._buckets[route], strict=True):
            total += count
            lines.append(f'cdp_http_request_seconds_bucket{{{labels},le="{bound}"}} {total}')
        lines.append(f"cdp_http_request_seconds_sum{{{labels}}} {self._seconds[route]:.6f}")
        lines.append(f"cdp_http_request_seconds_count{{{labels}}} {total}")
        return lines
