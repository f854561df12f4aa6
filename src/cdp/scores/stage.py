"""Every declared score of every profile it is for, with the points that made it.

Invariant: gold.score holds exactly the scores declared now; the points in an explanation add
up to the value.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from cdp.scores.definition import SCORES
from cdp.scores.method import METHODS, Method, ScoreDefinition
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement
from cdp.store.narrow import among
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_POINT = pl.Schema(
    {
        "profile_id": pl.String(),
        "score": pl.String(),
        "because": pl.String(),
        "points": pl.Decimal(18, 2),
    }
)
_DEFINITION = pl.Schema({"score": pl.String(), "method": pl.String(), "version": pl.String()})
_BAND = pl.Schema({"score": pl.String(), "band": pl.String(), "at_least": pl.Float64()})


def run(run: Run) -> Report:
    """Replace gold.score by every declared score as of `run.as_of`."""
    declared = _declared(run)
    run.warehouse.put("step.score_point", pl.DataFrame(schema=_POINT))
    for method, mine in _by_method(declared):
        method.compute(run, mine)
    _describe(run, declared)
    run.warehouse.replace(Statement.load("cdp.scores", "score"), as_of=run.as_of)
    return Report(_counts(run, declared), _notes(run, declared))


def delta(run: Run, _: Delta) -> Report | None:
    """Bring the scores of touched profiles up to date, and of those whom a change reaches.

    None where a method cannot tell whom it reaches.
    """
    warehouse, declared = run.warehouse, _declared(run)
    share(warehouse)
    again = []
    for method, mine in _by_method(declared):
        if method.reach is None or method.again is None or not method.reach(run, mine):
            return None
        again.append(partial(method.again, run, mine))
    share(warehouse)
    warehouse.connection.execute(f"delete from step.score_point where {among('profile_id')}")  # noqa: S608
    for add_points in again:
        add_points()
    _describe(run, declared)
    warehouse.refresh(Statement.load("cdp.scores", "score"), as_of=run.as_of)
    return Report(_counts(run, declared), _notes(run, declared), PARTIES)


def _declared(run: Run) -> dict[str, ScoreDefinition]:
    return {name: file.root for name, file in run.workspace.many(SCORES).items()}


def _by_method(
    declared: Mapping[str, ScoreDefinition],
) -> Iterator[tuple[Method[Any], dict[str, ScoreDefinition]]]:
    for name in sorted({definition.method for definition in declared.values()}):
        yield METHODS.get(name), {n: d for n, d in declared.items() if d.method == name}


def _describe(run: Run, declared: Mapping[str, ScoreDefinition]) -> None:
    definitions = [(name, d.method, d.version()) for name, d in declared.items()]
    bands = [(name, band, low) for name, d in declared.items() for band, low in d.bands.items()]
    run.warehouse.put(
        "step.score_definition", pl.DataFrame(definitions, schema=_DEFINITION, orient="row")
    )
    run.warehouse.put("step.score_band", pl.DataFrame(bands, schema=_BAND, orient="row"))


def _counts(run: Run, declared: Mapping[str, ScoreDefinition]) -> dict[str, int]:
    return {"definitions": len(declared), "scores": run.warehouse.count("gold.score")}


def _notes(run: Run, declared: Mapping[str, ScoreDefinition]) -> tuple[str, ...]:
    """Return one sentence for each score: how many have it, and how they fall into bands."""
    rows = run.warehouse.query(
        "select score, coalesce(band, 'no band') as band, count(*) as profiles "
        "from gold.score group by score, band order by score, profiles desc, band"
    ).rows()
    return tuple(
        f"{name}: " + (", ".join(f"{n:,} {band}" for s, band, n in rows if s == name) or "nobody")
        for name in declared
    )


STAGE = Stage(
    name="scores",
    reads=("gold.feature", "gold.interaction", "gold.order"),
    writes=("gold.score",),
    key="profile_id",
    run=run,
    delta=delta,
    config=(SCORES,),
    uses_as_of=True,
)
