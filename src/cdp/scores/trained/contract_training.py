"""Train the model of contracts: who ends theirs within the horizon, tried on later moments.

Invariant: each window of the back-test learns only from cut-offs whose outcome lay before it.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

import cdp
from cdp.scores.predict import measures
from cdp.scores.predict.contract import ContractModel, Encoding, learn
from cdp.scores.predict.trees import checked
from cdp.scores.trained import drift, evaluation
from cdp.scores.trained.artefact import Artefact, version_of
from cdp.scores.trained.contract_facts import FACTS
from cdp.scores.trained.outcomes import Told
from cdp.scores.trained.purchases import date_of

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from cdp.scores.trained.definition import PredictiveScore

    Numbers = NDArray[np.float64]

WINDOWS: Final = 3
SLOPES: Final = (0.7, 1.4)
TOTAL: Final = 0.25
_NAIVE: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a model of contracts is trained from: running contracts at cut-offs, and now."""

    score: str
    definition: Any
    facts: pl.DataFrame
    now: pl.DataFrame
    day: int
    as_of: datetime
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class _Window:
    """What was said of the contracts at one moment, and what came."""

    who: NDArray[Any]
    said: Numbers
    plain: Numbers
    base: Numbers
    came: Numbers


def trained(lesson: Lesson) -> Artefact:
    """Return the model of a score, or what says why there is none."""
    came = _came(lesson.facts)
    facts = _about(lesson, came)
    least = lesson.definition.least_ended
    short = [
        f"{int(found):,} contracts that {what}, {least} needed"
        for found, what in ((came.sum(), "ended"), ((1 - came).sum(), "went on"))
        if found < least
    ]
    if short:
        return Artefact(facts | {"status": "insufficient_data", "reasons": short})
    windows = _windows(lesson)
    status, reasons, tested = _verdict(windows, lesson.seed)
    model = learn(lesson.facts.select(tuple(FACTS)), came, seed=lesson.seed)
    facts |= {"status": status, "reasons": reasons, "backtest": tested}
    facts |= {"encoding": asdict(model.encoding), "base": model.base}
    facts["drift"] = _reference(lesson, model)
    facts["cuts"] = evaluation.cuts(model.predict(lesson.facts.select(tuple(FACTS))))
    last = windows[0] if windows else None
    facts["tenths"] = evaluation.tenths(last.said, last.came) if last else []
    trees = model.trees.arrays() if model.trees is not None else {}
    arrays = {"weights.value": model.weights} | {f"trees.{k}": v for k, v in trees.items()}
    return Artefact(facts, arrays)


def revived(artefact: Artefact) -> ContractModel:
    """Return the model of an artefact."""
    told = artefact.facts["encoding"]
    encoding = Encoding(
        tuple(told["numbers"]),
        tuple((column, tuple(words)) for column, words in told["words"]),
        *(tuple(told[name]) for name in ("middle", "mean", "scale")),
    )
    trees = artefact.part("trees")
    return ContractModel(
        encoding,
        artefact.arrays["weights.value"],
        checked(trees) if trees else None,
        artefact.facts["base"],
    )


def drifted(
    artefact: Artefact, definition: PredictiveScore, now: pl.DataFrame
) -> tuple[str, float, float] | None:
    """Return which fact, or the score, moved most since a model was trained, None: unknown."""
    facts = artefact.facts
    if "drift" not in facts or facts["definition"] != definition.trained_by():
        return None
    return drift.worst(facts["drift"], [*FACTS, drift.SCORE], _watched(revived(artefact), now))


def came_of(artefact: Artefact, then: pl.DataFrame) -> Told:
    """Return what a model said of the contracts that ran on its day, and which of them ended."""
    said, came = revived(artefact).predict(then.select(tuple(FACTS))), _came(then)
    base = np.full(len(said), float(artefact.facts["base"]))
    return Told(said, came, (said, base, came))


def _reference(lesson: Lesson, model: ContractModel) -> dict[str, Any]:
    """Return what later contracts are compared with: those of now, and of the cut-off before."""
    before = lesson.facts.filter(pl.col("cut") == pl.col("cut").max())
    then, earlier = _watched(model, lesson.now), _watched(model, before)
    return drift.reference([*FACTS, drift.SCORE], then, earlier, lesson.seed)


def _watched(model: ContractModel, rows: pl.DataFrame) -> Numbers:
    facts = rows.select(pl.col(tuple(FACTS)).cast(pl.Float64).fill_null(float("nan")))
    return np.column_stack([facts.to_numpy(), model.predict(rows.select(tuple(FACTS)))])


def _came(facts: pl.DataFrame) -> Numbers:
    return facts["label"].cast(pl.Float64).to_numpy()


