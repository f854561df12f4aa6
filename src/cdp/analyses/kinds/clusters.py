"""Clusters: customers who are alike, where there are groups at all, with names and profiles.

Invariants: no clusters are told that another sample would not show again; the number of a cluster
stays with those who are most like it from one time to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import polars as pl
from pydantic import Field

from cdp.analyses import grouping
from cdp.analyses.analysis import KINDS, Analysis, Finding
from cdp.analyses.purchases import OfCustomers
from cdp.store import Statement, restricted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdp.analyses.grouping import Numbers, Trial
    from cdp.stage import Run
    from cdp.store import Warehouse

Feature = Literal[
    "recency_days",
    "orders",
    "average_basket",
    "tenure_days",
    "revenue_365d",
    "interactions_90d",
    "emails_clicked_90d",
    "web_views_30d",
]
FEATURES: Final[tuple[str, ...]] = get_args(Feature)
"""Facts of gold.feature, in the order of `cluster_fact.sql`."""
WORDS: Final[dict[str, tuple[str, str]]] = {
    "recency_days": ("bought lately", "long ago"),
    "orders": ("buys seldom", "buys often"),
    "average_basket": ("low basket", "high basket"),
    "tenure_days": ("new", "long known"),
    "revenue_365d": ("little revenue", "much revenue"),
    "interactions_90d": ("little contact", "much contact"),
    "emails_clicked_90d": ("clicks few e-mails", "clicks many e-mails"),
    "web_views_30d": ("few visits", "many visits"),
}
"""What a cluster is called that has less of a fact than all, and more."""
LEAST_CUSTOMERS: Final = 200
"""Below it eight clusters have fewer than 25 members each, and a bootstrap moves them all."""
SAMPLE: Final = 20_000
"""Customers that centres are found from; everybody gets a cluster."""
LEAST_DIFFERENCE: Final = 0.3
"""Standard deviations from the mean of all, below which a fact is no trait of a cluster."""
_NAMED: Final = 3
_FARTHEST: Final = 3.0
"""Spreads from the median: whoever lies beyond does not pull a centre any farther."""
_NORMAL: Final = 1.349
"""Interquartile range of a normal distribution, in standard deviations."""
_LEAST_FACTS: Final = 2
_LAST: Final = "step.analysis_cluster_last"
"""Where the centres lay the last time, in logarithms; kept beyond the analysis's own rows."""
_LAST_SCHEMA: Final = pl.Schema(
    {
        "analysis": pl.String(),
        "cluster": pl.Int32(),
        "feature": pl.String(),
        "value": pl.Float64(),
    }
)
_DRAWN: Final = f"""
select list_transform($places::bigint[], lambda p: known[p]) as known
from temp.analysis_cluster_fact
-- as good as drawn by lot, and the same every time
order by md5(profile_id), profile_id
limit {SAMPLE}
"""  # noqa: S608 - our own number
_SIZES: Final = """
select cluster, count(*) as members from temp.analysis_cluster_place group by cluster order by 1
"""
_PROFILE: Final = """
select cluster, feature, mean, difference
from gold.analysis_cluster_feature
where analysis = $analysis
order by cluster, feature
"""
_CLUSTERS: Final = """
select cluster, name, members, share
from gold.analysis_cluster
where analysis = $analysis
order by cluster
"""


class ClusterAnalysis(OfCustomers):
    """Clusters of customers who are alike in these facts, if there are any."""

    features: tuple[Feature, ...] = Field(
        ("recency_days", "orders", "average_basket", "tenure_days", "interactions_90d"),
        min_length=2,
        description="facts of gold.feature by which customers are alike",
    )


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """How facts are measured: in robust spreads from the median, of logarithms.

    Attributes:
        features: those that differ at all.
        middle: median of log(1 + fact) of each.
        spread: interquartile range over 1.349, or the standard deviation where most are equal.
    """

    features: tuple[str, ...]
    middle: Numbers
    spread: Numbers

    @property
    def params(self) -> dict[str, list[Any]]:
        """What SQL needs to measure alike."""
        places = [FEATURES.index(name) + 1 for name in self.features]
        told = {"middle": self.middle.tolist(), "spread": self.spread.tolist()}
        return {"places": places, **told}

    def placed(self, logs: Numbers) -> Numbers:
        """Return logarithms so measured; what is not known is usual."""
        away = np.nan_to_num((logs - self.middle) / self.spread)
        return np.asarray(np.clip(away, -_FARTHEST, _FARTHEST))


