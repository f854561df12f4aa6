"""The machine has the room and the memory that a run takes."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, Final

from cdp.checkup.finding import CHECKS, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cdp.checkup.finding import Place

_UNITS: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY: Final = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE: Final = re.compile(r"\s*([0-9.]+)\s*([KMGT]?)(i?)B?\s*", re.IGNORECASE)
_LEAST_FREE: Final = 1 << 30
_TIMES: Final = 2
"""A run may write the working file anew, and a generation beside it."""
_SHARE: Final = 0.8


def _look(place: Place) -> Iterator[Finding]:
    free = shutil.disk_usage(place.workspace.root).free
    working = place.workspace.home / "work.duckdb"
    needed = max(_LEAST_FREE, _TIMES * working.stat().st_size if working.exists() else 0)
    said = f"{free / 2**30:,.1f} GiB free, a run may take {needed / 2**30:,.1f}"
    well = free >= needed
    yield Finding("disk", "well" if well else "look", said if well else f"{said}; make room")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _bytes(place.settings.memory_limit)
    if limit is None:
        said = f"CDP_MEMORY_LIMIT={place.settings.memory_limit!r} is no size; write 4GB"
        yield Finding("memory", "broken", said)
    elif limit > _SHARE * memory:
        said = (
            f"DuckDB may use {place.settings.memory_limit} of {memory / 2**30:,.1f} GiB; "
            "lower CDP_MEMORY_LIMIT"
        )
        yield Finding("memory", "look", said)
    else:
        said = f"DuckDB may use {place.settings.memory_limit} of {memory / 2**30:,.1f} GiB"
        yield Finding("memory", "well", said)


def _bytes(text: str) -> float | None:
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    number, unit, binary = found.groups()
    units = _BINARY if binary else _UNITS
    try:
        return float(number) * units.get(unit.upper(), 1)
    except ValueError:
        return None


CHECKS.add("machine", _look)
