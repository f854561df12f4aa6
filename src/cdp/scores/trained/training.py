"""Train the model of one score: forecast, back-test, verdict, and what is kept of them.

Invariant: the same log, definition, seed and code make the same version, byte for byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

import cdp
from cdp.scores.predict.panel import sampled
from cdp.scores.trained import drift, evaluation, forecaster_files
from cdp.scores.trained.artefact import Artefact, version_of
from cdp.scores.trained.parts import typical
from cdp.scores.trained.purchases import date_of, digest
from cdp.scores.trained.study import Study, study
from cdp.store import Statement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cdp.scores.method import Status
    from cdp.scores.predict.forecast import Forecaster
    from cdp.scores.predict.log import PurchaseLog
    from cdp.scores.predict.panel import Panel
    from cdp.scores.trained.definition import PredictiveScore
    from cdp.scores.trained.question import Question

_FEATURES = Statement.load("cdp.scores.predict", "snapshot")


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """What a model is trained from.

    Attributes:
        score: its name.
        definition: of the score.
        question: what it asks.
        log: purchases up to the day.
        day: last day that is known.
        as_of: moment of the run.
        currency: of amounts.
        seed: of whatever samples.
    """

    score: str
    definition: PredictiveScore
    question: Question
    log: PurchaseLog
    day: int
    as_of: datetime
    currency: str
    seed: int

    @property
    def horizon(self) -> int:
        """Days to look ahead."""
        return self.question.horizon(self.definition, self.log, self.day)


Studies = dict[tuple[tuple[str, ...], int], Study]
"""What was studied in this run, by types of party and horizon."""


def trained(lesson: Lesson, studies: Studies) -> Artefact:
    """Return the model of a score, or what says why there is none."""
    counts = _counts(lesson)
    facts = _facts(lesson, counts)
    short = _too_few(lesson.definition, counts)
    if short:
        refused = {"status": "insufficient_data", "reasons": short, "marks": []}
        return Artefact(facts | refused)
    shared = tuple(sorted(lesson.definition.of)), lesson.horizon
    if shared not in studies:
        studies[shared] = study(lesson.log, lesson.day, lesson.horizon, lesson.seed)
    done = studies[shared]
    found, verdict = done.found, done.verdict
    status, reasons = lesson.question.status(verdict), list(verdict.reasons)
    buyers = sum(window.buyers for window in found.windows)
    if buyers < lesson.definition.least_buyers:
        least = lesson.definition.least_buyers
        status, reasons = _short(status, f"{buyers} buyers in the windows, {least} needed", reasons)
    plain, arrays = forecaster_files.plain(done.forecaster)
    facts |= {
        "status": status,
        "reasons": reasons or _own_reasons(status, verdict.marks),
        "marks": list(verdict.marks),
        "backtest": asdict(found),
        "forecaster": plain,
        **_looked_at(lesson, done),
    }
    return Artefact(_finite(facts), arrays)


def _facts(lesson: Lesson, counts: dict[str, Any]) -> dict[str, Any]:
    horizon = lesson.horizon
    made_of = {
        "score": lesson.score,
        "method": lesson.definition.method,
        "definition": lesson.definition.trained_by(),
        "data": digest(lesson.log.until(lesson.day)),
        "day": lesson.day,
        "horizon": horizon,
        "seed": lesson.seed,
        "code": cdp.__version__,
        "features": hashlib.sha256(_FEATURES.sql.encode()).hexdigest()[:12],
    }
    as_of = lesson.as_of.astimezone(UTC)
    return {
        **made_of,
        "version": version_of(made_of),
        "what": lesson.question.what,
        "unit": lesson.question.unit or lesson.currency,
        "description": lesson.definition.description,
        "of": list(lesson.definition.of),
        "trained_at": as_of.isoformat(),
        "expires_at": (as_of + timedelta(days=horizon)).isoformat(),
        "horizon_days": horizon,
        "counts": counts,
        "currency": lesson.currency,
    }


def _counts(lesson: Lesson) -> dict[str, Any]:
    log = lesson.log.until(lesson.day)
    days = log.purchases.group_by("customer").len()["len"]
    is_empty = not len(days)
    last = log.rows["day"].to_numpy().max(initial=0)
    return {
        "customers": len(days),
        "repeaters": int((days > 1).sum()),
        "purchases": len(log.purchases),
        "with_amount": round(log.has_amounts, 4),
        "from": None if is_empty else date_of(log.first_day).isoformat(),
        "to": None if is_empty else date_of(int(last)).isoformat(),
    }


def _too_few(definition: PredictiveScore, counts: dict[str, Any]) -> list[str]:
    needs = [
        ("customers", "customers", definition.least_customers),
        ("repeaters", "customers who bought twice", definition.least_repeaters),
    ]
    return [f"{counts[k]:,} {what}, {n:,} needed" for k, what, n in needs if counts[k] < n]


def _short(status: Status, reason: str, reasons: list[str]) -> tuple[Status, list[str]]:
    if status == "insufficient_data":
        return status, reasons
    return "insufficient_data", [reason]


def _own_reasons(status: Status, marks: tuple[str, ...]) -> list[str]:
    """Return why the value is not published where the chance to buy is."""
    own = [mark.replace("_", " ") for mark in marks if mark.endswith(status)]
    return own if status != "published" else []


def _looked_at(lesson: Lesson, done: Study) -> dict[str, Any]:
    """Return what is typical, tenths, importance and the reference of drift."""
    forecaster = done.forecaster
    some = sampled(lesson.log.until(lesson.day), lesson.seed)
    rows = forecaster.rows_at(some, lesson.day)
    said = _said(lesson, forecaster, rows)
    before = forecaster.rows_at(some, lesson.day - forecaster.length)
    then = np.column_stack([rows.matrix, said])
    earlier = np.column_stack([before.matrix, _said(lesson, forecaster, before)])
    found: dict[str, Any] = {
        "typical": asdict(typical(forecaster, rows)),
        "cuts": evaluation.cuts(said),
        "drift": drift.reference([*rows.names, drift.SCORE], then, earlier, lesson.seed),
        "tenths": [],
        "importance": {},
    }
    if done.window is not None:
        past, customers = done.window
        came = lesson.question.came(lesson.definition, customers)

        def error(moved: Panel) -> float:
            return float(np.mean((_said(lesson, past, moved) - came) ** 2))

        found["tenths"] = evaluation.tenths(_said(lesson, past, customers), came)
        found["importance"] = evaluation.importance(customers, error, lesson.seed)
    return found


def _said(lesson: Lesson, forecaster: Forecaster, rows: Panel) -> NDArray[np.float64]:
    return lesson.question.value(lesson.definition, forecaster, rows)


def _finite(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON in which what is no number is null."""
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float | np.floating):
        return float(value) if isfinite(value) else None
    return value
