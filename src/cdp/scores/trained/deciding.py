"""Train a model now, or keep the one that counts: the rules that every predictive score goes by.

Invariant: a model that counts never learned from anything after the run's moment; one that
somebody went back to is kept until somebody asks for another; a model that knows what came of a
forecast that missed is not trained anew because of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from cdp.scores.method import TOLD, Standing
from cdp.scores.trained import drift, outcomes
from cdp.scores.trained.pages import draw
from cdp.scores.trained.purchases import date_of, last_day, moment_of
from cdp.scores.trained.versions import Versions
from cdp.settings.cron import next_due

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cdp.scores.trained.artefact import Artefact
    from cdp.scores.trained.definition import PredictiveScore
    from cdp.scores.trained.outcomes import Outcome
    from cdp.stage import Run

    Drift = tuple[str, float, float]

AGAIN: Final = timedelta(days=7)
"""After which what was refused is tried again."""


@dataclass(frozen=True, slots=True)
class Case:
    """One score with the model that counts, before it is decided on."""

    versions: Versions
    definition: PredictiveScore
    as_of: datetime
    model: Artefact | None
    is_pinned: bool
    zone: ZoneInfo
    is_asked: bool
    day: int
    seed: int

    @staticmethod
    def of(run: Run, name: str, definition: PredictiveScore) -> Case:
        """Return the case of a score in a run."""
        versions = Versions(run.workspace.home, name)
        pointer = versions.pointer()
        return Case(
            versions,
            definition,
            run.as_of,
            versions.load() if pointer else None,
            bool(pointer and pointer.is_pinned),
            ZoneInfo(run.workspace.about.time_zone),
            name in run.train,
            last_day(run),
            run.seed,
        )


def decided(
    case: Case,
    moved: Drift | None,
    train: Callable[[], Artefact],
    look: Callable[[Artefact], outcomes.Told],
) -> Standing:
    """Return what the model of a score may tell, trained anew where there is a reason.

    `look` tells what an earlier model said of whom on its day, and what came.
    """
    outcome = _came_due(case, look)
    notes = (outcomes.sentence(outcome),) if outcome else ()
    why = _why_train(case, moved, outcome)
    if why is None:
        assert case.model is not None  # noqa: S101 - without one there is a reason to train
        standing = _standing(case.model, moved, is_pinned=case.is_pinned, notes=_watched(moved))
        return _with_outcome(standing, outcome, notes)
    model = train()
    waiting = outcomes.awaited(case.versions.every(), case.day)
    case.versions.save(model, lambda folder: draw(model, folder), waiting)
    note = f"trained {model.version} ({why})"
    return _with_outcome(_standing(model, None, is_pinned=False, notes=(note,)), outcome, notes)


def _came_due(case: Case, look: Callable[[Artefact], outcomes.Told]) -> Outcome | None:
    """Return what came of the forecast that came due last; None where none has yet."""
    kind = case.definition.trained_by()
    mine = [one for one in case.versions.every() if one.facts["definition"] == kind]
    found = outcomes.brought_up(case.versions.folder, mine, case.day, look, case.seed)
    known = [one for one in found if one.until <= date_of(case.day).isoformat()]
    return known[-1] if known else None


def _with_outcome(standing: Standing, outcome: Outcome | None, notes: tuple[str, ...]) -> Standing:
    if outcome is None:
        return standing
    return replace(
        standing,
        marks=(*standing.marks, *((outcomes.MISSED,) if outcome.is_missed else ())),
        matured_version=outcome.model_version,
        matured_on=date.fromisoformat(outcome.until),
        total_error=outcome.total_error,
        brier_skill=outcome.brier_skill,
        notes=(*standing.notes, *notes),
    )


def holds(
    run: Run, definitions: Mapping[str, PredictiveScore], before: Mapping[str, Standing]
) -> bool:
    """Return whether the models that count are those that were judged."""
    for name in definitions:
        pointer = Versions(run.workspace.home, name).pointer()
        known = before.get(name)
        if pointer is None or known is None or pointer.version != known.model_version:
            return False
    return True


def _why_train(case: Case, moved: Drift | None, outcome: Outcome | None) -> str | None:
    """Return why a model is to be trained now, None where it is not."""
    if case.is_asked:
        return "asked for"
    if case.model is None:
        return "there was none"
    facts = case.model.facts
    if facts["definition"] != case.definition.trained_by():
        return "its definition is another"
    if moment_of(facts["trained_at"]) > case.as_of:
        return "the one there knows what came later"
    if case.is_pinned:
        return None
    return _of_age(case, facts) or _of_drift(facts, moved) or _of_outcome(facts, outcome)


def _of_age(case: Case, facts: Mapping[str, Any]) -> str | None:
    trained_at = moment_of(facts["trained_at"])
    as_of, retrain = case.as_of, case.definition.retrain
    if facts["status"] not in TOLD and as_of - trained_at >= AGAIN:
        return "the one before was refused, and a week has passed"
    if as_of >= moment_of(facts["expires_at"]):
        return f"the one before was {(as_of - trained_at).days} days old"
    if isinstance(retrain, int):
        is_due = as_of - trained_at >= timedelta(days=retrain)
    else:
        is_due = retrain is not None and next_due(retrain, case.zone, trained_at) <= as_of
    return "its schedule says so" if is_due else None


def _of_drift(facts: Mapping[str, Any], moved: Drift | None) -> str | None:
    if moved is None or facts["status"] not in TOLD or moved[1] <= moved[2]:
        return None
    return f"{moved[0]} has drifted: PSI {moved[1]:.2f}, limit {moved[2]:.2f}"


def _of_outcome(facts: Mapping[str, Any], outcome: Outcome | None) -> str | None:
    """Return why a model is trained anew that has not learned yet what came of the forecast."""
    if outcome is None or not outcome.is_missed:
        return None
    has_learned = date_of(facts["day"]).isoformat() >= outcome.until
    return None if has_learned else f"a forecast missed: {outcomes.sentence(outcome)}"


def _watched(moved: Drift | None) -> tuple[str, ...]:
    if moved is None or moved[1] <= drift.WARN:
        return ()
    return (f"{moved[0]} has moved: PSI {moved[1]:.2f}, trained anew above {moved[2]:.2f}",)


def _standing(
    model: Artefact, moved: Drift | None, *, is_pinned: bool, notes: tuple[str, ...]
) -> Standing:
    facts = model.facts
    told = "" if facts["status"] == "published" else f"{facts['status']}: "
    why = told + "; ".join([*facts["reasons"], *facts["marks"]])
    return Standing(
        status=facts["status"],
        model_version=model.version,
        reasons=tuple(facts["reasons"]),
        marks=tuple(facts["marks"]),
        horizon_days=facts["horizon_days"],
        trained_at=moment_of(facts["trained_at"]),
        expires_at=moment_of(facts["expires_at"]),
        customers=facts["counts"]["customers"],
        drift=moved[1] if moved else None,
        drift_of=moved[0] if moved else None,
        drift_limit=moved[2] if moved else None,
        is_pinned=is_pinned,
        notes=(*notes, why) if why else notes,
    )
