"""Reading profiles with everything on, against a bare FastAPI "hello", all in one run.

`python benchmarks/serving.py` publishes `--profiles` invented profiles with five identifiers each,
serves them twice beside a hello (once without the audit), and asks all in turns: by id and by
e-mail, with key, scopes, limit, ETag, restriction and an overlay that is not empty. It prints
requests a second, p99 and server CPU a request (from /proc, so that what else the machine does
matters less), then what swaps, publishing, a long life and fresh events cost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, sleep
from typing import TYPE_CHECKING, NamedTuple

import serving_data

from cdp.privacy import keys
from cdp.server import wall_clock
from cdp.settings import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

HELLO = """
import sys, fastapi, uvicorn
from fastapi import Response
app = fastapi.FastAPI()
@app.get("/hello")
async def hello():
    return Response(b'{"hello":"world"}', media_type="application/json")
config = uvicorn.Config(app, port=0, loop="uvloop", http="httptools", log_level="critical",
    access_log=False)
listening = config.bind_socket()
print(f"http://127.0.0.1:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
uvicorn.Server(config).run(sockets=[listening])
"""
UNAUDITED = """
import sys
from cdp.privacy.audit import Auditor
Auditor.note = lambda self, access: None
from cdp.cli import main
main(sys.argv[1:])
"""
CONNECTIONS = 16
_NOT_ALONE = "the delta could not be published alone: much was touched, or the code was changed"
SCOPES = ["profiles:read", "pii:read", "events:write"]


class Server(NamedTuple):
    """A server process and where it listens."""

    process: subprocess.Popen[str]
    port: int


class Round(NamedTuple):
    """One server's figures of one round."""

    per_second: float
    cpu_microseconds: float
    p99_ms: float


def main() -> None:
    """Run and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, help="kept, and used again; default: temporary")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=4000, help="a round and server")
    parser.add_argument("--swaps", type=int, default=20)
    parser.add_argument("--delta", type=int, default=10_000)
    parser.add_argument("--life", type=int, default=1_000_000, help="requests of a long life")
    parser.add_argument("--events", type=int, default=500)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = _place(chosen.folder or Path(folder), chosen.profiles)
        known = serving_data.ids(chosen.profiles, min(5000, chosen.profiles))
        token = keys.create(place.home, "benchmark", SCOPES, at=wall_clock())[1]
        served, unaudited, hello = _serve(place), _serve(place, audited=False), _hello()
        try:
            asyncio.run(_hear(served, token))
            asyncio.run(_hear(unaudited, token))
            _compare((served, unaudited, hello), known, token, chosen)
            asyncio.run(_visible(served, token, chosen.events))
            _alone(place, chosen.delta)
            _swaps(served, place, known, token, chosen)
            _life(served, known, token, chosen.life)
        finally:
            for server in (served, unaudited, hello):
                server.process.terminate()
                server.process.wait()


def _place(folder: Path, profiles: int) -> Workspace:
    if (folder / ".cdp" / "manifest.json").exists():
        serving_data.renew(Workspace(folder))
        return Workspace(folder)
    began = perf_counter()
    place = serving_data.build(folder, profiles)
    print(f"{profiles:,} profiles published in {perf_counter() - began:,.1f} s", flush=True)
    return place


def _compare(
    servers: tuple[Server, Server, Server],
    known: list[tuple[str, str]],
    token: str,
    chosen: argparse.Namespace,
) -> None:
    served, unaudited, hello = servers
    by_id = [f"/v1/profiles/{id_}" for id_, _ in known]
    by_email = [f"/v1/profiles/email:{email}" for _, email in known]
    asked = {
        "hello": (hello, ["/hello"]),
        "by id": (served, by_id),
        "by e-mail": (served, by_email),
        "by id, no audit": (unaudited, by_id),
        "by e-mail, no audit": (unaudited, by_email),
    }
    found: dict[str, list[Round]] = {name: [] for name in asked}
    for number in range(chosen.rounds + 1):
        for name, (server, paths) in asked.items():
            measured = _ask(server, paths, token, chosen.requests)
            found[name] += [measured] if number else []
    for name, rounds in found.items():
        by_cpu = [
            h.cpu_microseconds / r.cpu_microseconds
            for h, r in zip(found["hello"], rounds, strict=True)
        ]
        by_speed = [
            r.per_second / h.per_second for h, r in zip(found["hello"], rounds, strict=True)
        ]
        late = [r.p99_ms / h.p99_ms for h, r in zip(found["hello"], rounds, strict=True)]
        print(
            f"{name:20} {median(r.per_second for r in rounds):8,.0f}/s "
            f"{median(r.cpu_microseconds for r in rounds):6.1f} us CPU "
            f"p99 {median(r.p99_ms for r in rounds):6.2f} ms | of hello: "
            f"{median(by_speed):.2f} by requests/s, {median(by_cpu):.2f} by CPU, "
            f"p99 x {median(late):.2f}",
            flush=True,
        )


async def _hear(server: Server, token: str) -> None:
    """Let the overlay hold users that no profile is asked for, some with an e-mail."""
    events = [
        {"type": "identify", "userId": f"new-{n}", "traits": {"email": f"n{n}@example.net"}}
        for n in range(200)
    ]
    await _post(server, token, "/v1/batch", {"batch": events})


async def _visible(server: Server, token: str, events: int) -> None:
    """Send events one after the other, and read each at once."""
    took = []
    for number in range(events):
        began = perf_counter()
        event = {"userId": "new-1", "event": "Viewed", "messageId": f"visible-{number}"}
        await _post(server, token, "/v1/track", event)
        body = await _get(server, token, "/v1/profiles/user:new-1")
        if json.loads(body)["live"]["events"] <= number:
            sys.exit(f"event {number} was acknowledged and is not shown")
        took.append((perf_counter() - began) * 1000)
    took.sort()
    at = took[int(len(took) * 0.99)]
    print(
        f"event to profile     p50 {median(took):.1f} ms, p99 {at:.1f} ms (limit 100)", flush=True
    )


def _alone(place: Workspace, delta: int) -> None:
    """Publish five times while nobody asks; CPU says what it costs on a busy machine, too."""
    took, used = [], []
    for _ in range(5):
        os.sync()  # what the disk still writes of the last one is not this one's
        number, began, before = serving_data.latest(place) + 1, perf_counter(), process_time()
        if serving_data.change(place, number, delta) is None:
            sys.exit(_NOT_ALONE)
        took.append(perf_counter() - began)
        used.append(process_time() - before)
    print(
        f"delta of {delta:,}      {median(took):.1f} s, {median(used):.1f} s CPU, nobody asking",
        flush=True,
    )


def _swaps(
    server: Server,
    place: Workspace,
    known: list[tuple[str, str]],
    token: str,
    chosen: argparse.Namespace,
) -> None:
    """Publish again and again under load; a request that fails ends the program."""
    paths = [f"/v1/profiles/{id_}" for id_, _ in known]
    took = []

    async def publish() -> None:
        first = serving_data.latest(place) + 1
        for number in range(first, first + chosen.swaps):
            began = perf_counter()
            report = await asyncio.to_thread(serving_data.change, place, number, chosen.delta)
            if report is None:
                sys.exit(_NOT_ALONE)
            took.append(perf_counter() - began)

    async def both() -> int:
        loading = [asyncio.create_task(_until(server, paths[n:], token)) for n in range(4)]
        await publish()
        return sum(await _stopped(loading))

    answered = asyncio.run(both())
    print(
        f"{chosen.swaps} swaps             {answered:,} requests answered, none failed; "
        f"a delta of {chosen.delta:,} in {median(took):.1f} s, most {max(took):.1f} s (limit 8)",
        flush=True,
    )


async def _until(server: Server, paths: list[str], token: str) -> int:
    count = 0
    try:
        while True:
            await _connection(server.port, paths, token, 200)
            count += 200
    except asyncio.CancelledError:
        return count


async def _stopped(tasks: list[asyncio.Task[int]]) -> list[int]:
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()
    return await asyncio.gather(*tasks)


def _life(server: Server, known: list[tuple[str, str]], token: str, requests: int) -> None:
    """Ask very often, and print what memory the server took after each tenth."""
    paths = [f"/v1/profiles/email:{email}" for _, email in known]
    sizes = []
    for _ in range(10):
        _ask(server, paths, token, requests // 10)
        sizes.append(_memory(server.process.pid) / 1e6)
    told = ", ".join(f"{size:,.0f}" for size in sizes)
    print(f"{requests:,} requests: anonymous memory {told} MB")


def _serve(place: Workspace, *, audited: bool = True) -> Server:
    program = ["-m", "cdp"] if audited else ["-c", UNAUDITED]
    command = [sys.executable, *program, "serve", "--port", "0", "--workspace", str(place.root)]
    environment = os.environ | {"CDP_LOG_LEVEL": "critical", "CDP_RATE_LIMIT": "1000000"}
    return _started(command, environment)


def _hello() -> Server:
    return _started([sys.executable, "-c", HELLO], dict(os.environ))


def _started(command: list[str], environment: dict[str, str]) -> Server:
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    said = ""
    for line in _lines(process):
        said += line
        found = re.search(r"http://127.0.0.1:(\d+)", line)
        if found is not None:
            _await(int(found[1]))
            return Server(process, int(found[1]))
    sys.exit(f"the server did not start: {said}")


def _await(port: int) -> None:
    """Wait until somebody listens: a server says where before it does."""
    ends = perf_counter() + 60
    while perf_counter() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            sleep(0.05)
        else:
            return
    sys.exit(f"nobody listens on port {port}")


def _lines(process: subprocess.Popen[str]) -> Iterator[str]:
    yield from process.stderr or ()


def _ask(server: Server, paths: list[str], token: str, requests: int) -> Round:
    before, began = _cpu(server.process.pid), perf_counter()
    each = requests // CONNECTIONS
    took = asyncio.run(_load(server.port, paths, token, each))
    seconds, used = perf_counter() - began, _cpu(server.process.pid) - before
    took.sort()
    return Round(len(took) / seconds, used / len(took) * 1e6, took[int(len(took) * 0.99)] * 1000)


async def _load(port: int, paths: list[str], token: str, each: int) -> list[float]:
    starts = [n * len(paths) // CONNECTIONS for n in range(CONNECTIONS)]
    parts = await asyncio.gather(
        *(_connection(port, paths[n:] + paths[:n], token, each) for n in starts)
    )
    return [one for part in parts for one in part]


async def _connection(port: int, paths: list[str], token: str, requests: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took = []
    for number in range(requests):
        path, began = paths[number % len(paths)], perf_counter()
        writer.write(
            f"GET {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n".encode()
        )
        await _answer(reader, path)
        took.append(perf_counter() - began)
    writer.close()
    await writer.wait_closed()
    return took


async def _answer(reader: asyncio.StreamReader, path: str) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        sys.exit(f"{path}: {head[:200]!r}")
    length = re.search(rb"content-length: (\d+)", head)
    return await reader.readexactly(int(length[1]) if length else 0)


async def _get(server: Server, token: str, path: str) -> bytes:
    return await _one(server, f"GET {path}", token, b"")


async def _post(server: Server, token: str, path: str, body: object) -> bytes:
    return await _one(server, f"POST {path}", token, json.dumps(body).encode())


async def _one(server: Server, asked: str, token: str, body: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"{asked} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
    writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
    answered = await _answer(reader, asked)
    writer.close()
    await writer.wait_closed()
    return answered


def _cpu(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> int:
    """Return the bytes of memory that are a process's own, without mapped files."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"RssAnon:\s+(\d+) kB", status)
    return int(found[1]) * 1024 if found else 0


if __name__ == "__main__":
    main()
