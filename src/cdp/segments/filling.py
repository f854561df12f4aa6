"""A compiled segment as a statement of the stage: it fills `step.segment_found`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cdp.model.tables import BY_NAME
from cdp.segments.scope import ACCOUNTS
from cdp.store import Statement
from cdp.store.bounded import limited

if TYPE_CHECKING:
    from datetime import datetime

    from cdp.segments.compiler import Compiled
    from cdp.stage import Key
    from cdp.store import Warehouse

LONGEST: Final = 600.0
"""Seconds that finding the members of one segment may take in a run."""


def statement_of(segment: Compiled) -> Statement:
    """Return the compiled segment as a statement that fills `step.segment_found`."""
    key: Key = "account_id" if segment.entity in ACCOUNTS else "profile_id"
    keyed = tuple(t for t in segment.tables if any(c.name == key for c in BY_NAME[t].columns))
    return Statement(
        name=f"segment {segment.name}",
        sql=segment.sql,
        grain="one member",
        key=key,
        reads=keyed,
        broadcast=tuple(table for table in segment.tables if table not in keyed),
        params=tuple(segment.values),
        writes="step.segment_found",
    )


def find(warehouse: Warehouse, segment: Compiled, statement: Statement, as_of: datetime) -> None:
    """Add the members that the statement of a segment gives to `step.segment_found`.

    Raises:
        TooLongError: it takes longer than any segment may.
    """
    with limited(warehouse.connection, LONGEST, f"segments/{segment.name}.yaml: the segment"):
        warehouse.append(statement, **segment.params(as_of))
