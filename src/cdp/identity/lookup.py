"""What real time looks records up in: their comparable values, and the blocks they are in.

One array file per party type, made from the normalised records and a frozen part of a model, and
from nothing else. A rule of the blocking plan is a sorted array of keys (`lookup_keys`) with the
record numbers beside it; blocks that are full stay out, as they do in the batch. A record is a
JSON object of the columns that are compared.

Personal data: the values of every record are in the file, as they are compared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import polars as pl

from cdp.identity.facets import variants
from cdp.identity.lookup_file import ArrayFile, ArrayWriter
from cdp.identity.lookup_keys import KeyColumns, RecordKeys, value_number, value_numbers
from cdp.identity.scorer import compared_columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cdp.identity.artefact import PartModel, PartyType
    from cdp.identity.blocking import BlockingPlan
    from cdp.identity.comparisons import Comparison

CHUNK: Final = 100_000
NULLS: Final = r'"[a-z][a-z0-9_]*":null,?'
RECORD_ID: Final = "record_id"
FULL: Final = ("full-rule", "full-key", "full-record")
"""Who is in the blocks that are left out, sorted by record; only patches are made of it."""
GONE: Final = "gone"
"""Of a patch: the numbers of the file's records that it stands for."""


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
        add_records(writer, columns, part)
        full = [np.zeros((3, 0), np.uint64)]
        for number, (keys, records) in enumerate(blocks(columns, part)):
            sizes = _sizes(keys)
            kept = sizes < part.plan.block_cap
            add_block(writer, number, keys[kept], records[kept])
            rules = np.full(int((~kept).sum()), number, np.uint64)
            full.append(np.stack([rules, keys[~kept], records[~kept].astype(np.uint64)]))
        entries = np.concatenate(full, axis=1)
        entries = entries[:, np.argsort(entries[2], kind="stable")]
        for name, column in zip(FULL, entries, strict=True):
            writer.add(name, [column])
        writer.finish(asdict(about))


def add_records(writer: ArrayWriter, columns: pl.DataFrame, part: PartModel) -> None:
    """Write the values of the records and the index of their ids."""
    texts = _texts(columns, part.latent.comparisons)
    sizes = [np.zeros(1, np.int64), texts.str.len_bytes().to_numpy().astype(np.int64)]
    writer.add("ends", [np.cumsum(np.concatenate(sizes))])
    writer.add("values", _bytes(texts))
    ids = value_numbers(columns[RECORD_ID])
    order = np.argsort(ids, kind="stable")
    writer.add("id-key", [ids[order]])
    writer.add("id-record", [order.astype(np.uint32)])


def blocks(columns: pl.DataFrame, part: PartModel) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, rule by rule, (key, record) of every record in every block, sorted, each pair once."""
    rows = columns.drop(RECORD_ID)
    blocked = pl.concat([rows, variants(rows)])
    owners = blocked["unique_id"].to_numpy()
    keyed = KeyColumns(blocked, value_numbers)
    for rule in part.plan.rules:
        keys, found = keyed.keys(rule.columns)
        yield _ordered(keys, owners[found])


def _ordered(keys: np.ndarray, records: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return these pairs by key, then record, each once."""
    size = int(records.max(initial=0)) + 1
    order = np.argsort(keys)
    keys = keys[order]
    block = np.cumsum(_differs(keys)) * size
    pairs = np.sort(block + records[order])
    is_new = _differs(pairs)
    return keys[is_new], pairs[is_new] % size


def _differs(ordered: np.ndarray) -> np.ndarray:
    """Return where a value is another than the one before."""
    return np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]


def add_block(writer: ArrayWriter, rule: int, keys: np.ndarray, records: np.ndarray) -> None:
    """Write the blocks of a rule."""
    writer.add(f"rule-{rule}-key", [keys])
    writer.add(f"rule-{rule}-record", [records.astype(np.uint32)])


def _sizes(keys: np.ndarray) -> np.ndarray:
    """Return for each of these sorted keys how often it is there."""
    starts = np.flatnonzero(_differs(keys))
    sizes = np.diff(np.append(starts, len(keys)))
    return np.repeat(sizes, sizes)


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


