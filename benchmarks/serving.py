"""A profile lookup, key checked and audited, against a bare FastAPI "hello" in the same run.

`python benchmarks/serving.py --workspace DIR` serves the published workspace and the hello
beside each other, asks both in turns, and prints requests a second and server CPU a request
(from /proc, so that what else the machine does matters less). The ratio is hello's CPU over
the lookup's: 1 means that a lookup costs as much as saying hello.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple
from urllib.parse import quote

from cdp.privacy import keys
from cdp.server import wall_clock
from cdp.settings import Workspace
from cdp.store import goldfile, manifest

HELLO = """
import sys, fastapi, uvicorn
from fastapi import Response
app = fastapi.FastAPI()
@app.get("/hello")
async def hello():
    return Response(b'{"hello":"world"}', media_type="application/json")
print("http://127.0.0.1:" + sys.argv[1], file=sys.stderr, flush=True)
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_level="critical",
    access_log=False)
"""
CONNECTIONS = 16


class Round(NamedTuple):
    """One server's figures of one round."""

    per_second: float
    cpu_microseconds: float


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True, help="a published workspace")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=4000, help="a round and server")
    chosen = parser.parse_args()
    workspace = Workspace(chosen.workspace.resolve())
    paths = _paths(workspace)
    made, token = keys.create(
        workspace.home, "benchmark", ["profiles:read", "pii:read"], at=wall_clock()
    )
    lookups, hello = _serve_lookups(workspace), _serve_hello()
    try:
        rounds = [
            (
                _ask(lookups, paths, token, chosen.requests),
                _ask(hello, ["/hello"], token, chosen.requests),
            )
            for _ in range(chosen.rounds + 1)
        ][1:]
    finally:
        for process, _ in (lookups, hello):
            process.terminate()
            process.wait()
        keys.revoke(workspace.home, made.key_id, at=wall_clock())
    _print(rounds)


def _paths(workspace: Workspace) -> list[str]:
    served = manifest.current(workspace.home)
    if served is None:
        sys.exit(f"nothing is published in {workspace.root}; run `cdp run` first")
    with goldfile.reading(served.path(workspace.home, "gold")) as connection:
        ids = connection.execute("select profile_id from gold.profile order by hash(profile_id)")
        direct = [f"/v1/profiles/{id_}" for (id_,) in ids.fetchall()]
    return [quote(path) for path in direct[:5000]]


def _serve_lookups(workspace: Workspace) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "cdp", "serve", "--port", "0", "--workspace"]
    environment = os.environ | {"CDP_LOG_LEVEL": "critical", "CDP_RATE_LIMIT": "1000000"}
    return _started([*command, str(workspace.root)], environment)


def _serve_hello() -> tuple[subprocess.Popen[str], str]:
    return _started([sys.executable, "-c", HELLO, "8397"], dict(os.environ))


def _started(command: list[str], environment: dict[str, str]) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    line = process.stderr.readline() if process.stderr else ""
    found = re.search(r"http://[\d.:]+", line)
    if found is None:
        sys.exit(f"the server did not start: {line}")
    return process, found[0]


def _ask(
    server: tuple[subprocess.Popen[str], str], paths: list[str], token: str, requests: int
) -> Round:
    process, url = server
    host, port = url.removeprefix("http://").split(":")
    before, began = _cpu(process.pid), perf_counter()
    asyncio.run(_load(host, int(port), paths, token, requests))
    seconds, used = perf_counter() - began, _cpu(process.pid) - before
    return Round(requests / seconds, used / requests * 1e6)


async def _load(host: str, port: int, paths: list[str], token: str, requests: int) -> None:
    each = requests // CONNECTIONS
    await asyncio.gather(
        *(_connection(host, port, paths[n:] + paths[:n], token, each) for n in range(CONNECTIONS))
    )


async def _connection(host: str, port: int, paths: list[str], token: str, requests: int) -> None:
    for attempt in range(50):
        try:
            reader, writer = await asyncio.open_connection(host, port)
            break
        except ConnectionRefusedError:
            await asyncio.sleep(0.1 * (attempt + 1))
    for number in range(requests):
        path = paths[number % len(paths)]
        writer.write(
            f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            sys.exit(f"{path}: {head[:200]!r}")
        length = re.search(rb"content-length: (\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)
    writer.close()
    await writer.wait_closed()


def _cpu(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _print(rounds: list[tuple[Round, Round]]) -> None:
    for name, index in (("lookup", 0), ("hello", 1)):
        chosen = [pair[index] for pair in rounds]
        print(
            f"{name:<7} {median(r.per_second for r in chosen):>8,.0f} requests/s  "
            f"{median(r.cpu_microseconds for r in chosen):>6.1f} us CPU"
        )
    ratios = [hello.cpu_microseconds / lookup.cpu_microseconds for lookup, hello in rounds]
    speeds = [lookup.per_second / hello.per_second for lookup, hello in rounds]
    print(f"ratio by CPU {median(ratios):.2f}, by requests/s {median(speeds):.2f} (medians)")


if __name__ == "__main__":
    main()