def _about(lesson: Lesson, came: Numbers) -> dict[str, Any]:
    as_of, horizon = lesson.as_of.astimezone(UTC), lesson.definition.horizon
    rows = lesson.facts.drop("profile_id", "score").write_csv().encode()
    made_of = {
        "score": lesson.score,
        "method": lesson.definition.method,
        "definition": lesson.definition.trained_by(),
        "data": hashlib.sha256(rows).hexdigest()[:16],
        "day": lesson.day,
        "seed": lesson.seed,
        "code": cdp.__version__,
    }
    cuts = lesson.facts["cut"].unique().sort(descending=True)
    return {
        **made_of,
        "version": version_of(made_of),
        "what": f"chance that the contract ends ({lesson.definition.ends}) within the horizon",
        "unit": "probability",
        "description": lesson.definition.description,
        "of": list(lesson.definition.of),
        "trained_at": as_of.isoformat(),
        "expires_at": (as_of + timedelta(days=horizon)).isoformat(),
        "horizon_days": horizon,
        "marks": [],
        "cut_offs": [cut.isoformat() for cut in cuts],
        "until": date_of(lesson.day).isoformat(),
        "counts": {
            "customers": lesson.facts["profile_id"].n_unique(),
            "rows": len(lesson.facts),
            "ended": int(came.sum()),
        },
    }


def _windows(lesson: Lesson) -> list[_Window]:
    """Return up to three moments, latest first, that follow one another without overlap."""
    horizon = timedelta(days=lesson.definition.horizon)
    found: list[_Window] = []
    latest = date_of(lesson.day) + timedelta(days=1)
    for cut in lesson.facts["cut"].unique().sort(descending=True):
        if len(found) == WINDOWS:
            break
        past = lesson.facts.filter(pl.col("cut") <= cut - horizon)
        if cut + horizon > latest or not _came(past).any():
            continue
        found.append(_tried(past, lesson.facts.filter(pl.col("cut") == cut), lesson.seed))
        latest = cut
    return found


def _tried(past: pl.DataFrame, now: pl.DataFrame, seed: int) -> _Window:
    before = _came(past)
    model = learn(past.select(tuple(FACTS)), before, seed=seed)
    tenure, then = now["tenure_days"].to_numpy(), past["tenure_days"].to_numpy()
    edges = np.unique(np.quantile(then, np.arange(1, _NAIVE) / _NAIVE))
    place = np.searchsorted(edges, then, side="right")
    sums = np.bincount(place, weights=before, minlength=len(edges) + 1)
    shares = (sums + before.mean()) / (np.bincount(place, minlength=len(edges) + 1) + 1)
    return _Window(
        now["profile_id"].to_numpy(),
        model.predict(now.select(tuple(FACTS))),
        shares[np.searchsorted(edges, tenure, side="right")],
        np.full(len(now), before.mean()),
        _came(now),
    )


def _verdict(windows: list[_Window], seed: int) -> tuple[str, list[str], dict[str, Any]]:
    """Return status, reasons and figures; better is measured against tenure and the base rate."""
    if not windows:
        return "insufficient_data", ["no past moment with one to learn from before it"], {}
    said, came = (np.concatenate([getattr(w, n) for w in windows]) for n in ("said", "came"))
    who = np.unique(np.concatenate([w.who for w in windows]), return_inverse=True)[1]
    errors = {
        name: (np.concatenate([getattr(w, name) for w in windows]) - came) ** 2
        for name in ("plain", "base")
    }
    rival = min(errors.values(), key=lambda error: float(error.mean()))
    gain = rival - (said - came) ** 2
    low, high = measures.interval(gain, who.astype(np.uint32), seed=seed)
    slope, off = measures.slope(said, came), measures.total_error(said, came)
    tested = {
        "gain": float(gain.mean()),
        "gain_low": low,
        "gain_high": high,
        "slope": slope if np.isfinite(slope) else None,
        "total": off if np.isfinite(off) else None,
        "auc": measures.auc(said, came) if 0 < came.sum() < len(came) else None,
        "windows": len(windows),
        "calibration": measures.calibration(said, came),
    }
    if low <= 0:
        reason = f"Brier gain over tenure {gain.mean():.4f}, 95 % interval {low:.4f} to {high:.4f}"
        return "not_better_than_baseline", [reason], tested
    level = []
    if not SLOPES[0] <= slope <= SLOPES[1]:
        level.append(f"calibration slope {slope:.2f}, {SLOPES[0]} to {SLOPES[1]} allowed")
    if not abs(off) <= TOTAL:
        level.append(f"contracts that end off by {off:+.0%}, {TOTAL:.0%} allowed")
    return ("ranking_only" if level else "published"), level, tested