def find(run: Run, name: str, definition: ClusterAnalysis) -> Finding:
    """Part customers into clusters that hold, and tell what each has more or less of."""
    warehouse = run.warehouse
    warehouse.make(_sql("cluster_fact"), kinds=list(definition.of))
    restricted.keep_out(warehouse, run.workspace.home, "temp.analysis_cluster_fact")
    found = _found(warehouse, name, definition)
    warehouse.drop("temp.analysis_cluster_fact")
    return found


def _found(warehouse: Warehouse, name: str, definition: ClusterAnalysis) -> Finding:
    customers = warehouse.count("temp.analysis_cluster_fact")
    counts = {"customers": customers}
    if customers < LEAST_CUSTOMERS:
        why = f"{customers:,} customers ordered; clusters are told from {LEAST_CUSTOMERS} on"
        return Finding("insufficient_data", (why,), counts)
    wanted = tuple(dict.fromkeys(definition.features))
    logs = _logs(warehouse, wanted)
    scale = _scale(logs, wanted)
    if len(scale.features) < _LEAST_FACTS:
        why = f"{customers:,} customers hardly differ in {', '.join(wanted)}"
        return Finding("nothing_found", (why,), counts)
    rows = scale.placed(logs[:, [wanted.index(feature) for feature in scale.features]])
    tried = grouping.trials(rows)
    best = grouping.best(tried)
    if best is None:
        return Finding("nothing_found", (_refused(tried, customers),), counts)
    told = _tell(warehouse, name, scale, (rows, best.centres))
    words = (*_worded(told, customers), _proof(best))
    marks = ("sampled",) if customers > SAMPLE else ()
    return Finding("found", words, counts | {"clusters": told.height}, marks)


def _logs(warehouse: Warehouse, wanted: Sequence[str]) -> Numbers:
    places = [FEATURES.index(feature) + 1 for feature in wanted]
    drawn = warehouse.query(_DRAWN, places=places)["known"]
    known = drawn.list.to_struct(fields=list(wanted)).struct.unnest()
    return np.asarray(np.log1p(known.fill_null(float("nan")).to_numpy().astype(np.float64)))


def _scale(logs: Numbers, wanted: Sequence[str]) -> Scale:
    kept: list[tuple[str, float, float]] = []
    for feature, column in zip(wanted, logs.T, strict=True):
        known = column[~np.isnan(column)]
        if len(known) and known.min() < known.max():
            low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
            spread = float(high - low) / _NORMAL or float(known.std())
            kept.append((feature, float(middle), spread))
    names, middles, spreads = zip(*kept, strict=True) if kept else ((), (), ())
    return Scale(tuple(names), np.array(middles), np.array(spreads))


def _tell(
    warehouse: Warehouse, name: str, scale: Scale, found: tuple[Numbers, Numbers]
) -> pl.DataFrame:
    """Give everybody a cluster, by the rows and centres that were found; return the clusters."""
    rows, centres = found
    last = _last(warehouse)
    numbers = _numbers(rows, scale, centres, last.filter(analysis=name))
    _place(warehouse, scale, centres, numbers)
    warehouse.append(_sql("cluster_member"), analysis=name)
    warehouse.append(_sql("cluster_feature"), analysis=name, names=list(scale.features))
    profile = warehouse.query(_PROFILE, analysis=name)
    sizes = warehouse.query(_SIZES)
    warehouse.drop("temp.analysis_cluster_place")
    told = sizes.with_columns(
        analysis=pl.lit(name),
        name=pl.Series(_names(profile, sizes["cluster"].to_list()), dtype=pl.String),
        share=pl.col("members") / pl.col("members").sum(),
    )
    warehouse.insert("gold.analysis_cluster", told)
    _remember(warehouse, name, scale, dict(zip(numbers, centres, strict=True)), last)
    return told


def _numbers(rows: Numbers, scale: Scale, centres: Numbers, last: pl.DataFrame) -> list[int]:
    """Return the number of each centre, by those of the last time in the facts both look at."""
    members = np.bincount(grouping.nearest(rows, centres), minlength=len(centres)).tolist()
    common = [f for f in scale.features if f in set(last["feature"])]
    if not common:
        return grouping.numbered(centres, members, {})
    columns = [scale.features.index(feature) for feature in common]
    before = {
        int(cluster): (
            np.array([told.row(by_predicate=pl.col("feature") == f)[3] for f in common])
            - scale.middle[columns]
        )
        / scale.spread[columns]
        for (cluster,), told in last.group_by("cluster")
    }
    return grouping.numbered(centres[:, columns], members, before)


