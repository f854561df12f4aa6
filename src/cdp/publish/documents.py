"""The documents of the key-value file: one statement each, streamed in key order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdp.publish.layout import DOCUMENTS
from cdp.store import Statement
from cdp.store.keyvalue import KeyValueError, KeyValueFile, KeyValueWriter
from cdp.store.stream import batches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.store import Warehouse

_BATCH = 10_000
_COUNTED = {
    "profile": "gold.profile",
    "account": "gold.account",
    "member": "gold.segment_member",
    "run": "ops.run",
    "review": "identity.review",
    "queue": "identity.review",
}


def write(warehouse: Warehouse, path: Path, **params: object) -> dict[str, int]:
    """Build the key-value file from gold; return the documents by kind.

    `params` are those that the statements name: `run_id` and `generation`.

    Raises:
        KeyValueError: a kind does not hold what gold holds.
    """
    with KeyValueWriter.create(path) as writer:
        counts = {name: _stream(warehouse, writer, name, params) for name in DOCUMENTS}
    _verify(warehouse, path, counts)
    return counts


def _stream(
    warehouse: Warehouse, writer: KeyValueWriter, name: str, params: Mapping[str, object]
) -> int:
    statement = Statement.load("cdp.publish", name)
    writer.write(name, [])
    written = 0
    chosen = {param: params[param] for param in statement.params}
    for batch in batches(warehouse, statement, _BATCH, **chosen):
        *parts, documents = (column.to_list() for column in batch.get_columns())
        keys = ("\0".join(row).encode() for row in zip(*parts, strict=True))
        values = (document.encode() for document in documents)
        written += writer.write(name, list(zip(keys, values, strict=True)))
    return written


def _verify(warehouse: Warehouse, path: Path, counts: dict[str, int]) -> None:
    """Count the finished file as its readers will see it, against gold."""
    file = KeyValueFile(path)
    try:
        expected = counts | {name: warehouse.count(table) for name, table in _COUNTED.items()}
        for name, rows in expected.items():
            found = file.count(name)
            if found != rows:
                msg = f"{name}: {rows} expected, {found} in {path.name}"
                raise KeyValueError(msg)
    finally:
        file.close()
