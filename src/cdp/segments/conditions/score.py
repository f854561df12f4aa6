"""`score`: the value, band, tenth or status of a score of the member."""

from typing import Literal, Self

from pydantic import Field, model_validator
from sqlglot import exp

from cdp.segments.comparison import Comparison
from cdp.segments.condition import CONDITIONS, Condition
from cdp.segments.naming import unknown
from cdp.segments.scope import ConditionError, Scope, pick

_TABLE = "gold.score"
Status = Literal["published", "ranking_only", "insufficient_data", "not_better_than_baseline"]


class Score(Condition, Comparison):
    """A score's value within bounds, its band, tenth or status; `exists: false`: there is none."""

    score: str = Field(description="name of the score, as its file is called")
    band: tuple[str, ...] | str | None = Field(None, description="band, or bands, it falls in")
    top_deciles: int | None = Field(
        None, ge=1, le=9, description="only in the best so many tenths of a predictive score"
    )
    decile: Comparison | None = Field(
        None, description="its tenth of a predictive score, 1 to 10 (highest): {at_least: 9}"
    )
    status: tuple[Status, ...] | Status | None = Field(
        None, description="what the model may say: published, ranking_only, insufficient_data, ..."
    )

    @model_validator(mode="after")
    def _compares(self) -> Self:
        if self.exists is False and len(self._asked()) > 1:
            msg = "`exists: false` says that there is no such score; nothing can go with it"
            raise ValueError(msg)
        if self.decile is not None and not self.decile.given():
            msg = "`decile` compares: give `at_least: 9` or another comparison of numbers"
            raise ValueError(msg)
        if not self._asked():
            msg = (
                "give `band`, `decile`, `top_deciles`, `status` or a comparison such as `at_least`"
            )
            raise ValueError(msg)
        return self

    def _asked(self) -> list[object]:
        more = (self.band, self.top_deciles, self.decile, self.status)
        return [*self.given().values(), *(one for one in more if one is not None)]

    def predicate(self, scope: Scope) -> exp.Expr:
        """Return whether the member has the score with such a value."""
        if self.score not in scope.scores:
            raise ConditionError(unknown("score", self.score, sorted(scope.scores)))
        of_it = _column("score").eq(scope.bind(self.score))
        if self.exists is False:
            return exp.not_(scope.one_row(_TABLE, exp.true(), of_it))
        like: list[exp.Expr] = []
        if self.given().keys() - {"exists"}:
            like.append(self.compare(pick("value", _TABLE), scope, _column("value")))
        for name, wanted in (("band", self.band), ("status", self.status)):
            if wanted is not None:
                chosen = Comparison.model_validate({"one_of": _several(wanted)})
                like.append(chosen.compare(pick(name, _TABLE), scope, _column(name)))
        tenths = [] if self.decile is None else [self.decile]
        if self.top_deciles is not None:
            tenths.append(Comparison.model_validate({"more_than": 10 - self.top_deciles}))
        like += [one.compare(pick("decile", _TABLE), scope, _column("decile")) for one in tenths]
        return scope.one_row(_TABLE, exp.and_(*like) if like else exp.true(), of_it)


def _several(wanted: tuple[str, ...] | str) -> tuple[str, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def _column(name: str) -> exp.Column:
    return exp.column(name, table="it")


CONDITIONS.add("score", Score)
