"""The records that changed since a lookup was written, in a small file of their own.

Invariant: the lookup with its patch finds what a lookup written anew would find. A patch holds
every record that is new or other than in the file; blocks that are full stay out as they do there.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np

from cdp.identity.lookup import FULL, GONE, Records, add_block, add_records, blocks
from cdp.identity.lookup_file import ArrayWriter

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from cdp.identity.artefact import PartModel
    from cdp.identity.lookup import About


def write_patch(
    path: Path, columns: pl.DataFrame, part: PartModel, about: About, records: Records
) -> bool:
    """Write a patch of these normalised records to a new file, and return whether it will do.

    It will not where a block that is left out of the file for its size would not be full now.
    """
    ids = columns["record_id"].to_list()
    gone = np.sort([n for n in map(records.number_of, ids) if n is not None]).astype(np.uint32)
    full = np.stack([records.file.array(name) for name in FULL])
    leaving = full[:, np.isin(full[2], gone)]
    with path.open("wb") as file:
        writer = ArrayWriter(file)
        add_records(writer, columns, part)
        writer.add(GONE, [gone])
        for rule, (keys, owners) in enumerate(blocks(columns, part)):
            crowded, sizes = np.unique(full[1, full[0] == rule], return_counts=True)
            left = leaving[1, leaving[0] == rule]
            shrunk = np.unique(left)
            now = sizes[np.searchsorted(crowded, shrunk)]
            now = now - _times(left, shrunk) + _times(keys, shrunk)
            if (now < part.plan.block_cap).any():
                return False
            kept = np.isin(keys, crowded, invert=True)
            add_block(writer, rule, keys[kept], owners[kept])
        writer.finish(asdict(about))
    return True


def _times(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return how often each of the wanted keys is among the keys."""
    ordered = np.sort(keys)
    return ordered.searchsorted(wanted, "right") - ordered.searchsorted(wanted)
