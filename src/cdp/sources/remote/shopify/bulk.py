"""Bulk operations: a connection written into a file by the shop, and fetched piece by piece.

The file has a line for each row and one for each node of a connection inside it, which names its
row and comes behind it. Each piece is landed with the operation and the byte of the file up to
which its rows are whole: a run that is cut short goes on there, as long as Shopify keeps the file
(seven days). What changed after the operation was made is the next load's.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import sleep
from typing import TYPE_CHECKING, Any, Final

import httpx
import msgspec

from cdp.errors import UnreachableError
from cdp.sources.remote.walk import POSITION
from cdp.sources.wire.shape import gid_tail, moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.sources import Batch
    from cdp.sources.remote.shopify.paged import Pages

OPERATION: Final = "operation"
"""What the position of a bulk operation that is not read to its end is of."""
_LONGEST_PAUSE: Final = 60
_GOING_ON: Final = ("CREATED", "RUNNING", "CANCELING")
_BUSY: Final = "OPERATION_IN_PROGRESS"
_GONE: Final = (403, 404, 410)
_PARTIAL, _BEYOND = 206, 416
_SAYS: Final = "id status errorCode createdAt objectCount url"
_RUN: Final = (
    "mutation ($query: String!) {bulkOperationRunQuery(query: $query, groupObjects: true) "
    f"{{bulkOperation {{{_SAYS}}} userErrors {{code field message}}}}}}"
)
_LOOK: Final = f"query ($id: ID!) {{node(id: $id) {{... on BulkOperation {{{_SAYS}}}}}}}"
_encode: Final = msgspec.json.Encoder().encode


class _Operation(msgspec.Struct, rename="camel"):
    id: str
    status: str
    created_at: str
    error_code: str | None = None
    object_count: str = "0"
    url: str | None = None

    @property
    def is_of_use(self) -> bool:
        """Whether its rows are to be had, now or soon: after seven days the file is gone."""
        has_all = self.url is not None or self.object_count == "0"
        return self.status in _GOING_ON or (self.status == "COMPLETED" and has_all)


class _GoneError(UnreachableError):
    """The file of an operation is there no more."""


class _UserError(msgspec.Struct):
    message: str
    code: str | None = None


class _Begun(msgspec.Struct, rename="camel"):
    bulk_operation: _Operation | None
    user_errors: list[_UserError]


class _Ran(msgspec.Struct, rename="camel"):
    run: _Begun = msgspec.field(name="bulkOperationRunQuery")


class _Looked(msgspec.Struct):
    node: _Operation | None


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of an operation, or none where there is only a position to keep."""

    object: str
    label: str
    rows: tuple[Batch, ...]
    reached: Mapping[str, str]

    def batches(self) -> Iterator[Batch]:
        """Yield the rows."""
        yield from self.rows

    def positions(self) -> Mapping[str, str]:
        """Return how far they reach."""
        return self.reached


@dataclass(slots=True)
class _Lines:
    """Lines of a file put together to rows.

    Attributes:
        at: byte at which the row begins that is not known to be whole.
        rest: what follows from there on.
    """

    at: int
    rest: bytes = b""

    def whole(self, more: bytes, *, is_end: bool) -> list[dict[str, Any]]:
        """Return the lines of the rows that are whole by now, one after the other."""
        text = self.rest + more
        lines = text.split(b"\n")
        if not is_end:
            lines.pop()
        found = [(len(line) + 1, msgspec.json.decode(line)) for line in lines if line]
        if not is_end:
            ends = len(found)
            while ends and "__parentId" in found[ends - 1][1]:
                ends -= 1
            found = found[: max(ends - 1, 0)]  # the last row may have more inside it
        taken = sum(length for length, _ in found)
        self.at, self.rest = self.at + taken, b"" if is_end else text[taken:]
        return [line for _, line in found]


