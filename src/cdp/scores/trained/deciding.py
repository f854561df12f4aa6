"""Train a model now, or keep the one that counts: the rules that every predictive score goes by.

Invariant: a model that counts never learned from anything after the run's moment; one that
somebody went back to is kept until somebody asks for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from cdp.scores.method import TOLD, Standing
from cdp.scores.trained import drift
from cdp.scores.trained.pages import draw
from cdp.scores.trained.purchases import moment_of
from cdp.scores.trained.versions import Versions
from cdp.settings.cron import next_due

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from cdp.scores.trained.artefact import Artefact
    from cdp.scores.trained.definition import PredictiveScore
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
        )


def decided(case: Case, moved: Drift | None, train: Callable[[], Artefact]) -> Standing:
    """Return what the model of a score may tell, trained anew where there is a reason."""
    why = _why_train(case, moved)
    if why is None:
        assert case.model is not None  # noqa: S101 - without one there is a reason to train
        return _standing(case.model, moved, is_pinned=case.is_pinned, notes=_watched(moved))
    model = train()
    case.versions.save(model, lambda folder: draw(model, folder))
    note = f"trained {model.version} ({why})"
    return _standing(model, None, is_pinned=False, notes=(note,))


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


def _why_train(case: Case, moved: Drift | None) -> str | None:
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
    return _of_age(case, facts) or _of_drift(facts, moved)


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
