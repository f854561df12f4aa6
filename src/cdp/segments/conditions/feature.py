"""`feature`: a fact about the member as of the run's moment."""

from pydantic import Field, field_validator
from sqlglot import exp

from cdp.segments.comparison import NeededComparison
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.naming import unknown
from cdp.segments.scope import Scope, fields, pick

_TABLE = "gold.feature"


class Feature(Condition, NeededComparison):
    """A field of gold.feature."""

    feature: str = Field(description="name of the feature: orders, recency_days, ...")

    @field_validator("feature")
    @classmethod
    def _is_known(cls, name: str) -> str:
        known = fields(_TABLE)
        if name not in known:
            raise ValueError(unknown("feature", name, known))
        return name

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member's feature satisfies the comparisons."""
        value = exp.column(self.feature, table="it")
        like = self.compare(pick(self.feature, _TABLE), scope, value)
        return scope.one_row(_TABLE, like)


CONDITIONS.add("feature", Feature)
