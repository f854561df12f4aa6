"""`scorecard.yaml`: gates that a run must pass, canaries, and labelled records."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, model_validator

from cdp.settings import Declared, Strict

METRICS: Final = {
    "records": "delivered records of persons and organisations",
    "profiles": "live profiles of persons and organisations",
    "records_per_profile": "mean records of a profile",
    "single_record_share": "share of the profiles that hold one record",
    "largest_profile": "records of the largest profile",
    "profiles_over_20_records": "profiles of more than 20 records",
    "id_churn": "share of the ids of the last passed run that were merged away, split or emptied",
    "ids_born": "ids issued since the last passed run",
    "ids_merged": "ids merged into others since the last passed run",
    "ids_split": "ids that lost records to others since the last passed run",
    "ids_emptied": "ids left without records since the last passed run",
    "two_birth_dates": "share of the profiles whose records state two birth dates or more",
    "two_national_ids": "share of the profiles whose records state two national ids or more",
    "joined_against_the_odds": "share of the joined pairs that alone are more likely two than one",
    "unsure_pairs": "scored pairs with a probability between .1 and .9",
    "expected_wrong_pairs": "pairs of records of one profile that are expected to be two",
    "expected_missed_pairs": "pairs of records of two profiles that are expected to be one",
    "contact_in_several_profiles": "share of the e-mails and phones that several profiles hold",
    "same_name_and_birth_date": "share of full names with a birth date that several profiles hold",
    "weight_drift": "population stability index of the match weights against the last passed run; "
    "above .2 the data are others than before",
    "canaries_broken": "declared pairs that are not where they must be",
    "labelled_pairs": "pairs of labelled records that are one or were joined",
    "precision": "share of the joined labelled pairs that are one",
    "recall": "share of the labelled pairs that are one and were joined",
    "f1": "harmonic mean of precision and recall",
    "decided_pairs": "pairs that stewards decided on and the model scored",
    "agreement_with_stewards": "share of those on which the model alone says the same",
}
"""Every metric with what it says."""


class Gate(Strict):
    """The values of a metric with which a run may be published."""

    min: float | None = Field(None, description="smallest value that passes")
    max: float | None = Field(None, description="largest value that passes")

    @model_validator(mode="after")
    def _some_bound(self) -> Self:
        if self.min is None and self.max is None:
            msg = "gives no bound; give min, max or both"
            raise ValueError(msg)
        return self

    def passes(self, value: float) -> bool:
        """Return whether the value lies within the bounds."""
        low = self.min is None or value >= self.min
        return low and (self.max is None or value <= self.max)


class Canary(Strict):
    """Two records whose fate is known."""

    together: tuple[str, str] | None = Field(None, description="records that must be one")
    apart: tuple[str, str] | None = Field(None, description="records that must not be one")
    why: str = Field("", description="how that is known")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.together is None) == (self.apart is None):
            msg = "must say either together or apart"
            raise ValueError(msg)
        return self

    @property
    def pair(self) -> tuple[str, str]:
        """The two records."""
        pair = self.together or self.apart
        assert pair is not None  # noqa: S101 - the validator saw to it
        return pair


def _known(gates: dict[str, Gate]) -> dict[str, Gate]:
    unknown = sorted(gates.keys() - METRICS.keys())
    if unknown:
        msg = f"{', '.join(unknown)} is no metric; there are: {', '.join(METRICS)}"
        raise ValueError(msg)
    return gates


class ScorecardFile(Strict):
    """What a run is measured by before it may be published."""

    gates: dict[str, Gate] = Field(
        default_factory=lambda: {"canaries_broken": Gate(min=None, max=0)},
        description="bounds by metric; a run that breaches one publishes nothing",
    )
    canaries: list[Canary] = Field(default=[], description="pairs whose fate is known")
    labels: dict[str, str] = Field(
        default={},
        description="entity by record id, for records of which it is known who they are",
    )

    @model_validator(mode="after")
    def _gates(self) -> Self:
        _known(self.gates)
        return self


SCORECARD: Final = Declared("scorecard.yaml", ScorecardFile, required=False)
