"""What real time looks records up in: their comparable values, and the blocks they are in.

One array file per party type, made from the normalised records and a frozen part of a model, and
from nothing else. A rule of the blocking plan is a sorted array of keys (`lookup_keys`) with the
record numbers beside it; blocks that are full stay out, as they do in the batch. A record is a
JSON object of the columns that are compared.

Personal data: the values of every record are in the file, as they are compared.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import polars as pl

from cdp.identity.facets import variants
from cdp.identity.lookup_file import ArrayFile, ArrayWriter
from cdp.identity.lookup_keys import KeyColumns, RecordKeys, value_number, value_numbers
from cdp.identity.scorer import compared_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from cdp.identity.artefact import PartModel, PartyType
    from cdp.identity.blocking import BlockingPlan
    from cdp.identity.comparisons import Comparison

CHUNK: Final = 100_000
NULLS: Final = r'"[a-z][a-z0-9_]*":null,?'
RECORD_ID: Final = "record_id"


@dataclass(frozen=True, slots=True)
class About:
    """What a lookup was made for."""

    party_type: PartyType
    model: str
    records: int


def write_lookup(path: Path, columns: pl.DataFrame, part: PartModel, about: About) -> None:
    """Write the lookup of normalised records, sorted by `unique_id` from 0, to a new file."""
    with path.open("wb") as file:
        writer = ArrayWriter(file)
        texts = _texts(columns, part.latent.comparisons)
        sizes = [np.zeros(1, np.int64), texts.str.len_bytes().to_numpy().astype(np.int64)]
        writer.add("ends", [np.cumsum(np.concatenate(sizes))])
        writer.add("values", _bytes(texts))
        del texts
        ids = value_numbers(columns[RECORD_ID])
        _add_sorted(writer, "id", ids, np.arange(len(ids)))
        rows = columns.drop(RECORD_ID)
        blocked = pl.concat([rows, variants(rows)])
        owners = blocked["unique_id"].to_numpy()
        keyed = KeyColumns(blocked)
        for number, rule in enumerate(part.plan.rules):
            keys, found = keyed.keys(rule.columns)
            _add_blocks(writer, f"rule-{number}", keys, owners[found], part.plan.block_cap)
        writer.finish(asdict(about))


def _texts(columns: pl.DataFrame, comparisons: Sequence[Comparison]) -> pl.Series:
    """Return each record's compared columns and id as a JSON object without nulls."""
    names = (RECORD_ID, *compared_columns(comparisons))
    encoded = columns.select(names).select(pl.struct(pl.all()).struct.json_encode().alias("text"))
    plain = pl.col("text").str.replace_all(NULLS, "").str.replace_all(",}", "}", literal=True)
    return encoded.select(plain)["text"]


def _bytes(texts: pl.Series) -> Iterator[np.ndarray]:
    yield np.zeros(0, np.uint8)
    for start in range(0, len(texts), CHUNK):
        joined = "".join(texts.slice(start, CHUNK).to_list()).encode()
        yield np.frombuffer(joined, np.uint8)


def _add_sorted(writer: ArrayWriter, name: str, keys: np.ndarray, records: np.ndarray) -> None:
    order = np.lexsort((records, keys))
    writer.add(f"{name}-key", [keys[order]])
    writer.add(f"{name}-record", [records[order].astype(np.uint32)])


def _add_blocks(
    writer: ArrayWriter, name: str, keys: np.ndarray, records: np.ndarray, cap: int
) -> None:
    """Write a rule's blocks, each record once in a block, those that are full left out."""
    order = np.lexsort((records, keys))
    keys, records = keys[order], records[order]
    is_new = np.append(True, (keys[1:] != keys[:-1]) | (records[1:] != records[:-1]))[: len(keys)]
    keys, records = keys[is_new], records[is_new]
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    sizes = np.diff(np.append(starts, len(keys)))
    kept = np.repeat(sizes < cap, sizes)
    writer.add(f"{name}-key", [keys[kept]])
    writer.add(f"{name}-record", [records[kept].astype(np.uint32)])


def about(path: Path) -> About:
    """Return what a lookup was made for.

    Raises:
        StateError: the file is missing or damaged.
    """
    return About(**ArrayFile(path).about)


class Lookup:
    """The records of one party type, found by their blocking keys or ids."""

    def __init__(self, path: Path, plan: BlockingPlan, comparisons: Sequence[Comparison]) -> None:
        """Map a lookup that `write_lookup` made for this plan and these comparisons.

        Raises:
            StateError: the file is missing or damaged.
        """
        file = ArrayFile(path)
        self._ends = file.array("ends")
        self._values = file.array("values")
        self._decoder = msgspec.json.Decoder(value_type(comparisons))
        self._ids = file.array("id-key"), file.array("id-record")
        self._rules = [
            (rule.columns, file.array(f"rule-{n}-key"), file.array(f"rule-{n}-record"))
            for n, rule in enumerate(plan.rules)
        ]

    def __len__(self) -> int:
        return len(self._ends) - 1

    def values(self, number: int) -> Any:  # noqa: ANN401 - columns are those of the model
        """Return the values of a record as attributes."""
        start, end = self._ends[number], self._ends[number + 1]
        return self._decoder.decode(self._values[start:end].data)

    def number_of(self, record_id: str) -> int | None:
        """Return the number of a record, None for one that is not here."""
        keys, records = self._ids
        key = np.uint64(value_number(record_id))
        for place in range(int(keys.searchsorted(key)), len(keys)):
            if keys[place] != key:
                break
            number = int(records[place])
            if self.values(number).record_id == record_id:
                return number
        return None

    def candidates(self, rows: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, int]:
        """Return the numbers, ascending, of the records in the blocks of one incoming record.

        `rows` show the values of the record in turn: its main ones, then further ones. The second
        number says by how many rules they were searched.
        """
        keyed = RecordKeys(rows)
        found = [
            _block(keys, records, np.fromiter(mine, np.uint64, len(mine)))
            for columns, keys, records in self._rules
            if (mine := keyed.keys(columns))
        ]
        parts = list(chain.from_iterable(found))
        numbers = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.uint32)
        return numbers, len(found)


def _block(keys: np.ndarray, records: np.ndarray, mine: np.ndarray) -> Iterator[np.ndarray]:
    starts, ends = keys.searchsorted(mine), keys.searchsorted(mine, "right")
    for start, end in zip(starts, ends, strict=True):
        if start < end:
            yield records[start:end]


def value_type(comparisons: Sequence[Comparison]) -> type[msgspec.Struct]:
    """Return the type of a record's values: its id and the compared columns, None by default."""
    fields: list[tuple[str, Any, Any]] = [(RECORD_ID, str | None, None)]
    fields += [(name, Any, None) for name in compared_columns(comparisons)]
    return msgspec.defstruct("Values", fields, gc=False)
