"""The stage review: the questions worth a steward's time, and the decisions that do not hold.

Two questions are asked: of two profiles that are apart, whether they are one (one question a
pair of profiles, however many pairs of records speak for it), and of one profile, whether it is
two (one question a profile, along its weakest merge). Each is weighed by what the linkage decided
by: the pooled log odds of the two sides; where they were never clustered together, by the mean
weight over all pairs of records between them. What stewards decided is never asked again while
the decision is in force.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement
from cdp.store.contradiction import contradictions, groups
from cdp.store.narrow import scoped
from cdp.store.state import State
from cdp.store.state_decisions import Decisions
from cdp.store.touching import share

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.store import Warehouse
    from cdp.store.state_decisions import DecidedPair

PACKAGE: Final = "cdp.review"
CLIP: Final = 11.5416
"""Bits at which one pair counts no more (8 nats): certain is certain."""
MISSING: Final = -5.7708
"""Bits of a pair that was not close enough to be kept (-4 nats, under 2 in 100)."""
LEAST: Final = 0.02
"""Uncertainty from which a question is asked: chances between 1 and 99 %."""
MOST: Final = 10_000
"""Questions kept, the most worthwhile first."""


_NEAR: Final = (
    "select record_id from step.touched_record_id union select record_id from identity.assignment "
    "where profile_id in (select profile_id from step.touched_profile_id)"
)
_OF_NEAR: Final = "in (select record_id from step.review_near)"
_OF_TOUCHED: Final = "in (select profile_id from step.touched_profile_id)"
_EDGE: Final = f"record_l {_OF_NEAR} or record_r {_OF_NEAR}"
_PAIR: Final = f"profile_l {_OF_TOUCHED} or profile_r {_OF_TOUCHED}"
_APART: Final = f"profile_id {_OF_TOUCHED} or other_id {_OF_TOUCHED}"
_JOINED: Final = f"profile_id {_OF_TOUCHED}"
_GIVEN: Final = {"floor": -CLIP, "ceiling": CLIP, "missing": MISSING}


def run(run: Run) -> Report:
    """Write the review queue and the conflicts.

    Raises:
        StateFileError: the decisions cannot be read.
    """
    warehouse = run.warehouse
    _put(warehouse, _decided(run))
    for name in ("review_tie", "review_apart", "review_joined"):
        statement = _sql(name)
        warehouse.make(statement, **_given(statement))
    return _asked(warehouse, warehouse.replace)


def delta(run: Run, _: Delta) -> Report | None:
    """Ask anew about touched profiles, and place every question; None: decisions came or went.

    A question hangs on both its sides: on their records and on what ties these to others, all of
    which touch the profiles.
    """
    warehouse = run.warehouse
    warehouse.keep("step.review_decided")
    _put(warehouse, _decided(run))
    if warehouse.digest("step.review_decided") != warehouse.digest("step.review_decided_before"):
        return None
    share(warehouse)
    warehouse.put("step.review_near", warehouse.query(_NEAR))
    for name, scope, stale in (
        ("review_tie", {"identity.edge": _EDGE}, f"{_EDGE} or {_PAIR}"),
        ("review_apart", {"step.review_tie": _PAIR}, _APART),
        ("review_joined", {"step.review_tie": _PAIR, "identity.assignment": _JOINED}, _JOINED),
    ):
        statement = _sql(name)
        warehouse.redo(scoped(statement, scope), stale, **_given(statement))
    return _asked(warehouse, warehouse.swap)


def _sql(name: str) -> Statement:
    return Statement.load(PACKAGE, name)


def _given(statement: Statement) -> dict[str, object]:
    return {name: _GIVEN[name] for name in statement.params}


def _decided(run: Run) -> list[DecidedPair]:
    with State.open(run.workspace.home) as state:
        return Decisions(state).in_force()


def _asked(warehouse: Warehouse, write: Callable[..., int]) -> Report:
    write(_sql("review"), least=LEAST, most=MOST)
    write(_sql("conflict"))
    return _report(warehouse)


def _put(warehouse: Warehouse, decided: list[DecidedPair]) -> None:
    """Make the decisions tables: `step.review_decided`, `_group` and `_contradiction`."""
    pair = {"record_l": pl.String(), "record_r": pl.String()}
    rows = [(d.record_l, d.record_r, d.decision_id, d.verdict) for d in decided]
    schema = {**pair, "decision_id": pl.Int64(), "verdict": pl.String()}
    warehouse.put("step.review_decided", pl.DataFrame(rows, schema=schema, orient="row"))
    units = pl.DataFrame(
        list(groups(decided).items()),
        schema={"record_id": pl.String(), "unit": pl.String()},
        orient="row",
    )
    warehouse.put("step.review_group", units)
    found = [(c.record_l, c.record_r, c.cannot, list(c.decisions)) for c in contradictions(decided)]
    shape = {**pair, "decision_id": pl.Int64(), "decisions": pl.List(pl.Int64())}
    warehouse.put("step.review_contradiction", pl.DataFrame(found, schema=shape, orient="row"))


def _report(warehouse: Warehouse) -> Report:
    asked = dict(
        warehouse.query(
            "select direction, count(*) as items from identity.review group by direction "
            "order by direction"
        ).iter_rows()
    )
    conflicts = warehouse.query(
        "select reason, count(*) as pairs, list_sort(list_distinct(flatten(list(decisions)))) "
        "as decisions from identity.conflict group by reason order by reason"
    ).to_dicts()
    counts = {
        "perhaps_one": asked.get("apart", 0),
        "perhaps_two": asked.get("joined", 0),
        "conflicts": sum(row["pairs"] for row in conflicts if row["reason"] != "vanished"),
        "decisions_waiting": sum(row["pairs"] for row in conflicts if row["reason"] == "vanished"),
    }
    return Report(counts, tuple(_note(**row) for row in conflicts))


def _note(reason: str, pairs: int, decisions: list[int]) -> str:
    numbers = ", ".join(str(number) for number in decisions[:5])
    said = f"decisions {numbers}{' and more' if len(decisions) > 5 else ''}"  # noqa: PLR2004
    words = {
        "contradicted": f"{said} contradict each other over {pairs} pairs of records; they were "
        "kept apart: undo one of the decisions (`cdp review log`)",
        "vanished": f"{said} name records that are not delivered any more ({pairs} pairs); they "
        "are kept and hold again when the records return",
        "not_kept": f"{said} could not be kept for {pairs} pairs of records: a person and an "
        "organisation, or two devices, are never one",
    }
    return words[reason]


STAGE: Final = Stage(
    name="review",
    reads=("identity.edge", "identity.assignment", "gold.order", "gold.consent"),
    writes=("identity.review", "identity.conflict"),
    key="global",
    run=run,
    state=("decision",),
    delta=delta,
)
