"""Lookalike audiences: who is most like the members of a segment, and is not one of them.

Said is how many times more seeds than by chance are among them, from a trial with hidden seeds; a
probability would have to know who of the others is one, and nobody does. Columns that the
segment is defined by are not looked at: they would find the definition, and nobody it misses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from pydantic import Field
from sqlglot import exp, parse_one

from cdp.analyses.analysis import KINDS, Analysis, AnalysisDefinition, Finding
from cdp.analyses.likeness import FOLDS, SHARES, Trial, given_away, percentile, ranker, trials
from cdp.errors import UnknownNameError
from cdp.segments.compiler import compiled
from cdp.segments.known import files, scores_of
from cdp.store import Statement, restricted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cdp.segments.definition import SegmentFile
    from cdp.settings import Workspace
    from cdp.stage import Run
    from cdp.store import Warehouse

    Numbers = NDArray[np.float64]

LEAST_SEEDS: Final = 50
"""Below it learning is no better than nearness to the mean seed, or to the nearest ones."""
LEAST_OTHERS: Final = 500
"""Below it the best hundredth is under five, which no trial can tell from luck."""
SAMPLE: Final = 20_000
"""Seeds, and others, that are learned from; more cost memory and hardly change the order."""
BATCH: Final = 50_000
"""About so many profiles are ranked at a time."""
_TELLING: Final = 0.1
"""The share at which the model must find more hidden seeds than chance, to 95 %."""
_VALUES: Final = 10
"""Values of a text column that are looked at, the most frequent ones."""
_LIKE: Final = "gold.analysis_lookalike"
_TRIAL: Final = "gold.analysis_lookalike_trial"
_ALL: Final = "temp.analysis_likeness"
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "purchases": (
        *("orders", "orders_365d", "revenue", "revenue_365d", "average_basket"),
        *("recency_days", "tenure_days"),
    ),
    "carts": ("open_carts",),
    "interactions": (
        *("interactions_30d", "interactions_90d", "emails_opened_90d", "emails_clicked_90d"),
        *("web_views_30d", "interaction_recency_days", "preferred_channel", "top_interest"),
    ),
    "country": ("country",),
}
"""What is looked at, by what it is made of: who is chosen by one of a family is chosen by all."""
_OF_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "order": ("purchases",),
    "order_line": ("purchases",),
    "cart": ("carts",),
    "interaction": ("interactions",),
    "score": ("purchases", "carts", "interactions"),
}
_OF_COLUMNS: Final[Mapping[str, str]] = {
    column: family for family, columns in FAMILIES.items() for column in columns
} | {
    "first_order_at": "purchases",
    "last_order_at": "purchases",
    "last_interaction_at": "interactions",
}
_TEXTS: Final = ("preferred_channel", "top_interest", "country")
_COUNTS: Final = f"""
select
    count(*) filter (is_seed) as seeds,
    count(*) filter (not is_seed) as others
