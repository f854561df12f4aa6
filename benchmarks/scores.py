"""Forecasts and churn on real logs, beside plain peers in the same run.

`python benchmarks/scores.py --clv DIR --propensity DIR` reads every folder of the first that holds
`transactions.parquet` (customer_id, ts, amount) and `split.json`, forecasts from three origins over
four horizons by the functions of `cdp forecast`, gate and all, and compares with what came; the
second holds `telco_churn.parquet`. Peers: BG/NBD of highest likelihood, the recency x frequency
table calibrated on the same cut-offs, the past rate, past spend. `--write` puts the tables into
`benchmarks/RESULTS.md`. `--speed` measures a generated log of a million customers instead.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from scores_speed import speed

from cdp.scores.predict import contract, mbg, measures
from cdp.scores.predict.backtest import backtest
from cdp.scores.predict.door import forecasts, judged
from cdp.scores.predict.forecast import train
from cdp.scores.predict.log import day_number
from cdp.scores.predict.purchase_file import read_purchases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cdp.scores.predict.log import PurchaseLog

    Numbers = NDArray[np.float64]

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = "## Forecasts and churn (`benchmarks/scores.py`)"
ORIGINS = (-91, 0, 91)
HORIZONS = (28, 91, 182)
DRAWS = 1000
FOLDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """One log, origin and horizon: what each method said of every customer, and what came."""

    log: str
    origin: int
    days: int
    status: str
    customer: NDArray[np.uint32]
    count: Numbers
    spend: Numbers
    p: dict[str, Numbers]
    e: dict[str, Numbers]
    money: dict[str, Numbers]

    @property
    def bought(self) -> Numbers:
        """Whether each customer bought."""
        return (self.count > 0).astype(float)


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clv", type=Path, help="folder of purchase logs")
    parser.add_argument("--propensity", type=Path, help="folder of telco_churn.parquet")
    parser.add_argument("--no-gate", action="store_true", help="the model's numbers, ungated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=int, nargs="?", const=1_000_000, help="customers")
    parser.add_argument("--write", action="store_true", help="into benchmarks/RESULTS.md")
    chosen = parser.parse_args()
    lines: list[str] = []
    began, worked = perf_counter(), process_time()
    if chosen.clv:
        settings = [s for f in sorted(chosen.clv.iterdir()) for s in _settings(f, chosen)]
        lines += [*_table(settings), "", *_comparison(settings, chosen.seed), ""]
        lines += _published(chosen.clv)
    if chosen.propensity:
        lines += ["", *_churn(chosen.propensity / "telco_churn.parquet", chosen.seed)]
    if chosen.speed:
        lines += ["", *speed(chosen.speed)]
    lines += ["", f"{perf_counter() - began:.0f} s, {process_time() - worked:.0f} s of processor."]
    print("\n".join(lines))
    if chosen.write:
        _write("\n".join(lines))


def _settings(folder: Path, chosen: argparse.Namespace) -> list[Setting]:
    split = json.loads((folder / "split.json").read_text())
    middle, end = (
        day_number(date.fromisoformat(split[name])) for name in ("calibration_end", "holdout_end")
    )
    found = []
    for shift in ORIGINS:
        origin = middle + shift
        for days in (*HORIZONS, end - origin):
            found.append(_setting(folder, origin, days, chosen))
            print(_line(found[-1]), flush=True)
    return found


def _setting(folder: Path, origin: int, days: int, chosen: argparse.Namespace) -> Setting:
    path = folder / "transactions.parquet"
    log = read_purchases(path, origin).log
    model = train(log, origin, days, chosen.seed)
    if chosen.no_gate:
        status = "ungated"
        said = model.predict(log).with_columns(customer_id=log.ids)
    else:
        verdict = judged(backtest(log, origin, days, chosen.seed), model)
        status = verdict.line
        said = forecasts(log, model, verdict)
    rows = model.rows_at(log, origin)
    plain = model.plain(rows)
    given = rows.x, rows.weeks_to_last, rows.weeks
    bg = mbg.fit(mbg.Buyers.of(*given), modified=False, prior=0.0)
    count, spend = _came(path, log, origin, days)
    return Setting(
        log=folder.name,
        origin=origin,
        days=days,
        status=status,
        customer=rows.customer,
        count=count,
        spend=spend,
        p={
            "cdp forecast": said["p_buy"].to_numpy(),
            "recency x frequency": plain.p,
            "BG/NBD": mbg.p_buy(bg, *given, days / 7),
        },
        e={
            "cdp forecast": said["expected_purchases"].to_numpy(),
            "recency x frequency": plain.e,
            "BG/NBD": mbg.expected_purchases(bg, *given, days / 7),
            "past rate": np.maximum(rows.x / np.maximum(rows.weeks, 1.0) * days / 7, 0.01),
        },
        money={
            "cdp forecast": said["expected_spend"].cast(pl.Float64).fill_null(0).to_numpy(),
            "past spend": rows.spent,
        }
        if model.has_spend
        else {},
    )


def _came(path: Path, known: PurchaseLog, origin: int, days: int) -> tuple[Numbers, Numbers]:
    """Return purchases and money of each known customer after the origin, within so many days."""
    later = read_purchases(path, origin + days).log
    after = (
        later.purchases.filter(pl.col("day") > origin)
        .group_by("customer")
        .agg(count=pl.len().cast(pl.Float64), spend=pl.col("amount").sum())
    )
    after = after.with_columns(id=later.ids.gather(after["customer"]))
    joined = pl.DataFrame({"id": known.ids}).join(after, on="id", how="left", maintain_order="left")
    return joined["count"].fill_null(0).to_numpy(), joined["spend"].fill_null(0).to_numpy()


def _skill(p: Numbers, y: Numbers, weight: Numbers | None = None) -> float:
    w = np.ones(len(y)) if weight is None else weight
    base = float(w @ y / w.sum())
    return 1 - float(w @ (p - y) ** 2) / float(w @ (base - y) ** 2)


def _line(s: Setting) -> str:
    skills = ", ".join(f"{name} {_skill(p, s.bought):.3f}" for name, p in s.p.items())
    p, e = s.p["cdp forecast"], s.e["cdp forecast"]
    return (
        f"{s.log} {s.origin} {s.days} d: {skills}; slope {measures.slope(p, s.bought):.2f}, "
        f"buyers {measures.total_error(p, s.bought):+.3f}, "
        f"purchases {measures.total_error(e, s.count):+.3f}; {s.status}"
    )


def _mean(values: list[float]) -> float:
    return float(np.nanmean(values)) if values else float("nan")


def _table(settings: list[Setting]) -> list[str]:
    lines = [
        (
            f"Means over {len(settings)} settings: logs "
            f"{', '.join(sorted({s.log for s in settings}))}, origins -91, 0 and +91 days, "
            "horizons 28, 91 and 182 days and the rest of the log. BSS: Brier skill against the "
            "share that bought. Buyers and purchases: mean absolute error of their number. "
            "Spend: where amounts are known."
        ),
        "",
        (
            "| | BSS | slope | ECE | AUC | buyers | purchases | deviance | purchases in top tenth "
            "| spend in top tenth |"
        ),
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    names = list(dict.fromkeys(n for s in settings for n in (*s.p, *s.e, *s.money)))
    return lines + [_method(name, settings) for name in names]


def _method(name: str, settings: list[Setting]) -> str:
    p = [(s.p[name], s.bought) for s in settings if name in s.p]
    e = [(s.e[name], s.count) for s in settings if name in s.e]
    money = [(s.money[name], s.spend) for s in settings if name in s.money]
    values = [
        _mean([_skill(*v) for v in p]),
        _mean([measures.slope(*v) for v in p]),
        _mean([measures.calibration_error(*v) for v in p]),
        _mean([measures.auc(*v) for v in p]),
        _mean([abs(measures.total_error(*v)) for v in p]),
        _mean([abs(measures.total_error(*v)) for v in e]),
        _mean([measures.deviance(*v) for v in e]),
        _mean([measures.capture(*v) for v in e]),
        _mean([measures.capture(*v) for v in money]),
    ]
    shown = ["" if np.isnan(v) else f"{v:.3f}" for v in values]
    return f"| {name} | " + " | ".join(shown) + " |"


def _comparison(settings: list[Setting], seed: int) -> list[str]:
    """Return the gain in mean skill over each rival, customers of a log drawn whole."""
    random = np.random.default_rng(seed)
    rivals = [name for name in settings[0].p if name != "cdp forecast"]
    draws = np.empty((DRAWS, len(rivals)))
    sizes = {
        s.log: int(max(t.customer.max() for t in settings if t.log == s.log)) + 1 for s in settings
    }
    for draw in range(DRAWS):
        weight = {log: random.multinomial(n, np.full(n, 1 / n)) for log, n in sizes.items()}
        draws[draw] = [_gain(settings, rival, weight) for rival in rivals]
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    one = {log: np.ones(n, dtype=np.int64) for log, n in sizes.items()}
    return [
        f"BSS above {rival}: {_gain(settings, rival, one):+.4f} "
        f"(95 % {low[k]:+.4f} to {high[k]:+.4f}, {DRAWS} bootstrap draws of whole customers); "
        f"better in {sum(_better(s, rival) for s in settings)} of {len(settings)}."
        for k, rival in enumerate(rivals)
    ] + [_statuses(settings)]


def _better(s: Setting, rival: str) -> bool:
    return _skill(s.p["cdp forecast"], s.bought) > _skill(s.p[rival], s.bought)


def _statuses(settings: list[Setting]) -> str:
    counted: dict[str, int] = {}
    for s in settings:
        word = s.status.partition(":")[0]
        counted[word] = counted.get(word, 0) + 1
    return "The gate said: " + ", ".join(f"{word} {n}" for word, n in sorted(counted.items())) + "."


def _gain(settings: list[Setting], rival: str, weight: dict[str, NDArray[np.int64]]) -> float:
    gains = []
    for s in settings:
        w = weight[s.log][s.customer].astype(float)
        own, other = (_skill(s.p[name], s.bought, w) for name in ("cdp forecast", rival))
        gains.append(own - other)
    return float(np.mean(gains))


def _published(folder: Path) -> list[str]:
    """Return BG/NBD parameters by the same likelihood beside published ones, where there are."""
    lines = []
    for path in sorted(folder.glob("*/published_summary.csv")):
        told = pl.read_csv(path)
        given = [told[name].cast(pl.Float64).to_numpy() for name in ("frequency", "recency", "T")]
        buyers = mbg.Buyers.of(*given)
        found = mbg.fit(buyers, modified=False, prior=0.0)
        known = json.loads((path.parent / "split.json").read_text())["reference"]["bgnbd"]
        ours = [found.r, found.alpha, found.a, found.b, mbg.log_likelihood(buyers, found)]
        lines.append(
            f"BG/NBD on {path.parent.name}, ours (published): "
            + ", ".join(
                f"{name} {value:.3f} ({known[name]})"
                for name, value in zip(("r", "alpha", "a", "b", "LL"), ours, strict=True)
            )
            + "."
        )
    return lines


def _churn(path: Path, seed: int) -> list[str]:
    told = pl.read_parquet(path)
    y = (told["Churn"] == "Yes").cast(pl.Float64).to_numpy()
    facts = told.drop("Churn", "customerID")
    fold = np.random.default_rng(seed).permutation(len(y)) % FOLDS
    said = np.empty(len(y))
    naive = np.empty(len(y))
    for part in range(FOLDS):
        known, asked = fold != part, fold == part
        model = contract.learn(facts.filter(known), y[known], seed=seed)
        said[asked] = model.predict(facts.filter(asked))
        naive[asked] = _by_tenure(facts["tenure"].to_numpy(), y, known, asked)
    figures = [
        [
            _mean([f(p[fold == k], y[fold == k]) for k in range(FOLDS)])
            for f in (measures.auc, measures.brier, _skill, measures.slope)
        ]
        for p in (said, naive)
    ]
    return [
        (
            f"Contractual churn (telco, {len(y):,} customers, {int(y.sum()):,} left), mean of "
            f"{FOLDS} random folds:"
        ),
        "",
        "| | AUC | Brier | BSS | slope |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | " + " | ".join(f"{v:.4f}" for v in row) + " |"
            for name, row in zip(
                ("regression and trees", "share by fifth of tenure"), figures, strict=True
            )
        ),
    ]


def _by_tenure(
    tenure: Numbers, y: Numbers, known: NDArray[np.bool_], asked: NDArray[np.bool_]
) -> Numbers:
    edges = np.quantile(tenure[known], [0.2, 0.4, 0.6, 0.8])
    place = np.searchsorted(edges, tenure, side="right")
    share = np.array([y[known & (place == k)].mean() for k in range(5)])
    return share[place[asked]]


def _write(text: str) -> None:
    """Replace this section of RESULTS.md and leave the others."""
    when = datetime.now(UTC).date()  # noqa: TID251 - stamps the table
    libraries = ", ".join(
        f"{name} {version(name)}" for name in ("duckdb", "numpy", "scikit-learn", "polars")
    )
    note = (
        f"{when}, {os.cpu_count()} cores shared with other work, Python "
        f"{platform.python_version()}, {libraries}. Real logs, read from outside the project; "
        "every number is what `cdp forecast` writes, after its gate."
    )
    section = f"{TITLE}\n\n{note}\n\n{text}\n"
    old = RESULTS.read_text(encoding="utf-8")
    before, found, after = old.partition(TITLE)
    rest = after.partition("\n## ")
    tail = f"\n## {rest[2]}" if found and rest[1] else ""
    RESULTS.write_text(before.rstrip("\n") + "\n\n" + section + tail, encoding="utf-8")


if __name__ == "__main__":
    main()
