"""The files of real time without one person's records, and what models know of their values.

A record keeps its number, by which others are counted; it is found by nothing any more and its
values are blanks.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from cdp.identity.lookup_file import ArrayFile, ArrayWriter
from cdp.identity.traits import keyed_hashes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from cdp.privacy.person import Person

_PAIRS: Final = re.compile(r"(rule-\d+|id)-key")
_FULL: Final = ("full-rule", "full-key", "full-record")
_BLANK: Final = b" "


def rewrite(source: Path, target: Path, records: Iterable[str]) -> int:
    """Write the file without these records to a new one; return how many there were."""
    file = ArrayFile(source)
    ends, values = file.array("ends"), file.array("values").copy()
    numbers = _numbers(values, ends, records)
    for number in numbers:
        values[ends[number] : ends[number + 1]] = ord(_BLANK)
    with target.open("wb") as out:
        writer = ArrayWriter(out)
        for name, array in _arrays(file, values, np.array(numbers, np.uint64)):
            writer.add(name, [array])
        writer.finish(file.about)
    return len(numbers)


def terms(home: Path, person: Person) -> dict[str, list[int]]:
    """Return the keyed hashes of the person's values, by the file of terms that may hold them.

    They are read from the lookups, which hold every value as models compare it.
    """
    key = home / "identity.key"
    found: dict[str, set[str]] = {}
    for path in sorted((home / "lookup").glob("*.bin")) if key.exists() else ():
        kind = path.name.partition("-")[0]
        for document in _documents(path, person.records):
            for column, value in document.items():
                texts = value if isinstance(value, list) else [value]
                found.setdefault(f"terms-{kind}-{column}", set()).update(map(str, texts))
    secret = key.read_bytes() if key.exists() else b""
    return {
        name: keyed_hashes(pl.Series(sorted(texts)), secret).to_list()
        for name, texts in sorted(found.items())
    }


def forget_terms(path: Path, hashes: list[int], records: int) -> tuple[pl.DataFrame, int] | None:
    """Return a file of terms without those that the person's records alone have, and how many.

    A term that more records have than the person has is somebody else's, too. None: there is
    nothing to forget.
    """
    frame = pl.read_parquet(path)
    if frame.is_empty() or set(frame.columns) != {"value", "share"}:
        return None
    one = frame["share"].min()
    mine = pl.col("value").is_in(pl.Series(hashes, dtype=pl.UInt64).implode())
    rare = pl.col("share") <= pl.lit(one) * (records + 0.5)
    kept = frame.filter(~(mine & rare))
    return (kept, len(frame) - len(kept)) if len(kept) < len(frame) else None


def _arrays(
    file: ArrayFile, values: np.ndarray, numbers: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    names = list(file.names())
    for name in names:
        if name == "values":
            yield name, values
        elif name in _FULL:
            yield name, file.array(name)[~np.isin(file.array("full-record"), numbers)]
        elif _PAIRS.fullmatch(name) or name.removesuffix("-record") + "-key" in names:
            owners = file.array(f"{name.removesuffix('-key').removesuffix('-record')}-record")
            yield name, file.array(name)[~np.isin(owners, numbers)]
        else:
            yield name, file.array(name)


def _numbers(values: np.ndarray, ends: np.ndarray, records: Iterable[str]) -> list[int]:
    """Return the numbers of the records that are in the file."""
    content = values.tobytes()
    found: set[int] = set()
    for record in records:
        needle = f'"record_id":{json.dumps(record, ensure_ascii=False)}'.encode()
        place = content.find(needle)
        while place >= 0:
            found.add(int(np.searchsorted(ends, place, "right")) - 1)
            place = content.find(needle, place + 1)
    return sorted(found)


def _documents(path: Path, records: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    file = ArrayFile(path)
    ends, values = file.array("ends"), file.array("values")
    for number in _numbers(values, ends, records):
        found: dict[str, Any] = json.loads(values[ends[number] : ends[number + 1]].tobytes())
        yield found
