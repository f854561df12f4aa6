"""Bulk API 2.0: a query as a job, its rows fetched as CSV piece by piece.

Rows come as they would by query, each value with the type that the object's description gives it,
so that both ways of reading give the same version of a row. Each piece is landed with the job and
the place in it that it reached: a run that is cut short goes on with the same job, which Salesforce
keeps for seven days. What changed after the job was made is the next load's.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cdp.errors import UnreachableError
from cdp.sources.remote.salesforce.api import RefusedError
from cdp.sources.remote.walk import POSITION
from cdp.sources.wire.batch import Collector
from cdp.sources.wire.shape import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cdp.sources import Batch
    from cdp.sources.remote.salesforce.api import Api, SObject
    from cdp.sources.remote.salesforce.options import SalesforceOptions
    from cdp.sources.remote.salesforce.query import Selection
    from cdp.sources.wire.delivery import Task

JOB: Final = "job"
"""What the position of a job that is not read to its end is of."""
_LONGEST_PAUSE: Final = 60
_OVER: Final = ("Failed", "Aborted")
_DELIMITERS: Final = {
    "COMMA": ",",
    "SEMICOLON": ";",
    "TAB": "\t",
    "PIPE": "|",
    "CARET": "^",
    "BACKQUOTE": "`",
}


class _Job(msgspec.Struct, rename="camel"):
    id: str
    state: str
    created_date: str
    column_delimiter: str = "COMMA"
    error_message: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a job's rows, or none where there is only a position to keep."""

    object: str
    label: str
    rows: Iterator[Batch]
    reached: Mapping[str, str]

    def batches(self) -> Iterator[Batch]:
        """Yield the rows."""
        yield from self.rows

    def positions(self) -> Mapping[str, str]:
        """Return how far they reach."""
        return self.reached


@dataclass(frozen=True, slots=True)
class Bulk:
    """Reads an object of an org by a job."""

    api: Api
    known: SObject
    options: SalesforceOptions
    task: Task

    def deliveries(self, selection: Selection, position: str | None) -> Iterator[Piece]:
        """Yield the rows of a job, of the one that was left where there is a position.

        Raises:
            UnreachableError: the org does not answer, or the job failed or takes too long.
        """
        job_id, _, place = (position or "").partition(" ")
        job = self._left(job_id) if job_id else None
        if job is None:
            job, place = self._begun(selection), ""
            yield Piece(self.known.name, f"{self.known.name} {job.id}", iter(()), {JOB: job.id})
        yield from self._pieces(self._finished(job), place)

    def _begun(self, selection: Selection) -> _Job:
        asked = {"operation": "queryAll", "query": selection.unordered}
        return self._job(self.api.post("jobs/query", asked).content)

    def _left(self, job_id: str) -> _Job | None:
        """Return a job of an earlier run, None where nothing is to be had of it any more."""
        try:
            job = self._looked_at(job_id)
        except RefusedError as error:
            if error.code == "NOT_FOUND":
                return None
            raise
        return None if job.state in _OVER else job

    def _finished(self, job: _Job) -> _Job:
        """Return the job once it is complete, looked at more and more seldom."""
        pause, waited = self.options.poll_seconds, 0.0
        while job.state != "JobComplete":
            if job.state in _OVER:
                why = self.api.client.secrets.hide(job.error_message or "")
                said = f"{job.state}: {why}" if why else job.state
                problem = f"ended as {said}; the next run begins a new one"
                raise self._failure(problem)
            if waited > 60 * self.options.bulk_wait_minutes:
                problem = "is not done yet; the next run goes on waiting for it"
                raise self._failure(problem)
            sleep(pause)
            waited, pause = waited + pause, min(1.5 * pause, _LONGEST_PAUSE)
            job = self._looked_at(job.id)
        return job

    def _pieces(self, job: _Job, place: str) -> Iterator[Piece]:
        while True:
            params = {"maxRecords": str(self.options.bulk_rows)}
            if place:
                params["locator"] = place
            answer = self.api.get(f"jobs/query/{job.id}/results", params, accept="text/csv")
            label = f"{self.known.name} {job.id} {place or 'begin'}"
            rows = self._rows(label, answer.text, _DELIMITERS[job.column_delimiter])
            place = answer.headers.get("sforce-locator", "null")
            if place == "null":
                yield Piece(self.known.name, label, rows, {JOB: ""} | self._reached(job))
                return
            yield Piece(self.known.name, label, rows, {JOB: f"{job.id} {place}"})

    def _rows(self, label: str, text: str, delimiter: str) -> Iterator[Batch]:
        collector = Collector(self.task.shape, self.task.zone)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = next(reader, [])
        readings = [_READINGS.get(self.known.fields.get(name, ""), str) for name in header]
        related = tuple(name for name in header if "." in name)
        for number, texts in enumerate(reader):
            cells = zip(header, readings, texts, strict=True)
            row = {name: read(cell) if cell else None for name, read, cell in cells}
            collector.mapping(f"{label}#{number}", self._as_queried(row, related))
            yield from collector.full()
        yield from collector.rest()

    def _as_queried(self, row: dict[str, Any], related: tuple[str, ...]) -> dict[str, Any]:
        """Return a row as a query gives it: what it refers to inside it, each with its place."""
        whole = self._attributes(self.known.name, row.get("Id")) | row
        for name in related:
            parent, _, field = name.rpartition(".")
            value, key = whole.pop(name), row.get(f"{parent}Id")
            if key is None:
                whole[parent] = None
            else:
                whole.setdefault(parent, self._attributes(parent, key))[field] = value
        return whole

    def _attributes(self, name: str, key: object) -> dict[str, Any]:
        place = f"/services/data/v{self.api.version}/sobjects/{name}/{key}"
        return {"attributes": {"type": name, "url": place}}

    def _reached(self, job: _Job) -> dict[str, str]:
        made = moment(job.created_date, self.task.zone)
        return {POSITION: made.isoformat()} if made is not None and self.known.changed else {}

    def _looked_at(self, job_id: str) -> _Job:
        return self._job(self.api.get(f"jobs/query/{job_id}").content)

    def _job(self, raw: bytes) -> _Job:
        try:
            return msgspec.json.decode(raw, type=_Job)
        except msgspec.MsgspecError as error:
            problem = f"is described by something else ({error})"
            raise self._failure(problem) from error

    def _failure(self, problem: str) -> UnreachableError:
        source = self.api.client.source
        return UnreachableError(f"source {source}: the bulk job of {self.known.name} {problem}")


def _number(text: str, read: Callable[[str], float]) -> float | str:
    """Return a number, or the text that is none."""
    try:
        return read(text)
    except ValueError:
        return text


def _moment(text: str) -> str:
    """Return a moment as a query writes it."""
    return f"{text[:-1]}+0000" if text.endswith("Z") else text


_READINGS: Final[Mapping[str, Callable[[str], object]]] = {
    "boolean": lambda text: text.lower() == "true",
    "datetime": _moment,
    "int": lambda text: _number(text, int),
    "long": lambda text: _number(text, int),
    **dict.fromkeys(("double", "currency", "percent"), lambda text: _number(text, float)),
}
