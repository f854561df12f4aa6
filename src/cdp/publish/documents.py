"""The key-value file built from gold: one statement a database, streamed in key order.

The rows are read from the gold file of the draft, where they lie in the order of their owners
already: to sort them takes a third of what it takes to sort those of the working file.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from cdp.publish.gathering import items
from cdp.publish.gold import GOLD_NAMES
from cdp.publish.layout import DOCUMENTS
from cdp.store import Statement, goldpatch
from cdp.store.keyvalue import KeyValueError, KeyValueFile, KeyValueWriter
from cdp.store.stream import batches

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cdp.publish.packed_blocks import Packed
    from cdp.store import Warehouse

_BATCH = 50_000
_COUNTED = {
    "profile": "gold.profile",
    "account": "gold.account",
    "member": "gold.segment_member",
    "run": "ops.run",
    "review": "identity.review",
    "queue": "identity.review",
}


def write(
    warehouse: Warehouse, path: Path, blocks: Mapping[str, Packed], **params: object
) -> dict[str, int]:
    """Build the key-value file from the attached gold file; return its items by kind.

    `blocks` are those that the workspace declares, by database; `params` are what the statements
    name: `run_id` and `generation`.

    Raises:
        KeyValueError: a kind does not hold what gold holds.
    """
    with KeyValueWriter.create(path) as writer:
        counts = {
            name: _stream(warehouse, writer, name, statement, params)
            for name, statement in every(blocks).items()
        }
    _verify(warehouse, path, counts)
    return counts


def statement_of(name: str) -> Statement:
    """Return the statement whose rows become the items of a database."""
    return Statement.load("cdp.publish", name)


def every(blocks: Mapping[str, Packed]) -> dict[str, Statement]:
    """Return the statement of each database: those of the house, then those of declared blocks."""
    own = {name: statement_of(name) for name in DOCUMENTS}
    return own | {name: block.statement for name, block in blocks.items()}


def _stream(
    warehouse: Warehouse,
    writer: KeyValueWriter,
    name: str,
    declared: Statement,
    params: Mapping[str, object],
) -> int:
    statement = goldpatch.inside(declared, GOLD_NAMES)
    chosen = {param: params[param] for param in statement.params}
    writer.write(name, [])
    with closing(batches(warehouse, statement, _BATCH, **chosen)) as rows:
        return sum(writer.write(name, found) for found in items(name, rows))


def expected(warehouse: Warehouse) -> dict[str, int]:
    """Return the items that the databases counted by a table must hold."""
    return {name: warehouse.count(table) for name, table in _COUNTED.items()}


def _verify(warehouse: Warehouse, path: Path, counts: dict[str, int]) -> None:
    """Count the finished file as its readers will see it, against gold."""
    file = KeyValueFile(path)
    try:
        for name, rows in (counts | expected(warehouse)).items():
            found = file.count(name)
            if found != rows:
                msg = f"{name}: {rows} expected, {found} in {path.name}"
                raise KeyValueError(msg)
    finally:
        file.close()
