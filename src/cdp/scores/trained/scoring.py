"""Score customers with the model that counts: values, deciles, reasons, and what goes with them.

Invariant: what is told of a customer follows from their own purchases and the frozen model alone,
so that a few customers get what they would get among all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cdp.errors import StateError
from cdp.scores.bought import currency
from cdp.scores.method import METHODS, Method
from cdp.scores.trained import deciding, judging, purchases, words
from cdp.scores.trained.forecaster_files import revived
from cdp.scores.trained.parts import Typical
from cdp.scores.trained.question import QUESTIONS, Asked
from cdp.scores.trained.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdp.scores.trained.definition import PredictiveScore
    from cdp.scores.trained.question import Question
    from cdp.stage import Run


def offer(name: str, definition: type[PredictiveScore], question: Question) -> None:
    """Register a scoring method that asks this of the forecast of purchases."""
    QUESTIONS[name] = question
    METHODS.add(
        name,
        Method(name, definition, _compute, _reach, _again, judging.judged, deciding.holds),
    )


def _compute(run: Run, definitions: Mapping[str, PredictiveScore]) -> None:
    for name, definition in definitions.items():
        _score(run, name, definition, touched=False)


def _reach(run: Run, definitions: Mapping[str, PredictiveScore]) -> bool:
    """Predictions follow from a customer's own purchases: nobody else's move."""
    _ = run, definitions
    return True


def _again(run: Run, definitions: Mapping[str, PredictiveScore]) -> None:
    purchases.refresh(run)
    for name, definition in definitions.items():
        _score(run, name, definition, touched=True)


def _score(run: Run, name: str, definition: PredictiveScore, *, touched: bool) -> None:
    """Add the points and details of one score."""
    model = Versions(run.workspace.home, name).load()
    if model is None:
        msg = f"the model of {name} is gone; `cdp score train {name}` makes one"
        raise StateError(msg)
    question, forecaster = QUESTIONS[definition.method], revived(model)
    log, day = purchases.log_of(run, definition.of, touched=touched), purchases.last_day(run)
    rows = forecaster.rows_at(log, day)
    if not len(rows.cut):
        return
    asked = Asked(
        definition,
        forecaster,
        rows,
        Typical(**model.facts["typical"]),
        model.facts,
        day,
        currency(run.warehouse),
    )
    parts = question.parts(asked)
    ids = log.ids.gather(pl.Series(rows.customer)).alias("profile_id")
    told = words.sentences(forecaster, rows, asked.currency)
    points = words.points(parts, told, ids, question.digits)
    run.warehouse.insert("step.score_point", points.with_columns(score=pl.lit(name)))
    cuts = np.array(model.facts["cuts"])
    decile = np.searchsorted(cuts, parts.value, side="right").astype(np.intp) + 1
    detail = question.detail(asked, decile)
    run.warehouse.insert(
        "step.score_detail",
        pl.DataFrame({"profile_id": ids, "decile": decile}).with_columns(
            score=pl.lit(name), detail=detail.to_struct().struct.json_encode()
        ),
    )
