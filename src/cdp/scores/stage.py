"""Every declared score of every profile it is for, with the points that made it.

Invariant: gold.score holds exactly the scores declared now; the points in an explanation add
up to the value. Where a model may not tell a value there is none, and RFM stands in.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from cdp.scores import standings
from cdp.scores.definition import SCORES
from cdp.scores.method import METHODS, Method, ScoreDefinition, Standing
from cdp.settings.money import MONEY
from cdp.stage import Delta, Report, Run, Stage
from cdp.store import Statement, restricted
from cdp.store.narrow import among
from cdp.store.touching import PARTIES, share

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cdp.store import Warehouse

    Declarations = Mapping[str, ScoreDefinition]

_POINT = pl.Schema(
    {
        "profile_id": pl.String(),
        "score": pl.String(),
        "because": pl.String(),
        "points": pl.Decimal(18, 6),
    }
)
_DETAIL = pl.Schema(
    {
        "profile_id": pl.String(),
        "score": pl.String(),
        "decile": pl.Int32(),
        "detail": pl.String(),
    }
)
_DEFINITION = pl.Schema(
    {
        "score": pl.String(),
        "method": pl.String(),
        "version": pl.String(),
        "status": pl.String(),
        "reasons": pl.List(pl.String()),
        "model_version": pl.String(),
        "trained_at": pl.Datetime("us"),
    }
)
_BAND = pl.Schema({"score": pl.String(), "band": pl.String(), "at_least": pl.Float64()})


def run(run: Run) -> Report:
    """Replace gold.score by every declared score as of `run.as_of`."""
    warehouse, declared = run.warehouse, _declared(run)
    warehouse.put("step.score_point", pl.DataFrame(schema=_POINT))
    warehouse.put("step.score_detail", pl.DataFrame(schema=_DETAIL))
    judged: dict[str, Standing] = {}
    for judge in {method.judge for method, _ in _by_method(declared) if method.judge is not None}:
        judged |= judge(run, _judged_by(judge, declared))
    for method, mine in _by_method(standings.told(declared, judged)):
        method.compute(run, mine)
    restricted.remember(warehouse, run.workspace.home, "score")
    _keep_out(run)
    _describe(run, declared, judged)
    warehouse.replace(_sql("score"), as_of=run.as_of)
    warehouse.put("gold.score_model", standings.table(warehouse, declared, judged))
    return Report(_counts(warehouse, declared), _notes(warehouse, declared, judged))


def delta(run: Run, _: Delta) -> Report | None:
    """Bring the scores of touched profiles up to date, and of those whom a change reaches.

    None where a method cannot tell whom it reaches, or a model is another than before.
    """
    warehouse, declared = run.warehouse, _declared(run)
    judged = standings.kept(warehouse)
    restricted.note(warehouse, run.workspace.home, "score")
    share(warehouse)
    again = _reached(run, declared, judged)
    if again is None:
        return None
    share(warehouse)
    for table in ("step.score_point", "step.score_detail"):
        warehouse.connection.execute(f"delete from {table} where {among('profile_id')}")  # noqa: S608
    for add_points in again:
        add_points()
    _keep_out(run)
    _describe(run, declared, judged)
    warehouse.refresh(_sql("score"), as_of=run.as_of)
    with warehouse.renewing("gold.score_model", "true"):
        warehouse.put("gold.score_model", standings.table(warehouse, declared, judged))
    return Report(_counts(warehouse, declared), _notes(warehouse, declared, judged), PARTIES)


def _reached(
    run: Run, declared: Declarations, judged: Mapping[str, Standing]
) -> list[partial[None]] | None:
    """Touch whom a change reaches; return what computes them anew, None where nobody can tell."""
    for method, mine in _by_method(declared):
        if method.judge is not None and not (
            method.holds is not None and method.holds(run, mine, judged)
        ):
            return None
    again = []
    for method, mine in _by_method(standings.told(declared, judged)):
        if method.reach is None or method.again is None or not method.reach(run, mine):
            return None
        again.append(partial(method.again, run, mine))
    return again


def _sql(name: str) -> Statement:
    return Statement.load("cdp.scores", name)


def _declared(run: Run) -> dict[str, ScoreDefinition]:
    return {name: file.root for name, file in run.workspace.many(SCORES).items()}


def _by_method(declared: Declarations) -> Iterator[tuple[Method[Any], dict[str, ScoreDefinition]]]:
    for name in sorted({definition.method for definition in declared.values()}):
        yield METHODS.get(name), {n: d for n, d in declared.items() if d.method == name}


def _judged_by(judge: object, declared: Declarations) -> dict[str, ScoreDefinition]:
    return {n: d for n, d in declared.items() if METHODS.get(d.method).judge is judge}


def _keep_out(run: Run) -> None:
    for table in ("step.score_point", "step.score_detail"):
        restricted.keep_out(run.warehouse, run.workspace.home, table)


def _describe(run: Run, declared: Declarations, judged: Mapping[str, Standing]) -> None:
    definitions = [
        (name, d.method, d.version(), *standings.described(judged.get(name)))
        for name, d in declared.items()
    ]
    bands = [(name, band, low) for name, d in declared.items() for band, low in d.bands.items()]
    run.warehouse.put(
        "step.score_definition", pl.DataFrame(definitions, schema=_DEFINITION, orient="row")
    )
    run.warehouse.put("step.score_band", pl.DataFrame(bands, schema=_BAND, orient="row"))


def _counts(warehouse: Warehouse, declared: Declarations) -> dict[str, int]:
    return {"definitions": len(declared), "scores": warehouse.count("gold.score")}


def _notes(
    warehouse: Warehouse, declared: Declarations, judged: Mapping[str, Standing]
) -> tuple[str, ...]:
    """Return how many have each score and in which bands, and what its model may say."""
    rows = warehouse.query(
        "select score, coalesce(band, if(value is null, 'without a value', 'no band')) as shown, "
        "count(*) as profiles from gold.score group by score, shown "
        "order by score, profiles desc, shown"
    ).rows()
    told = []
    for name in declared:
        found = ", ".join(f"{n:,} {shown}" for score, shown, n in rows if score == name)
        told.append(f"{name}: {found or 'nobody'}")
        if name in judged:
            told += [f"{name}: {note}" for note in judged[name].notes]
    return tuple(told)


STAGE = Stage(
    name="scores",
    reads=(
        "gold.account",
        "gold.feature",
        "gold.interaction",
        "gold.order",
        "gold.profile",
        "gold.relationship",
    ),
    writes=("gold.score", "gold.score_model"),
    key="profile_id",
    run=run,
    delta=delta,
    config=(SCORES, MONEY),
    uses_as_of=True,
    state=(restricted.TOPIC,),
)
