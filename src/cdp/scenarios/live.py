"""Asking instances while somebody waits: never longer than said, never more than they bear.

Invariants: a question ends within its time, as rows or as a marked gap, whatever the system does;
a system that failed several times is left alone for a while; nobody waits but who asked.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import httpx
from pybreaker import CircuitBreaker, CircuitBreakerError

from cdp.errors import CdpError, UnknownNameError, UnreachableError
from cdp.scenarios.live_rows import Reader
from cdp.sources.remote.client import budget, trusted
from cdp.sources.remote.secrecy import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyrate_limiter import Limiter

    from cdp.scenarios.on_demand import Asked
    from cdp.sources.remote.live import Request

_REMEMBERED: Final = 10_000
Rows = list[dict[str, Any]]


class BusyInstanceError(CdpError):
    """So much is asked of an instance already that this would be more than it bears."""


@dataclass(slots=True)
class _Line:
    """The line to one instance: its client, what it bears, and whether it is left alone."""

    http: httpx.AsyncClient
    secrets: Secrets
    budget: Limiter | None
    breaker: CircuitBreaker
    at_once: asyncio.Semaphore
    since: datetime | None = None


@dataclass(slots=True)
class _Answer:
    rows: Rows
    at: datetime


@dataclass(slots=True)
class Lines:
    """The lines to all instances of one server process."""

    asked: Mapping[str, Asked]
    country: str
    clock: Callable[[], datetime]
    _lines: dict[str, _Line] = field(default_factory=dict)
    _answers: dict[tuple[str, tuple[str, ...]], _Answer] = field(default_factory=dict)
    _running: dict[tuple[str, tuple[str, ...]], asyncio.Task[Rows]] = field(default_factory=dict)
    _reader: Reader | None = None
    _reading: ThreadPoolExecutor | None = None

    def of(self, name: str) -> Asked:
        """Return a live block.

        Raises:
            UnknownNameError: there is none of this name; the message lists what is.
        """
        if name not in self.asked:
            kind = "live block"
            raise UnknownNameError(kind, name, sorted(self.asked))
        return self.asked[name]

    async def block(self, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
        """Return a live block of the party that has these keys in its instance; never fails.

        Raises:
            UnknownNameError: there is no live block of this name.
        """
        asked = self.of(name)
        about: dict[str, Any] = {
            "title": asked.block.title,
            "trust": asked.tier,
            "limit": asked.block.limit,
            "source": asked.opening.name,
        }
        if not keys:
            return about | {"status": "no_key", "fetched_at": None, "rows": []}
        try:
            answer = await self._answer(asked, keys)
        except Exception as error:  # noqa: BLE001 - whatever a system does, it is a gap here
            return (
                about
                | {"status": "unavailable", "fetched_at": None, "rows": []}
                | self._gap(asked, error)
            )
        at = answer.at.isoformat(timespec="seconds").replace("+00:00", "Z")
        return about | {"status": "ok", "fetched_at": at, "rows": answer.rows}

    async def close(self) -> None:
        """Give the connections, the thread and the memory back."""
        for task in list(self._running.values()):
            task.cancel()
        for line in self._lines.values():
            await line.http.aclose()
        self._lines.clear()
        if self._reading is not None:
            self._reading.shutdown(wait=True, cancel_futures=True)
        if self._reader is not None:
            self._reader.close()

    async def _answer(self, asked: Asked, keys: tuple[str, ...]) -> _Answer:
        known = self._answers.get((asked.name, keys))
        if known is not None and self.clock() - known.at < timedelta(seconds=asked.block.cache):
            return known
        task = self._running.get((asked.name, keys))
        if task is None:
            task = asyncio.create_task(self._fetched(asked, keys))
            self._running[asked.name, keys] = task
            task.add_done_callback(lambda _: self._running.pop((asked.name, keys), None))
        # Who asked first may go: the others still wait for the same answer.
        rows = await asyncio.shield(task)
        if len(self._answers) >= _REMEMBERED:
            self._answers.clear()
        answer = self._answers[asked.name, keys] = _Answer(rows, self.clock())
        return answer

    async def _fetched(self, asked: Asked, keys: tuple[str, ...]) -> Rows:
        line = self._line(asked)
        try:
            async with asyncio.timeout(asked.block.timeout):
                await line.at_once.acquire()
        except TimeoutError:
            msg = "so much is asked of it already that it was not asked"
            raise BusyInstanceError(msg) from None
        try:
            rows = await self._read(asked, await self._asked(line, asked, keys))
        except Exception:
            # Whatever it was, the system gives nothing since now; `block` makes the gap of it.
            line.since = line.since or self.clock()
            raise
        finally:
            line.at_once.release()
        line.since = None
        return rows

    async def _asked(self, line: _Line, asked: Asked, keys: tuple[str, ...]) -> tuple[bytes, ...]:
        """Return the answers to all that has to be asked, one after the other."""
        until = asyncio.get_running_loop().time() + asked.block.timeout
        answers = []
        for request in asked.object.requests(keys, asked.block.limit):
            if line.budget is not None and not line.budget.try_acquire(blocking=False):
                msg = "the requests that the instance allows in a minute are used up"
                raise BusyInstanceError(msg)
            with line.breaker.calling():
                async with asyncio.timeout_at(until):
                    answers.append(await _answered(line.http, request))
        return tuple(answer for answer in answers if answer is not None)

    async def _read(self, asked: Asked, raw: tuple[bytes, ...]) -> Rows:
        if self._reading is None:
            self._reader = Reader(self.country)
            self._reading = ThreadPoolExecutor(1, thread_name_prefix="live")
        assert self._reader is not None  # noqa: S101 - made together
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reading, self._reader.rows, asked, raw)

    def _line(self, asked: Asked) -> _Line:
        name = asked.opening.name
        if name not in self._lines:
            blocks = [each.block for each in self.asked.values() if each.opening.name == name]
            secrets = Secrets()
            auth, headers = asked.system.proof(asked.opening, secrets)
            http = httpx.AsyncClient(
                auth=auth, headers=headers, timeout=asked.block.timeout, verify=trusted()
            )
            breaker = CircuitBreaker(
                min(block.failures for block in blocks),
                max(block.rest for block in blocks),
                throw_new_error_on_trip=False,
                name=name,
            )
            limits = asked.opening.instance.limits
            at_once = asyncio.Semaphore(min(block.at_once for block in blocks))
            self._lines[name] = _Line(http, secrets, budget(limits), breaker, at_once)
        return self._lines[name]

    def _gap(self, asked: Asked, error: Exception) -> dict[str, Any]:
        line = self._lines.get(asked.opening.name)
        since = line.since if line is not None and line.since is not None else self.clock()
        at = since.isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"gap": {"status": "unavailable", "since": at, "reason": _reason(asked, error)}}


async def _answered(http: httpx.AsyncClient, request: Request) -> bytes | None:
    """Return an answer, None where it says that there is nothing of the key."""
    headers = {"accept": "application/json", **request.headers}
    answered = await http.request(request.method, request.url, json=request.body, headers=headers)
    if answered.status_code in request.nothing:
        return None
    if not answered.is_success:
        msg = f"it answered {answered.status_code}"
        raise UnreachableError(msg)
    return answered.content


def _reason(asked: Asked, error: Exception) -> str:
    """Return what is wrong, in words that name no address, no secret and nobody."""
    source, block = asked.opening.name, asked.block
    match error:
        case CircuitBreakerError():
            return f"{source} failed several times and is left alone for a while"
        case TimeoutError() | httpx.TimeoutException():
            return f"{source} did not answer within {block.timeout:g} s"
        case BusyInstanceError():
            return f"{source}: {error}"
        case UnreachableError() if str(error).startswith("it answered"):
            return f"{source}: {error}"
        case httpx.TransportError():
            return f"{source} cannot be reached"
        case _:
            return f"{source} answered something that cannot be read"
