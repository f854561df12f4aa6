"""Rows of one key gathered into one item of the key-value file, without looking at each row.

A result comes sorted by key, its last column the text of a row. The texts of neighbouring rows
lie side by side in Arrow's buffer, so what belongs to one key is one slice of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cdp.publish.layout import NEAREST, PAGE, shape_of
from cdp.publish.packing import pack

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from cdp.publish.layout import Shape

Item = tuple[bytes, bytes]


def items(name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[list[Item]]:
    """Yield the keys and values of a database, in order, from the rows of its statement."""
    shape = shape_of(name)
    if shape == "single":
        yield from (_singles(rows) for rows in batches if rows.num_rows)
        return
    begun: pa.RecordBatch | None = None
    for batch in batches:
        rows = batch if begun is None else pa.concat_batches([begun, batch])
        if not rows.num_rows:
            continue
        starts = _starts(rows)
        last = int(starts[-1])
        yield _gathered(shape, rows.slice(0, last), starts[:-1])
        begun = rows.slice(last)
    if begun is not None:
        yield _gathered(shape, begun, np.zeros(1, dtype=np.int64))


def _starts(rows: pa.RecordBatch) -> NDArray[np.int64]:
    """Return the positions at which another key begins."""
    differs = np.zeros(rows.num_rows, dtype=bool)
    differs[0] = True
    for column in rows.columns[:-1]:
        unequal = pc.not_equal(column[1:], column[:-1])
        differs[1:] |= unequal.to_numpy(zero_copy_only=False)
    return np.flatnonzero(differs)


def _gathered(shape: Shape, rows: pa.RecordBatch, starts: NDArray[np.int64]) -> list[Item]:
    if not len(starts):
        return []
    if shape == "pages":
        return _pages(rows, starts)
    ends = _ends(rows, starts)
    if shape == "nearest":
        ends = np.minimum(ends, starts + NEAREST)
    keys, texts = _keys(rows, starts), _texts(rows, starts, ends)
    if shape == "words":
        return [(key, bytes(text[:-1])) for key, text in zip(keys, texts, strict=True)]
    return [(key, _listed(text)) for key, text in zip(keys, texts, strict=True)]


def _pages(rows: pa.RecordBatch, starts: NDArray[np.int64]) -> list[Item]:
    """Return the lists cut into pages, the number of the page at the end of the key."""
    sizes = _ends(rows, starts) - starts
    ordinals = np.arange(rows.num_rows) - np.repeat(starts, sizes)
    begins = np.flatnonzero(ordinals % PAGE == 0)
    numbers = (ordinals[begins] // PAGE).tolist()
    texts = _texts(rows, begins, _ends(rows, begins))
    pages = zip(_keys(rows, begins), numbers, texts, strict=True)
    return [(b"%b\0%09d" % (key, number), _listed(text)) for key, number, text in pages]


def _singles(rows: pa.RecordBatch) -> list[Item]:
    starts = np.arange(rows.num_rows)
    texts = _texts(rows, starts, starts + 1)
    return [(key, bytes(text)) for key, text in zip(_keys(rows, starts), texts, strict=True)]


def _listed(text: memoryview) -> bytes:
    """Return the list whose entries these are, a comma behind each, as it is stored."""
    return pack(b"".join((b"[", text[:-1], b"]")))


def _keys(rows: pa.RecordBatch, starts: NDArray[np.int64]) -> list[bytes]:
    parts = [column.take(pa.array(starts)).to_pylist() for column in rows.columns[:-1]]
    if len(parts) == 1:
        return [part.encode() for part in parts[0]]
    return ["\0".join(row).encode() for row in zip(*parts, strict=True)]


def _ends(rows: pa.RecordBatch, starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the positions before which the next ones begin."""
    return np.append(starts[1:], rows.num_rows)


def _texts(
    rows: pa.RecordBatch, starts: NDArray[np.int64], ends: NDArray[np.int64]
) -> Iterator[memoryview]:
    """Yield the text between each start and its end, not copied."""
    texts = rows.columns[-1].cast(pa.large_string())
    _, offsets, data = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + rows.num_rows + 1]
    content = memoryview(data if data is not None else b"")
    edges = zip(bounds[starts].tolist(), bounds[ends].tolist(), strict=True)
    return (content[a:b] for a, b in edges)
