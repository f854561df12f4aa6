"""What a scoring method is, and the registry that finds them.

Invariant: the points of a score add up to its value, so its explanation is the score.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field, field_validator

from cdp.registry import Registry
from cdp.settings import Strict
from cdp.stage import Run

EntityType = Literal["person", "organisation", "visitor"]


class ScoreDefinition(Strict):
    """What every score declares, whatever its method."""

    method: str = Field(description="how it is computed: the name of a scoring method")
    description: str = Field("", description="one sentence: what a high value means")
    of: tuple[EntityType, ...] = Field(
        ("person",), min_length=1, description="who has this score: person, organisation, visitor"
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
    """

    name: str
    definition: type[D]
    compute: Callable[[Run, Mapping[str, D]], None]
    reach: Callable[[Run, Mapping[str, D]], bool] | None = None
    again: Callable[[Run, Mapping[str, D]], None] | None = None


METHODS: Registry[Method[Any]] = Registry("scoring method", "cdp.scores.methods")
