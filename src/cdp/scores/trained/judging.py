"""See to it that each score that asks of purchases has a model, and say what that may tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cdp.scores.bought import currency
from cdp.scores.predict.panel import panel, sampled
from cdp.scores.trained import drift, purchases
from cdp.scores.trained.deciding import Case, decided
from cdp.scores.trained.forecaster_files import revived
from cdp.scores.trained.outcomes import Told
from cdp.scores.trained.question import QUESTIONS
from cdp.scores.trained.training import Lesson, Studies, trained

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.scores.method import Standing
    from cdp.scores.trained.artefact import Artefact
    from cdp.scores.trained.deciding import Drift
    from cdp.scores.trained.definition import PredictiveScore
    from cdp.stage import Run


def judged(run: Run, definitions: Mapping[str, PredictiveScore]) -> dict[str, Standing]:
    """Return what the model of each score may tell, trained anew where it has to be."""
    purchases.gather(run)
    found: dict[str, Standing] = {}
    studies: Studies = {}
    for name, definition in sorted(definitions.items()):
        found[name] = _judged(run, name, definition, studies)
    return found


def _judged(run: Run, name: str, definition: PredictiveScore, studies: Studies) -> Standing:
    case, lesson = Case.of(run, name, definition), _lesson(run, name, definition)
    return decided(
        case,
        _drift(case.model, lesson),
        lambda: trained(lesson, studies),
        lambda model: _came(model, lesson),
    )


def _lesson(run: Run, name: str, definition: PredictiveScore) -> Lesson:
    return Lesson(
        score=name,
        definition=definition,
        question=QUESTIONS[definition.method],
        log=purchases.log_of(run, definition.of),
        day=purchases.last_day(run),
        as_of=run.as_of,
        currency=currency(run.warehouse),
        seed=run.seed,
    )


def _drift(model: Artefact | None, lesson: Lesson) -> Drift | None:
    """Return which feature, or the score, moved most since the model was trained, None: unknown."""
    if model is None or "drift" not in model.facts or model.facts["day"] >= lesson.day:
        return None
    if model.facts["definition"] != lesson.definition.trained_by():
        return None
    forecaster = revived(model)
    rows = forecaster.rows_at(sampled(lesson.log, lesson.seed), lesson.day)
    said = lesson.question.value(lesson.definition, forecaster, rows)
    now = np.column_stack([rows.matrix, said])
    return drift.worst(model.facts["drift"], [*rows.names, drift.SCORE], now)


def _came(model: Artefact, lesson: Lesson) -> Told:
    """Return what a model said on its day of (a sample of) the customers, and what came."""
    forecaster, day = revived(model), int(model.facts["day"])
    some = sampled(lesson.log, lesson.seed)
    rows = forecaster.rows_at(some, day)
    fitted = forecaster.rhythm, forecaster.basket, forecaster.common
    later = panel(some, [day], forecaster.horizon, fitted=fitted)
    question = lesson.question
    said = question.value(lesson.definition, forecaster, rows)
    came = question.came(lesson.definition, later)
    if question.unit != "probability":
        return Told(said, came, None)
    return Told(said, came, (forecaster.outlook(rows).p, forecaster.plain(rows).p, later.bought))