from {_ALL}
"""  # noqa: S608 - our own names
_TRIALS: Final = f"""
select method, share, recall, low, times
from {_TRIAL}
where analysis = $analysis
order by share, method
"""  # noqa: S608 - our own names
_FREQUENT: Final = f"""
select it.value as value
from {_ALL}
where it.value is not null and is_sample
group by it.value
order by count(*) desc, value
limit $most
"""  # noqa: S608 - our own names
_OTHERS: Final = f"select count(*) as n from {_ALL} where not is_seed and fold = $fold"  # noqa: S608
_SLICE: Final = "not is_seed and fold = $fold and md5_number_lower(profile_id) % $slices = $slice"
Column = tuple[str, str | None]
"""A column of these, and of a text the value that is looked at: is it this one?"""


class LookalikeAnalysis(AnalysisDefinition):
    """Who is most like the members of a segment."""

    segment: str = Field(description="the seeds: a segment, filled by hand or by its conditions")
    best: float = Field(
        0.1, gt=0, le=1, description="share of all others that is kept, most like the seeds first"
    )


def find(run: Run, name: str, definition: LookalikeAnalysis) -> Finding:
    """Rank everybody who is no seed by likeness to the seeds, after a trial with hidden ones.

    Raises:
        UnknownNameError: there is no such segment.
    """
    warehouse, segment = run.warehouse, definition.segment
    left_out = defining(run, segment)
    entity = files(run.workspace)[segment].of
    what = {"segment": segment, "entity": entity, "as_of": run.as_of}
    bounds = {"folds": FOLDS, "sample": SAMPLE, "seed": run.seed}
    warehouse.make(Statement.load("cdp.analyses", "likeness"), **what, **bounds)
    restricted.keep_out(warehouse, run.workspace.home, _ALL)
    found = _found(run, name, definition, left_out)
    warehouse.drop(_ALL)
    return found


def _found(run: Run, name: str, definition: LookalikeAnalysis, left_out: frozenset[str]) -> Finding:
    warehouse = run.warehouse
    seeds, others = warehouse.query(_COUNTS).row(0)
    counts = {"seeds": seeds, "others": others}
    if seeds < LEAST_SEEDS or others < LEAST_OTHERS:
        why = (
            f"{definition.segment} has {seeds:,} members as seeds, and {others:,} are none; "
            f"looked for is from {LEAST_SEEDS} seeds and {LEAST_OTHERS} others on"
        )
        return Finding("insufficient_data", (why,), counts)
    columns = _columns(warehouse, left_out)
    sample = _rows(warehouse, columns, "is_sample")
    is_seed, fold = sample["is_seed"].to_numpy(), sample["fold"].to_numpy()
    matrix = _matrix(sample, columns)
    telling = ~given_away(matrix, is_seed)
    gone = sorted({*left_out, *(f"`{c}`" for c, t in zip(columns, telling, strict=True) if not t)})
    kept = {column: one for (column, one), t in zip(columns.items(), telling, strict=True) if t}
    without = f"not looked at, because the seeds are chosen by it: {', '.join(gone)}"
    words = (without,) if gone else ()
    if not kept:
        return Finding("nothing_found", ("nothing is left to compare by", *words), counts)
    tried = trials(matrix[:, telling], is_seed, fold, run.seed)
    best = {one.share: one for one in tried if one.method == "model"}
    if best[_TELLING].low <= _TELLING:
        one = best[_TELLING]
        why = (
            f"of hidden seeds {one.recall:.1%} are among the {_TELLING:.0%} most like the others "
            f"(95 %: {one.low:.1%} to {one.high:.1%}): no better than chance"
        )
        return Finding("nothing_found", (why, *words), counts)
    _keep_trial(warehouse, name, tried)
    listed = _keep_like(run, name, definition.best, (kept, best))
    marks = ("sampled",) if max(seeds, others) > SAMPLE else ()
    told = tuple(_worded(best[share], definition.segment) for share in SHARES)
    last = (
        f"{listed:,} of {others:,} who are no seeds are listed, the most like {seeds:,} seeds first"
    )
    return Finding("found", (*told, last, *words), counts | {"listed": listed}, marks)


def check(workspace: Workspace, definition: LookalikeAnalysis) -> None:
    """See that the segment of the seeds is there.

    Raises:
        UnknownNameError: there is no such segment.
    """
    _segments(workspace, definition.segment)


def _segments(workspace: Workspace, segment: str) -> dict[str, SegmentFile]:
    declared = files(workspace)
    if segment not in declared:
        kind = "segment"
        raise UnknownNameError(kind, segment, sorted(declared))
    return declared


def defining(run: Run, segment: str) -> frozenset[str]:
    """Return the families of columns that the definition of a segment looks at.

    Raises:
        UnknownNameError: there is no such segment.
    """
    declared = _segments(run.workspace, segment)
    query = parse_one(compiled(segment, declared, scores_of(run.workspace)).sql, dialect="duckdb")
    tables = {one.name for one in query.find_all(exp.Table)}
    columns = {one.name for one in query.find_all(exp.Column)}
    families = {family for table in tables for family in _OF_TABLES.get(table, ())}
    return frozenset(families | {_OF_COLUMNS[one] for one in columns if one in _OF_COLUMNS})


def _columns(warehouse: Warehouse, left_out: frozenset[str]) -> dict[str, Column]:
    """Return what is compared, by name: numbers, and each frequent value of a text."""
    names = [c for family, all_of in FAMILIES.items() if family not in left_out for c in all_of]
    found: dict[str, Column] = {name: (name, None) for name in names if name not in _TEXTS}
    for name in names:
        if name in _TEXTS:
            asked = _FREQUENT.replace("it.value", name)
            values = warehouse.query(asked, most=_VALUES)["value"]
            found |= {f"{name} = {value}": (name, value) for value in values}
    return found


def _rows(
    warehouse: Warehouse, columns: Mapping[str, Column], where: str, **params: object
) -> pl.DataFrame:
    """Return profile_id, is_seed, fold and the columns, by number, of some profiles."""
    listed, values = "", {}
    for number, (column, value) in enumerate(columns.values()):
        if value is None:
            listed += f', {column}::double as "{number}"'
        else:
            listed += f', coalesce({column} = $v{number}, false)::double as "{number}"'
            values[f"v{number}"] = value
    sql = f"select profile_id, is_seed, fold{listed} from {_ALL} where {where} order by profile_id"  # noqa: S608 - ours
    return warehouse.query(sql, **values, **params)


def _matrix(rows: pl.DataFrame, columns: Mapping[str, Column]) -> Numbers:
    named = [str(number) for number in range(len(columns))]
    return rows.select(pl.col(named).fill_null(float("nan"))).to_numpy().astype(np.float64)


def _keep_trial(warehouse: Warehouse, name: str, tried: Sequence[Trial]) -> None:
    rows = [
        (name, t.method, t.share, t.recall, t.low, t.high, t.times, t.seeds)
        for t in tried
        if t.share in SHARES
    ]
    names = ("analysis", "method", "share", "recall", "low", "high", "times", "seeds")
    warehouse.insert(_TRIAL, pl.DataFrame(rows, schema=names, orient="row"))


def _keep_like(
    run: Run, name: str, best: float, learned: tuple[Mapping[str, Column], Mapping[float, Trial]]
) -> int:
    """Rank all who are no seeds, batch by batch, and keep the best; return how many."""
    columns, tried = learned
    warehouse = run.warehouse
    ranked = pl.concat([_fold(run, columns, fold) for fold in range(FOLDS)])
    ranked = ranked.sort("like", "profile_id", descending=[True, False]).with_row_index("place", 1)
    ranked = ranked.with_columns(percentile=pl.col("place") / pl.len())
    kept = ranked.head(max(1, int(best * ranked.height)))
    times = pl.lit(1.0)
    for share in sorted(tried, reverse=True):
        times = pl.when(pl.col("percentile") <= share).then(tried[share].times).otherwise(times)
    rows = kept.select(
        pl.lit(name).alias("analysis"), "profile_id", "place", "percentile", times=times
    )
    return warehouse.insert(_LIKE, rows)


def _fold(run: Run, columns: Mapping[str, Column], fold: int) -> pl.DataFrame:
    """Return how far up in this fold each of it stands, by a model of the other folds."""
    warehouse = run.warehouse
    sample = _rows(warehouse, columns, "is_sample and fold <> $fold", fold=fold)
    rank = ranker(_matrix(sample, columns), sample["is_seed"].to_numpy(), run.seed)
    all_of = warehouse.query(_OTHERS, fold=fold).item()
    slices = -(-all_of // BATCH)
    ids, scores = [], []
    for number in range(slices):
        part = {"fold": fold, "slices": slices, "slice": number}
        rows = _rows(warehouse, columns, _SLICE, **part)
        if rows.height:
            ids.append(rows["profile_id"])
            scores.append(rank(_matrix(rows, columns)))
    if not ids:
        return pl.DataFrame(schema={"profile_id": pl.String, "like": pl.Float64})
    like = percentile(np.concatenate(scores))
    return pl.DataFrame({"profile_id": pl.concat(ids), "like": like})


def _worded(one: Trial, segment: str) -> str:
    return (
        f"the {one.share:.0%} most like {segment}: {one.times:.2g} times more like your seeds than "
        f"chance ({one.recall:.1%} of hidden seeds were among them, 95 %: {one.low:.1%} to "
        f"{one.high:.1%})"
    )


def draw(warehouse: Warehouse, name: str) -> Mapping[str, bytes]:
    """Return the hidden seeds that were found, by the model and by other ways."""
    from cdp.analyses import pictures  # noqa: PLC0415 - matplotlib is slow to import

    found = {
        (m, share): recall
        for m, share, recall, *_ in warehouse.query(_TRIALS, analysis=name).rows()
    }
    rows = [
        (f"best {share:.0%}", found["model", share], found["centroid", share]) for share in SHARES
    ]
    names = ("found by the model", "by nearness to the mean seed")
    return {"recall.svg": pictures.shares(rows, names, "Hidden seeds")}


KINDS.add(
    "lookalike",
    Analysis("lookalike", LookalikeAnalysis, (_TRIAL, _LIKE), find, draw, alone=False, check=check),
)