def _place(warehouse: Warehouse, scale: Scale, centres: Numbers, numbers: list[int]) -> None:
    order = np.argsort(numbers)
    near = {"centres": centres[order].tolist(), "numbers": sorted(numbers)}
    warehouse.make(_sql("cluster_place"), **scale.params, **near, most=_FARTHEST)


def _last(warehouse: Warehouse) -> pl.DataFrame:
    there = warehouse.query(
        "select count(*) from duckdb_tables() where schema_name || '.' || table_name = $table",
        table=_LAST,
    ).item()
    return warehouse.query(f"from {_LAST}") if there else _LAST_SCHEMA.to_frame()


def _remember(
    warehouse: Warehouse,
    name: str,
    scale: Scale,
    centres: Mapping[int, Numbers],
    last: pl.DataFrame,
) -> None:
    rows = [
        (name, number, feature, value)
        for number, centre in sorted(centres.items())
        for feature, value in zip(
            scale.features, (centre * scale.spread + scale.middle).tolist(), strict=True
        )
    ]
    new = pl.DataFrame(rows, _LAST_SCHEMA, orient="row")
    warehouse.put(_LAST, pl.concat([last.filter(pl.col("analysis") != name), new]))


def _names(profile: pl.DataFrame, clusters: Sequence[int]) -> list[str]:
    """Return what sets each cluster apart most, in words; a number beside those named alike."""
    named = [_name(profile.filter(cluster=cluster)) for cluster in clusters]
    return [
        f"{name} ({named[:place].count(name) + 1})" if named.count(name) > 1 else name
        for place, name in enumerate(named)
    ]


def _name(rows: pl.DataFrame) -> str:
    traits = (
        rows.filter(pl.col("difference").abs() >= LEAST_DIFFERENCE)
        .sort(pl.col("difference").abs(), "feature", descending=[True, False])
        .head(_NAMED)
        .select("feature", "difference")
        .rows()
    )
    return ", ".join(WORDS[feature][int(apart > 0)] for feature, apart in traits) or "like most"


def _worded(told: pl.DataFrame, customers: int) -> list[str]:
    return [
        f"cluster {row['cluster']}, {row['name']}: {row['members']:,} of {customers:,} customers "
        f"({row['share']:.1%})"
        for row in told.sort(["members", "cluster"], descending=[True, False]).to_dicts()
    ]


def _proof(best: Trial) -> str:
    return (
        f"{len(best.centres)} clusters come out again of other samples (adjusted Rand index "
        f"{best.stability:.2f} over {grouping.BOOTSTRAPS} bootstraps, at least {grouping.STABLE}) "
        f"and are apart (silhouette {best.silhouette:.2f}, at least {grouping.APART})"
    )


def _refused(tried: Sequence[Trial], customers: int) -> str:
    apart = [one for one in tried if one.stability is not None]
    head = f"{customers:,} customers fall into no {grouping.FEWEST} to {grouping.MOST} clusters"
    if apart:
        most = max(one.stability or 0.0 for one in apart)
        return (
            f"{head} that would come out again of another sample: the adjusted Rand index over "
            f"bootstraps is at most {most:.2f}, and {grouping.STABLE} is needed"
        )
    best = tried[0].silhouette if tried else -1.0
    return (
        f"{head} that are apart: the silhouette is at most {best:.2f}, and {grouping.APART} is "
        "needed"
    )


def draw(warehouse: Warehouse, name: str) -> Mapping[str, bytes]:
    """Return what each cluster has more or less of than all customers."""
    from cdp.analyses import portraits  # noqa: PLC0415 - matplotlib is slow to import

    rows = warehouse.query(_PROFILE, analysis=name)
    features = [feature for feature in FEATURES if feature in set(rows["feature"])]
    cells = {(c, f): (mean, apart) for c, f, mean, apart in rows.rows()}
    clusters = warehouse.query(_CLUSTERS, analysis=name).rows()
    return {
        "profiles.svg": portraits.profiles(
            [f"{cluster}: {label}\n{n:,} ({share:.0%})" for cluster, label, n, share in clusters],
            [feature.replace("_", " ") for feature in features],
            [[cells[cluster, feature] for feature in features] for cluster, *_ in clusters],
        )
    }


def _sql(name: str) -> Statement:
    return Statement.load("cdp.analyses", name)


KINDS.add(
    "clusters",
    Analysis(
        "clusters",
        ClusterAnalysis,
        (
            "gold.analysis_cluster",
            "gold.analysis_cluster_feature",
            "gold.analysis_cluster_member",
        ),
        find,
        draw,
    ),
)
