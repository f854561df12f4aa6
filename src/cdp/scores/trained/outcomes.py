"""What came of published forecasts once their horizon had passed.

A back-test tells how a model would have done; this tells how it did: the sum of what was said on
the day it was trained for against the sum of what came, and by how much its chances were surer
than those of the plain rule it was published against (Brier skill score, 1 less the quotient).

Invariants: a forecast is judged once, when its whole horizon is known, by the purchases that are
known then, so that whoever was erased since is on neither side; nothing here names a customer.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cdp.errors import StateError
from cdp.scores.predict import measures
from cdp.scores.trained.purchases import date_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from cdp.scores.predict.measures import Numbers
    from cdp.scores.trained.artefact import Artefact

OFF: Final = 0.25
"""Share by which a sum may be off, as in the verdict that a model is published by."""
MISSED: Final = "forecast_missed"
"""Mark of a score whose latest forecast to come due was wrong."""
FILE: Final = "outcomes.json"
MOST: Final = 24
_APART: Final = 4
"""Forecasts that wait are kept a quarter of their horizon apart."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one forecast.

    Attributes:
        model_version: who made it.
        day: from the end of which it looked ahead (ISO 8601).
        until: last day of its horizon.
        customers: of whom it was made; a sample of them where they are many.
        said: sum of what was said of them.
        came: sum of what came.
        total_error: by what share the sum was off; .1 is 10 % too many. None: nothing came.
        brier_skill: above 0 its chances were better than the plain rule's; None: no chances.
        is_missed: surely (95 %, customers drawn) off by more than a quarter, or surely worse than
            the plain rule.
    """

    model_version: str
    day: str
    until: str
    customers: int
    said: float
    came: float
    total_error: float | None
    brier_skill: float | None
    is_missed: bool


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What was said of each customer, and what came.

    Attributes:
        said: in the unit of the score.
        came: likewise.
        chances: the chance of each, that of the plain rule, and whether it came; None: it is
            no chance that is told.
    """

    said: Numbers
    came: Numbers
    chances: tuple[Numbers, Numbers, Numbers] | None


def judged(model: Artefact, told: Told, seed: int) -> Outcome:
    """Return what came of the forecast of a model."""
    said, came = told.said, told.came
    who = np.arange(len(said), dtype=np.uint32)

    def surely_above(gain: Numbers) -> bool:
        return measures.interval(gain, who, seed=seed)[0] > 0

    is_missed = surely_above(said - (1 + OFF) * came) or surely_above((1 - OFF) * came - said)
    skill = None
    if told.chances is not None:
        chance, plain, happened = told.chances
        better = (plain - happened) ** 2 - (chance - happened) ** 2
        least = measures.brier(plain, happened)
        skill = _finite(float(better.mean()) / least) if least > 0 else None
        is_missed = is_missed or surely_above(-better)
    day = model.facts["day"]
    return Outcome(
        model_version=model.version,
        day=date_of(day).isoformat(),
        until=date_of(day + model.facts["horizon_days"]).isoformat(),
        customers=len(said),
        said=round(float(said.sum()), 4),
        came=round(float(came.sum()), 4),
        total_error=_finite(measures.total_error(said, came)),
        brier_skill=skill,
        is_missed=is_missed,
    )


def brought_up(
    folder: Path, models: Iterable[Artefact], day: int, look: Callable[[Artefact], Told], seed: int
) -> tuple[Outcome, ...]:
    """Judge the forecasts of these models that are due by a day; return all, latest last."""
    known = read(folder)
    done = {one.model_version for one in known}
    new = [
        judged(model, told, seed)
        for model in models
        if model.version not in done and _is_due(model, day)
        if len((told := look(model)).said)
    ]
    if not new:
        return known
    found = tuple(sorted((*known, *new), key=lambda one: (one.until, one.day)))[-MOST:]
    text = json.dumps([asdict(one) for one in found], indent=1, allow_nan=False)
    unfinished = folder / f"{FILE}.new"
    unfinished.write_text(text + "\n", encoding="utf-8")
    unfinished.replace(folder / FILE)
    return found


def awaited(models: Iterable[Artefact], day: int) -> frozenset[str]:
    """Return the versions that are to be kept until their forecast is due."""
    found, last = [], -(1 << 30)
    waiting = [m for m in models if _is_told(m) and not _is_due(m, day)]
    for model in sorted(waiting, key=lambda one: int(one.facts["day"])):
        if model.facts["day"] - last >= model.facts["horizon_days"] / _APART:
            found.append(model.version)
            last = model.facts["day"]
    return frozenset(found)


def read(folder: Path) -> tuple[Outcome, ...]:
    """Return what came of the forecasts of a score, latest last.

    Raises:
        StateError: the file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        return tuple(Outcome(**row) for row in rows)
    except (ValueError, TypeError) as error:
        msg = f"{path} is damaged ({error}); remove it, and due forecasts are judged again"
        raise StateError(msg) from error


def sentence(outcome: Outcome) -> str:
    """Return what came of a forecast, for people."""
    off = "nothing came" if outcome.total_error is None else f"off by {outcome.total_error:+.0%}"
    skill = "" if outcome.brier_skill is None else f", Brier skill {outcome.brier_skill:+.2f}"
    return (
        f"of {outcome.model_version} on {outcome.day}, due {outcome.until}: {outcome.said:,.4g} "
        f"said, {outcome.came:,.4g} came, {off}{skill}"
    )


def page(outcomes: Iterable[Outcome]) -> str:
    """Return a section in Markdown about what came of forecasts; empty where none is due yet."""
    lines = [
        "| model | said on | due | customers | said | came | off by | Brier skill | |",
        f"|{' --- |' * 9}",
        *(_row(one) for one in reversed(tuple(outcomes))),
    ]
    return "\n".join(["## What came of it", "", *lines, ""]) if len(lines) > 2 else ""  # noqa: PLR2004 - its head


def _row(one: Outcome) -> str:
    cells = (
        *(f"`{one.model_version}`", one.day, one.until, f"{one.customers:,}"),
        *(f"{one.said:,.4g}", f"{one.came:,.4g}"),
        "unknown" if one.total_error is None else f"{one.total_error:+.0%}",
        "" if one.brier_skill is None else f"{one.brier_skill:+.2f}",
        "missed" if one.is_missed else "",
    )
    return f"| {' | '.join(cells)} |"


def _is_told(model: Artefact) -> bool:
    return bool(model.facts["status"] == "published")


def _is_due(model: Artefact, day: int) -> bool:
    return _is_told(model) and model.facts["day"] + model.facts["horizon_days"] <= day


def _finite(value: float) -> float | None:
    return round(value, 6) if isfinite(value) else None
