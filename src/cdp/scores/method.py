"""What a scoring method is, and the registry that finds them.

Invariant: the points of a score add up to its value, so its explanation is the score.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field, field_validator

from cdp.registry import Registry
from cdp.settings import Strict
from cdp.stage import Run

EntityType = Literal["person", "organisation", "group", "visitor"]


class ScoreDefinition(Strict):
    """What every score declares, whatever its method."""

    method: str = Field(description="how it is computed: the name of a scoring method")
    description: str = Field("", description="one sentence: what a high value means")
    of: tuple[EntityType, ...] = Field(
        ("person",),
        min_length=1,
        description="who has this score: person, organisation, group, visitor",
    )
    bands: dict[str, float] = Field(
        default_factory=dict,
        description="name of a band: lowest value in it; a value below all of them has no band",
    )

    @field_validator("bands")
    @classmethod
    def _bands_differ(cls, bands: dict[str, float]) -> dict[str, float]:
        if len(set(bands.values())) < len(bands):
            msg = "two bands begin at the same value; give each its own"
            raise ValueError(msg)
        return bands

    def version(self) -> str:
        """Return a hash of the definition: the same text means the same score."""
        text = json.dumps(self.model_dump(mode="json", exclude={"description"}), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


D = TypeVar("D", bound=ScoreDefinition)

Status = Literal[
    "published",
    "ranking_only",
    "insufficient_data",
    "not_better_than_baseline",
    "leak_suspected",
]
TOLD: tuple[Status, ...] = ("published", "ranking_only")
"""Standings in which a model says something of a profile; in the others RFM stands in."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the model of a predictive score may say, and how it has aged.

    Attributes:
        status: whether values, only ranks, or nothing may be told.
        model_version: hash of what it was trained from.
        reasons: why it has that status, for people.
        marks: what else a reader must know.
        horizon_days: days it looks ahead.
        trained_at: the moment it was trained for (UTC).
        expires_at: the moment after which it is trained anew (UTC).
        customers: how many it was trained on.
        drift: greatest population stability index since then, None where none was measured.
        drift_of: which feature (or the score) that is.
        drift_limit: index above which it is trained anew.
        is_pinned: somebody went back to it.
        matured_version: whose forecast came due last, None where none has yet.
        matured_on: last day of what that looked ahead to.
        total_error: by what share the sum of what it said was off.
        brier_skill: how much surer its chances were than the plain rule's; None: no chances.
        notes: what happened in this run, for people.
    """

    status: Status
    model_version: str
    reasons: tuple[str, ...]
    marks: tuple[str, ...]
    horizon_days: int
    trained_at: datetime
    expires_at: datetime
    customers: int
    drift: float | None = None
    drift_of: str | None = None
    drift_limit: float | None = None
    is_pinned: bool = False
    matured_version: str | None = None
    matured_on: date | None = None
    total_error: float | None = None
    brier_skill: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        """Whether the model says anything of a profile."""
        return self.status in TOLD


@dataclass(frozen=True, slots=True)
class Method(Generic[D]):
    """One way to compute scores.

    Attributes:
        name: what a definition writes under `method`.
        definition: the pydantic model of such a definition.
        compute: adds the points of these scores, by name, to `step.score_point` (profile_id,
            score, because, points); a row without `because` makes sure that a profile has
            the score even if nothing gives it points.
        reach: adds to `step.touched_profile_id` everybody else whose points a change of the
            touched ones moves; returns whether it can tell.
        again: adds the points of touched profiles alone. A method without these two computes
            everybody's scores in every run.
        judge: of a method with trained models: sees to it that each score has one, and returns
            what it may say. Scores whose model may say nothing are not computed; RFM stands in.
        holds: whether what models were judged to say still holds in a run on a delta.
    """

    name: str
    definition: type[D]
    compute: Callable[[Run, Mapping[str, D]], None]
    reach: Callable[[Run, Mapping[str, D]], bool] | None = None
    again: Callable[[Run, Mapping[str, D]], None] | None = None
    judge: Callable[[Run, Mapping[str, D]], Mapping[str, Standing]] | None = None
    holds: Callable[[Run, Mapping[str, D], Mapping[str, Standing]], bool] | None = None


METHODS: Registry[Method[Any]] = Registry("scoring method", "cdp.scores.methods")
