"""What the stage remembers of its last work: the definitions and the moments they were seen at.

A definition made through the API may change between runs while nothing else does: who is in such
a segment is found anew as a whole, also in a run on a delta.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.segments.known import digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cdp.segments.compiler import Compiled
    from cdp.stage import Run

_TABLE: Final = "step.segment_memory"
_SCHEMA: Final = pl.Schema(
    {
        "segment": pl.String(),
        "digest": pl.String(),
        "run_id": pl.Int64(),
        "as_of": pl.Datetime("us"),
        "heard": pl.Datetime("us"),
    }
)
_IS_THERE: Final = (
    "select count(*) from duckdb_tables() where schema_name || '.' || table_name = $table"
)


@dataclass(frozen=True, slots=True)
class Memory:
    """The last work of the stage.

    Attributes:
        digests: hash of each definition, by name of the segment; None: nothing is remembered.
        run_id: the run it was; 0 where none is remembered.
        as_of: the moment that run looked from; None where none is remembered.
        heard: when that run began.
    """

    digests: Mapping[str, str] | None
    run_id: int
    as_of: datetime | None
    heard: datetime | None

    @staticmethod
    def read(run: Run) -> Memory:
        """Return what is remembered."""
        if not run.warehouse.query(_IS_THERE, table=_TABLE).item():
            return Memory(None, 0, None, None)
        rows = run.warehouse.query(f"select * from {_TABLE} order by segment").rows()  # noqa: S608
        digests = {name: digest for name, digest, *_ in rows if name}
        return Memory(digests, *(rows[0][2:] if rows else (0, None, None)))

    @staticmethod
    def keep(run: Run, segments: Mapping[str, Compiled]) -> None:
        """Remember this work for the next."""
        moments = [_plain(run.as_of), _plain(run.started_at)]
        # one row of no segment, so that the moments are kept where there is none
        digests = {"": ""} | {name: digest_of(one) for name, one in segments.items()}
        rows = [[name, digest, run.run_id, *moments] for name, digest in sorted(digests.items())]
        run.warehouse.put(_TABLE, pl.DataFrame(rows, _SCHEMA, orient="row"))

    def changed(self, segments: Mapping[str, Compiled], *, is_first: bool) -> list[str]:
        """Return the segments whose definition is another than it was, or is gone, by name."""
        if self.digests is None:
            return sorted(segments) if is_first else []
        now = {name: digest_of(one) for name, one in segments.items()}
        names = sorted({*now, *self.digests})
        return [name for name in names if now.get(name) != self.digests.get(name)]


def _plain(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
