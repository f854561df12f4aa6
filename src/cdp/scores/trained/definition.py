"""What every predictive score declares: how far it looks, when it is trained anew, what it needs.

Invariant: what a score needs at least may be raised, never lowered.
"""

import hashlib
import json
from typing import Final

from pydantic import Field, field_validator

from cdp.scores.method import ScoreDefinition
from cdp.settings.cron import checked

LEAST_CUSTOMERS: Final = 200
LEAST_REPEATERS: Final = 100
LEAST_BUYERS: Final = 50
_SHOWN: Final = {"description", "bands", "retrain"}
"""What a definition says that a model does not depend on."""


class PredictiveScore(ScoreDefinition):
    """A score by a model that is trained on the past of the workspace's own orders."""

    horizon_days: int | None = Field(
        None, ge=7, le=730, description="days that it looks ahead; default: that of its method"
    )
    retrain: int | str | None = Field(
        None,
        description="when to train anew: a number of days, or five fields of cron; default: when "
        "the model is as old as its horizon is long, or the data have drifted",
    )
    least_customers: int = Field(
        LEAST_CUSTOMERS, ge=LEAST_CUSTOMERS, description="customers without whom none is trained"
    )
    least_repeaters: int = Field(
        LEAST_REPEATERS, ge=LEAST_REPEATERS, description="of these, such as bought twice"
    )
    least_buyers: int = Field(
        LEAST_BUYERS, ge=LEAST_BUYERS, description="buyers in all windows of the back-test"
    )

    @field_validator("retrain")
    @classmethod
    def _is_a_time(cls, value: int | str | None) -> int | str | None:
        if isinstance(value, str):
            return checked(value)
        if value is not None and value < 1:
            msg = "train at most once a day: write 1 or more days"
            raise ValueError(msg)
        return value

    def trained_by(self) -> str:
        """Return a hash of what a model depends on: another one means another model."""
        said = self.model_dump(mode="json", exclude=_SHOWN)
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:12]
