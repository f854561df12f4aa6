"""Add many frames to a table by one statement, while the next ones are still being made.

Invariant: frames are made by the thread that asks, one at a time, and at most two wait to be added;
the table got all of those that were made, whether or not making another one failed.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from threading import Semaphore
from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cdp.store.warehouse import Warehouse

_WAITING: Final = 2


def pour(warehouse: Warehouse, table: str, frames: Iterable[pl.DataFrame]) -> int:
    """Add the rows of all frames, which have the same columns, by name; return how many.

    In which order they lie then is not said: rows tell their own, as everywhere.

    Until it returns, nothing else may be asked of the warehouse, by what makes the frames neither,
    but for what it asks before its first.
    """
    made = iter(frames)
    first = next(made, None)
    if first is None:
        return 0
    second = next(made, None)
    if second is None:
        return warehouse.insert(table, first)
    hose = _Hose(first.head(0))
    with ThreadPoolExecutor(1, "pour") as pool:
        adding = pool.submit(warehouse.insert, table, hose.reader())
        adding.add_done_callback(hose.free)
        try:
            for frame in _chained(first, second, made):
                if not hose.put(frame):
                    break
        finally:
            hose.put(None)
    return adding.result()


def _chained(
    first: pl.DataFrame, second: pl.DataFrame, rest: Iterator[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    yield first
    yield second
    yield from rest


class _Hose:
    """What is between the thread that makes frames and the threads of DuckDB that add them."""

    def __init__(self, empty: pl.DataFrame) -> None:
        self._schema = _arrow(empty).schema
        self._room = Semaphore(_WAITING)
        self._frames: SimpleQueue[pl.DataFrame | None] = SimpleQueue()
        self._is_free = False

    def put(self, frame: pl.DataFrame | None) -> bool:
        """Hand a frame on when there is room, None after the last; return whether it is wanted."""
        self._room.acquire()
        if self._is_free:
            self._room.release()
            return False
        self._frames.put(frame)
        return True

    def free(self, _: object) -> None:
        """Let nobody wait any more: what added has ended."""
        self._is_free = True
        self._room.release()

    def reader(self) -> pa.RecordBatchReader:
        """Return what DuckDB reads all frames from."""
        return pa.RecordBatchReader.from_batches(self._schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        while (frame := self._frames.get()) is not None:
            self._room.release()
            yield from _arrow(frame).to_batches()


def _arrow(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow(compat_level=pl.CompatLevel.newest())