def about(path: Path) -> About:
    """Return what a lookup was made for.

    Raises:
        StateError: the file is missing or damaged.
    """
    return About(**ArrayFile(path).about)


class Records:
    """The records of one file, found by their blocking keys or ids."""

    def __init__(self, path: Path, rules: int, comparisons: Sequence[Comparison]) -> None:
        """Map a file with the blocks of so many rules.

        Raises:
            StateError: the file is missing or damaged.
        """
        self.file = ArrayFile(path)
        # views are read without numpy, whose calls cost more than what is read here
        self._ends = self.file.array("ends").data
        self._values = self.file.array("values").data
        self._decoder = msgspec.json.Decoder(value_type(comparisons))
        self._ids = self.file.array("id-key"), self.file.array("id-record")
        self.rules = [
            (self.file.array(f"rule-{n}-key").data, self.file.array(f"rule-{n}-record").data)
            for n in range(rules)
        ]

    def __len__(self) -> int:
        return len(self._ends) - 1

    def values(self, number: int) -> Any:  # noqa: ANN401 - columns are those of the model
        """Return the values of a record as attributes."""
        start, end = self._ends[number], self._ends[number + 1]
        return self._decoder.decode(self._values[start:end])

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

    def block(self, rule: int, key: int) -> memoryview:
        """Return the numbers of the records that have this key of a rule."""
        keys, records = self.rules[rule]
        start = bisect_left(keys, key)
        return records[start : bisect_right(keys, key, start)]


class Lookup:
    """The records of one party type: those of a file, and those that changed since.

    A record of the patch (`lookup_patch`) is numbered after all of the file; what stands there in
    its place is not found any more.
    """

    def __init__(
        self,
        path: Path,
        plan: BlockingPlan,
        comparisons: Sequence[Comparison],
        patch: Path | None = None,
    ) -> None:
        """Map a lookup that `write_lookup` made for this plan and these comparisons.

        Raises:
            StateError: a file is missing or damaged.
        """
        self._plan = plan
        self._records = Records(path, len(plan.rules), comparisons)
        self._newer = Records(patch, len(plan.rules), comparisons) if patch else None
        self._first = len(self._records)
        self._gone = frozenset(self._newer.file.array(GONE).tolist() if self._newer else ())

    def __len__(self) -> int:
        return self._first - len(self._gone) + (len(self._newer) if self._newer else 0)

    def values(self, number: int) -> Any:  # noqa: ANN401 - columns are those of the model
        """Return the values of a record as attributes."""
        if self._newer is not None and number >= self._first:
            return self._newer.values(number - self._first)
        return self._records.values(number)

    def number_of(self, record_id: str) -> int | None:
        """Return the number of a record, None for one that is not here."""
        newer = self._newer.number_of(record_id) if self._newer else None
        return self._records.number_of(record_id) if newer is None else self._first + newer

    def candidates(self, rows: Sequence[Mapping[str, Any]]) -> tuple[np.ndarray, int]:
        """Return the numbers, ascending, of the records in the blocks of one incoming record.

        `rows` show the values of the record in turn: its main ones, then further ones. The second
        number says by how many rules they were searched.
        """
        keyed = RecordKeys(rows)
        keys = [(n, keyed.keys(rule.columns)) for n, rule in enumerate(self._plan.rules)]
        found: set[int] = set()
        for rule, mine in keys:
            for key in mine:
                found.update(self._block(rule, key))
        numbers = np.fromiter(sorted(found), np.uint32, len(found))
        return numbers, sum(bool(mine) for _, mine in keys)

    def _block(self, rule: int, key: int) -> Iterable[int]:
        found = self._records.block(rule, key)
        if self._newer is None:
            return found
        kept = [number for number in found if number not in self._gone]
        both = [*kept, *(self._first + number for number in self._newer.block(rule, key))]
        return both if len(both) < self._plan.block_cap else ()


def value_type(comparisons: Sequence[Comparison]) -> type[msgspec.Struct]:
    """Return the type of a record's values: its id and the compared columns, None by default."""
    fields: list[tuple[str, Any, Any]] = [(RECORD_ID, str | None, None)]
    fields += [(name, Any, None) for name in compared_columns(comparisons)]
    return msgspec.defstruct("Values", fields, gc=False)