@dataclass(frozen=True, slots=True)
class Bulk:
    """Reads a connection by an operation; `file` asks for what it wrote, without the token."""

    pages: Pages
    file: httpx.Client

    def deliveries(self, position: str | None) -> Iterator[Piece]:
        """Yield the rows of an operation, of the one that was left where there is a position.

        Raises:
            UnreachableError: the shop does not answer, or the operation failed or takes too long.
        """
        name = self.pages.known.name
        left, _, place = (position or "").partition(" ")
        operation = self._looked_at(left) if left else None
        if operation is None or not operation.is_of_use:
            operation, place = self._begun(), ""
            yield Piece(name, f"{name} {_number(operation)}", (), {OPERATION: operation.id})
        try:
            yield from self._pieces(self._finished(operation), int(place or 0))
        except _GoneError:
            yield Piece(name, f"{name} {_number(operation)}", (), {OPERATION: ""})
            raise

    def _begun(self) -> _Operation:
        for _ in self._pauses():
            said = {"query": self.pages.known.bulk}
            what = f"the bulk operation of {self.pages.known.name}"
            ran = self.pages.api.ask(_RUN, said, _Ran, what).run
            if ran.bulk_operation is not None and not ran.user_errors:
                return ran.bulk_operation
            problem = "; ".join(error.message for error in ran.user_errors)
            is_busy = any(e.code == _BUSY or "in progress" in e.message for e in ran.user_errors)
            if not is_busy:
                refused = f"was refused with {problem}; set options.method to pages"
                raise self._failure(refused)
        problem = "has to wait for another one of this app; the next run tries again"
        raise self._failure(problem)

    def _finished(self, operation: _Operation) -> _Operation:
        """Return the operation once it is complete, looked at more and more seldom."""
        for _ in self._pauses():
            if operation.status not in _GOING_ON:
                break
            looked = self._looked_at(operation.id)
            operation = operation if looked is None else looked
        if operation.status in _GOING_ON:
            problem = "is not done yet; the next run goes on waiting for it"
            raise self._failure(problem)
        if operation.status != "COMPLETED":
            why = f": {operation.error_code}" if operation.error_code else ""
            problem = f"ended as {operation.status}{why}; the next run begins a new one"
            raise self._failure(problem)
        return operation

    def _pauses(self) -> Iterator[None]:
        """Yield at once, and after growing pauses until it has been waited for long enough."""
        options = self.pages.options
        pause, waited = options.poll_seconds, 0.0
        while waited <= 60 * options.bulk_wait_minutes:
            yield
            sleep(pause)
            waited, pause = waited + pause, min(1.5 * pause, _LONGEST_PAUSE)

    def _looked_at(self, key: str) -> _Operation | None:
        what = f"the bulk operation of {self.pages.known.name}"
        return self.pages.api.ask(_LOOK, {"id": key}, _Looked, what).node

    def _pieces(self, operation: _Operation, place: int) -> Iterator[Piece]:
        name, lines = self.pages.known.name, _Lines(place)
        done = {OPERATION: "", **self._reached(operation)}
        is_end = operation.url is None  # nothing was found, so that nothing was written
        while not is_end:
            begun = lines.at
            more, is_end = self._fetched(operation, lines.at + len(lines.rest))
            try:
                rows = self._rows(lines.whole(more, is_end=is_end))
            except msgspec.MsgspecError as error:
                problem = f"wrote what is no JSON line ({error}); the next run reads it again"
                raise self._failure(problem) from error
            label = f"{name} {_number(operation)} {begun}"
            batches = tuple(self.pages.batches(label, rows))
            reached = done if is_end else {OPERATION: f"{operation.id} {lines.at}"}
            yield Piece(name, label, batches, reached)
        if operation.url is None:
            yield Piece(name, f"{name} {_number(operation)}", (), done)

    def _fetched(self, operation: _Operation, begin: int) -> tuple[bytes, bool]:
        """Return the next bytes of the file, and whether they are its last."""
        size = self.pages.options.bulk_bytes
        end = begin + size - 1
        assert operation.url is not None  # noqa: S101 - without a file nothing is fetched
        try:
            response = self.file.get(operation.url, headers={"range": f"bytes={begin}-{end}"})
        except httpx.HTTPError as error:
            kind = type(error).__name__
            problem = f"wrote a file that cannot be fetched ({kind}); the next run goes on with it"
            raise self._failure(problem) from error
        if response.status_code == _BEYOND:
            return b"", True
        if response.status_code in _GONE:
            problem = "wrote a file that is there no more; the next run begins a new one"
            raise _GoneError(str(self._failure(problem)))
        if not response.is_success:
            status = response.status_code
            problem = f"wrote a file that is answered with {status}; the next run goes on with it"
            raise self._failure(problem)
        if response.status_code != _PARTIAL:  # all of it, whatever was asked for
            return response.content[begin:], True
        return response.content, len(response.content) < size

    def _rows(self, lines: list[dict[str, Any]]) -> Iterator[bytes]:
        """Yield the rows of these lines, each with what is inside it."""
        known = self.pages.known
        row: dict[str, Any] | None = None
        inside: dict[str, list[Any]] = {}
        for line in lines:
            if line.pop("__parentId", None) is None:
                if row is not None:
                    yield _encode(known.completed(row, inside))
                row, inside = line, {}
            else:
                inside.setdefault(known.inner_of(line), []).append(line)
        if row is not None:
            yield _encode(known.completed(row, inside))

    def _reached(self, operation: _Operation) -> dict[str, str]:
        made = moment(operation.created_at, self.pages.task.zone)
        return {POSITION: made.isoformat()} if made is not None else {}

    def _failure(self, problem: str) -> UnreachableError:
        source = self.pages.api.client.source
        told = self.pages.api.client.secrets.hide(problem)
        name = self.pages.known.name
        return UnreachableError(f"source {source}: the bulk operation of {name} {told}")


def _number(operation: _Operation) -> str:
    return gid_tail(operation.id) or operation.id
