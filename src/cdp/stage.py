"""A step of the pipeline: the tables it reads, the tables it writes, how it runs.

Stages never call each other; they meet only in tables, and each table has one writer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cdp.settings import Declared, Workspace
    from cdp.store import Warehouse

Key = Literal["record_id", "profile_id", "account_id", "global"]


@dataclass(frozen=True, slots=True)
class Run:
    """Everything a stage may know of the world while it runs.

    Attributes:
        run_id: number of this run, counted from 1 in the workspace.
        as_of: the moment the run looks from (UTC); features and windows end here.
        started_at: wall clock when the run began (UTC); what arrives is stamped with it.
        seed: for whatever samples; the same seed gives the same bytes.
        warehouse: the private working file, inside an open transaction.
        workspace: the declared rules, already validated.
        retrain: learn the identity model anew instead of deciding by the frozen one.
        sources: the source instances that are asked for what is new; None: all of them.
        train: predictive scores whose models are to be trained anew, due or not.
        analyse: analyses that are to be made anew, instead of all that are declared.
    """

    run_id: int
    as_of: datetime
    started_at: datetime
    seed: int
    warehouse: Warehouse
    workspace: Workspace
    retrain: bool = False
    sources: frozenset[str] | None = None
    train: frozenset[str] = frozenset()
    analyse: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Report:
    """What a stage did.

    Attributes:
        counts: rows by name (`rows_in`, `accepted`, ...).
        notes: sentences for people.
        touched: by kind of key the step table that lists the keys whose rows may have changed,
            in a column named like the kind; read only after a run on a delta.
        refused: why no later stage may go on; what the stage wrote is kept.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    touched: Mapping[Key, str] = field(default_factory=dict)
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Delta:
    """What earlier stages touched since this one last finished under the same rules.

    The keys themselves are in `step.touched_<kind>` (one column named like the kind), a table
    for each kind of key, empty where nothing was touched.

    Attributes:
        since: the run in which the stage last finished; what later runs landed is new to it.
        keys: number of touched keys by kind.
    """

    since: int
    keys: Mapping[Key, int]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step.

    Attributes:
        name: as in `cdp run --from NAME`.
        reads: tables of earlier stages, `schema.table`.
        writes: tables only this stage writes.
        key: what its work is partitioned by.
        run: does the work inside the caller's transaction and reports.
        delta: does the same for what was touched alone, to the same outcome, row for row; returns
            None, having written nothing, where it cannot tell what a change reaches.
        config: workspace files whose change makes the stage run again.
        uses_as_of: whether the outcome depends on `Run.as_of`.
        state: topics of the state file it reads (`decision`, `consent`).
        check: raises ConfigError where those files do not go together; asked before a run begins.
        transactional: the pipeline wraps the work in one transaction; False only where the
            outcome is a file with a commit point of its own.
    """

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    key: Key
    run: Callable[[Run], Report]
    config: tuple[Declared[Any], ...] = ()
    uses_as_of: bool = False
    state: tuple[str, ...] = ()
    check: Callable[[Workspace], object] | None = None
    transactional: bool = True
    delta: Callable[[Run, Delta], Report | None] | None = None
