"""Taking events, each durable before it is acknowledged, against the same endpoint without that.

`python benchmarks/collect.py` serves `/v1/batch` twice beside each other, once with fdatasync and
once without any log, sends 50 events a request over 64 connections to both in turns, and prints
events a second and server CPU a request (from /proc). The ratio is that of events a second: 1
means that durability costs nothing. Then it sends faster than a slow disk writes, and prints what
memory the server took at most and how it answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

EVENTS, CONNECTIONS = 50, 64
SERVER = """
import gc, os, sys, time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
import uvicorn
from starlette.applications import Starlette
from cdp.api.context import Context
from cdp.api.endpoint import route
from cdp.api.endpoints_collect import COLLECT
from cdp.server import wall_clock
from cdp.settings import Settings, Workspace
place, kind = Workspace(Path(sys.argv[1])), sys.argv[2]
context = Context.open(place, Settings(rate_limit=10_000_000), wall_clock)
if kind == "none":
    async def keep(taken):
        return ()
    context = replace(
        context, intake=SimpleNamespace(receivers=context.intake.receivers, keep=keep)
    )
if kind == "slow":
    sync = os.fdatasync
    def slowly(descriptor):
        time.sleep(0.5)
        sync(descriptor)
    os.fdatasync = slowly
gc.collect()
gc.freeze()  # as cdp.server does
app = Starlette(routes=[route(endpoint, lambda: context) for endpoint in COLLECT])
config = uvicorn.Config(app, port=0, loop="uvloop", http="httptools", log_level="critical")
server = uvicorn.Server(config)
socket = config.bind_socket()
socket.listen(2048)
print(f"http://127.0.0.1:{socket.getsockname()[1]}", file=sys.stderr, flush=True)
server.run(sockets=[socket])
"""


class Server(NamedTuple):
    """A server process and where it listens."""

    process: subprocess.Popen[str]
    port: int


class Round(NamedTuple):
    """One server's figures of one round; latencies in milliseconds."""

    events_per_second: float
    cpu_microseconds: float
    median_ms: float
    p99_ms: float
    statuses: Counter[int]


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=2000, help="a round and server")
    parser.add_argument("--folder", type=Path, help="where the log lies; default: a temporary one")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        place = Path(folder)
        token = _workspace(place)
        body = _body()
        _compare(place, token, body, chosen.rounds, chosen.requests)
        _overwhelm(place, token, body, chosen.requests)


def _workspace(place: Path) -> str:
    from cdp.privacy import keys  # noqa: PLC0415 - not needed by who reads --help
    from cdp.server import wall_clock  # noqa: PLC0415

    (place / "sources").mkdir()
    (place / "cdp.yaml").write_text("name: benchmark\n")
    (place / "sources" / "web.yaml").write_text("type: events\n")
    return keys.create(place / ".cdp", "benchmark", ["events:write"], at=wall_clock())[1]


def _body() -> bytes:
    """Return a batch as an SDK sends it, of about 25 KB."""
    event = {
        "type": "track",
        "event": "Product Viewed",
        "userId": "u-123456",
        "timestamp": "2026-07-01T06:00:00.000+00:00",
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}},
        "integrations": {},
        "properties": {"sku": "P-103", "name": "Garden hose 20 m", "note": "x" * 180},
    }
    events = [event | {"messageId": f"{n:036}"} for n in range(EVENTS)]
    return json.dumps({"batch": events, "sentAt": "2026-07-01T06:00:01.000+00:00"}).encode()


def _compare(place: Path, token: str, body: bytes, rounds: int, requests: int) -> None:
    servers = [_started(place, kind) for kind in ("log", "none")]
    try:
        pairs = [
            tuple(_ask(server, token, body, requests) for server in servers)
            for _ in range(rounds + 1)
        ][1:]
    finally:
        for server in servers:
            _stop(server)
    for name, column in (("durable", 0), ("without a log", 1)):
        own = [pair[column] for pair in pairs]
        print(
            f"{name:14} {median(r.events_per_second for r in own):9,.0f} events/s "
            f"{median(r.cpu_microseconds for r in own):7,.0f} us CPU a request "
            f"p50 {median(r.median_ms for r in own):6.1f} ms "
            f"p99 {median(r.p99_ms for r in own):6.1f} ms "
            f"{dict(sum((r.statuses for r in own), Counter()))}"
        )
    ratios = [ours.events_per_second / bare.events_per_second for ours, bare in pairs]
    by_cpu = [bare.cpu_microseconds / ours.cpu_microseconds for ours, bare in pairs]
    print(
        f"ratio          {median(ratios):.2f} in events/s, {median(by_cpu):.2f} in CPU "
        f"(median of {len(pairs)} pairs; limit 0.80)"
    )


def _overwhelm(place: Path, token: str, body: bytes, requests: int) -> None:
    """Send much more than a disk takes that needs half a second for each commit."""
    server = _started(place, "slow")
    try:
        _ask(server, token, body, CONNECTIONS)
        before = _memory(server.process.pid)
        big = json.dumps(json.loads(body) | {"context": {"x": "y" * 400_000}}).encode()
        found = _ask(server, token, big, requests, connections=4 * CONNECTIONS)
        after = _memory(server.process.pid)
    finally:
        _stop(server)
    print(
        f"slow disk      {before / 1e6:,.0f} MB before, {after / 1e6:,.0f} MB at most; "
        f"answered {dict(found.statuses)}"
    )


def _started(place: Path, kind: str) -> Server:
    command = [sys.executable, "-c", SERVER, str(place), kind]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    said = ""
    for line in process.stderr or ():
        said += line
        found = re.search(r"http://127.0.0.1:(\d+)", line)
        if found is not None:
            return Server(process, int(found[1]))
    sys.exit(f"the server did not start: {said}")


def _stop(server: Server) -> None:
    server.process.terminate()
    server.process.wait()


def _ask(
    server: Server, token: str, body: bytes, requests: int, *, connections: int = CONNECTIONS
) -> Round:
    seconds: list[float] = []
    statuses: Counter[int] = Counter()
    request = (
        f"POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body

    async def send() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for _ in range(max(1, requests // connections)):
            began = perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            seconds.append(perf_counter() - began)
            statuses[int(head.split(b" ", 2)[1])] += 1
        writer.close()

    async def crowd() -> None:
        await asyncio.gather(*(send() for _ in range(connections)))

    before, began = _cpu(server.process.pid), perf_counter()
    asyncio.run(crowd())
    took, used = perf_counter() - began, _cpu(server.process.pid) - before
    seconds.sort()
    done = len(seconds)
    return Round(
        done * EVENTS / took,
        used / done * 1e6,
        seconds[done // 2] * 1e3,
        seconds[int(done * 0.99)] * 1e3,
        statuses,
    )


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> int:
    """Return the most bytes that a process ever had in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    main()
