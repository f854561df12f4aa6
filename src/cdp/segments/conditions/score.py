"""`score`: the value or the band of a score of the member."""

from typing import Self

from pydantic import Field, model_validator
from sqlglot import exp

from cdp.segments.comparison import Comparison
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.scope import ConditionError, Scope, exists, pick

_TABLE = "gold.score"


class Score(Condition, Comparison):
    """A score's value within bounds, or its band; `exists: false` means that there is none."""

    score: str = Field(description="name of the score, as its file is called")
    band: tuple[str, ...] | str | None = Field(None, description="band, or bands, it falls in")

    @model_validator(mode="after")
    def _compares(self) -> Self:
        if self.band is None and not self.given():
            msg = "give `band` or a comparison such as `at_least`"
            raise ValueError(msg)
        return self

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member has the score with such a value."""
        if self.score not in scope.scores:
            known = ", ".join(sorted(scope.scores)) or "none"
            msg = f"unknown score {self.score!r}; known: {known}"
            raise ConditionError(msg)
        rows = scope.rows(_TABLE).where(exp.column("score", table="it").eq(scope.bind(self.score)))
        if self.exists is False:
            return exp.not_(exists(rows))
        if self.given():
            rows = rows.where(self.compare(pick("value", _TABLE), scope, "it"))
        if self.band is not None:
            bands = Comparison.model_validate({"one_of": _several(self.band)})
            rows = rows.where(bands.compare(pick("band", _TABLE), scope, "it"))
        return exists(rows)


def _several(band: tuple[str, ...] | str) -> tuple[str, ...]:
    return band if isinstance(band, tuple) else (band,)


CONDITIONS.add("score", Score)
