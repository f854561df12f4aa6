"""How likely somebody is to end a contract within a horizon: an event that is declared ends it."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from pydantic import Field
from scipy.special import expit

from cdp.errors import StateError
from cdp.scores.bought import currency
from cdp.scores.explain_trees import Explainer
from cdp.scores.method import METHODS, Method, Standing
from cdp.scores.predict.contract import ContractModel
from cdp.scores.trained import contract_facts, words
from cdp.scores.trained.artefact import Artefact
from cdp.scores.trained.contract_facts import FACTS
from cdp.scores.trained.contract_training import Lesson, came_of, drifted, revived, trained
from cdp.scores.trained.deciding import Case, decided, holds
from cdp.scores.trained.definition import PredictiveScore
from cdp.scores.trained.outcomes import Told
from cdp.scores.trained.parts import Parts, secant
from cdp.scores.trained.purchases import last_day
from cdp.scores.trained.versions import Versions
from cdp.stage import Run

_DIGITS = 4


class ContractChurn(PredictiveScore):
    """The chance that a running contract ends within `horizon_days` (default 30)."""

    ends: str = Field(description="type of interaction that ends a contract")
    begins: str | None = Field(
        None, description="type that begins one; default: the first thing known of a customer"
    )
    least_ended: int = Field(
        50, ge=50, description="contracts that ended, and such that went on, to learn from"
    )

    @property
    def horizon(self) -> int:
        """Days to look ahead."""
        return self.horizon_days or 30


def _judge(run: Run, definitions: Mapping[str, ContractChurn]) -> dict[str, Standing]:
    contract_facts.gather(run)
    return {name: _judged(run, name, one) for name, one in sorted(definitions.items())}


def _judged(run: Run, name: str, definition: ContractChurn) -> Standing:
    day = last_day(run)
    days = contract_facts.cut_days(day, definition.horizon)
    case = Case.of(run, name, definition)

    def at(*days: int) -> pl.DataFrame:
        return contract_facts.facts_at(run, name, definition, days)

    def train() -> Artefact:
        return trained(Lesson(name, definition, at(*days), at(day), day, run.as_of, run.seed))

    def look(model: Artefact) -> Told:
        return came_of(model, at(int(model.facts["day"])))

    is_older = case.model is not None and case.model.facts["day"] < day
    moved = drifted(case.model, definition, at(day)) if case.model and is_older else None
    return decided(case, moved, train, look)


def _compute(run: Run, definitions: Mapping[str, ContractChurn]) -> None:
    for name, definition in definitions.items():
        _score(run, name, definition, touched=False)


def _reach(run: Run, definitions: Mapping[str, ContractChurn]) -> bool:
    """A chance follows from a customer's own events: nobody else's moves."""
    _ = run, definitions
    return True


def _again(run: Run, definitions: Mapping[str, ContractChurn]) -> None:
    contract_facts.refresh(run)
    for name, definition in definitions.items():
        _score(run, name, definition, touched=True)


def _score(run: Run, name: str, definition: ContractChurn, *, touched: bool) -> None:
    artefact = Versions(run.workspace.home, name).load()
    if artefact is None:
        msg = f"the model of {name} is gone; `cdp score train {name}` makes one"
        raise StateError(msg)
    days = [last_day(run)]
    facts = contract_facts.facts_at(run, name, definition, days, touched=touched)
    if not len(facts):
        return
    parts = _parts(revived(artefact), facts.select(tuple(FACTS)))
    ids = facts["profile_id"]
    points = words.points(parts, _told(facts, currency(run.warehouse)), ids, _DIGITS)
    run.warehouse.insert("step.score_point", points.with_columns(score=pl.lit(name)))
    cuts = np.array(artefact.facts["cuts"])
    detail = pl.DataFrame(
        {"profile_id": ids, "decile": np.searchsorted(cuts, parts.value, side="right") + 1}
    ).with_columns(
        score=pl.lit(name), detail=pl.lit(f'{{"horizon_days":{artefact.facts["horizon_days"]}}}')
    )
    run.warehouse.insert("step.score_detail", detail)


def _parts(model: ContractModel, facts: pl.DataFrame) -> Parts:
    """Return chances and what each fact adds: the regression exactly, the trees by Shapley."""
    matrix = model.encoding.matrix(facts)
    added = model.encoding.standard(matrix) * model.weights[:-1]
    typical = float(model.weights[-1])
    if model.trees is not None:
        explainer = Explainer.of(model.trees, matrix.shape[1])
        added = (added + explainer.values(matrix)) / 2
        typical = (typical + explainer.expected) / 2
    margin = typical + added.sum(axis=1)
    value, base = np.asarray(expit(margin)), float(expit(typical))
    return Parts(base, added * secant(margin, typical, value, base)[:, None], value)


def _told(facts: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Return what each fact says of each customer, in the order of the facts."""
    return facts.select(
        pl.when(pl.col(name).is_null())
        .then(pl.lit(f"{name.replace('_', ' ')}: never"))
        .otherwise(_sentence(text, name, currency))
        .alias(name)
        for name, text in FACTS.items()
    )


def _sentence(text: str, name: str, currency: str) -> pl.Expr:
    said = (pl.col(name).round().cast(pl.Int64), pl.lit(currency))[: text.count("{}")]
    return pl.format(text, *said) if said else pl.lit(text)


METHODS.add(
    "contract_churn",
    Method("contract_churn", ContractChurn, _compute, _reach, _again, _judge, holds),
)
