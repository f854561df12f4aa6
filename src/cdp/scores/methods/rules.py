"""Scores by weighted rules: what somebody did, fading with time, and what is known of them.

An event gives `points * 0.5 ** (age / half_life)`, so that it counts half after a half-life.
"""

from collections.abc import Mapping
from typing import Any, Self

import polars as pl
from pydantic import Field, model_validator

from cdp.model.tables import BY_NAME
from cdp.scores.method import METHODS, Method, ScoreDefinition
from cdp.settings import Strict
from cdp.stage import Run
from cdp.store import Statement
from cdp.store.narrow import narrowed

_OF_PERSON = "email phone postcode city state country language company job_title account_id status"
_OF_ACCOUNT = "email phone website industry tax_id postcode city state country language role status"
ATTRIBUTES = tuple(sorted({*_OF_PERSON.split(), *_OF_ACCOUNT.split(), "region"}))
_NUMBERS = ("bigint", "integer", "decimal(18,2)")
FEATURES = tuple(c.name for c in BY_NAME["gold.feature"].columns if c.type in _NUMBERS)


class Rule(Strict):
    """Points for each event of a type, or once for a feature or an attribute that is as wanted."""

    because: str = Field(description="the reason as people read it: opened an e-mail")
    points: float = Field(description="points of one event when it happens, or of the feature")
    event: str | None = Field(
        None, description="type of interaction (email_opened, ...) or order_placed"
    )
    channel: str | None = Field(None, description="only events of this channel")
    campaign: str | None = Field(None, description="only events that this campaign caused")
    subject: str | None = Field(
        None, description="only events whose subject contains this, in capitals or not"
    )
    half_life_days: float | None = Field(
        None, gt=0, description="days after which an event counts half; default: the score's"
    )
    within_days: int = Field(365, gt=0, description="older events count nothing")
    at_most_points: float | None = Field(
        None, gt=0, description="what this rule can give (or take, when points are negative)"
    )
    feature: str | None = Field(None, description="number of gold.feature that is looked at")
    at_least: float | None = Field(None, description="lowest value of the feature that counts")
    at_most: float | None = Field(None, description="highest value of the feature that counts")

    attribute: str | None = Field(
        None, description="attribute of the golden record that is looked at, known ones count"
    )
    among: tuple[str, ...] = Field(
        (), description="values of the attribute that count, in capitals or not; default: all"
    )
    containing: tuple[str, ...] = Field(
        (), description="parts one of which the attribute has, in capitals or not: head of, lead"
    )

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if [self.event, self.feature, self.attribute].count(None) != 2:  # noqa: PLR2004 - of three
            msg = "a rule needs one of `event`, `feature` and `attribute`"
            raise ValueError(msg)
        if self.feature is not None:
            self._check_feature()
        elif self.at_least is not None or self.at_most is not None:
            msg = "`at_least` and `at_most` bound a `feature`; for events use `at_most_points`"
            raise ValueError(msg)
        self._check_attribute()
        return self

    def _check_attribute(self) -> None:
        if self.attribute is None:
            if self.among or self.containing:
                msg = "`among` and `containing` say how an `attribute` must be"
                raise ValueError(msg)
        elif self.attribute not in ATTRIBUTES:
            msg = f"unknown attribute {self.attribute!r}; known: {', '.join(ATTRIBUTES)}"
            raise ValueError(msg)

    def _check_feature(self) -> None:
        if self.feature not in FEATURES:
            msg = f"unknown feature {self.feature!r}; known: {', '.join(FEATURES)}"
            raise ValueError(msg)
        if self.at_least is None and self.at_most is None:
            msg = "a rule on a feature needs `at_least`, `at_most` or both"
            raise ValueError(msg)


class RuleScore(ScoreDefinition):
    """A score by rules; everybody it is `of` has it, 0 when no rule holds."""

    half_life_days: float = Field(30, gt=0, description="days after which an event counts half")
    rules: tuple[Rule, ...] = Field(min_length=1, description="what gives or takes points")


def _compute(run: Run, definitions: Mapping[str, RuleScore]) -> None:
    warehouse, moment = run.warehouse, {"as_of": run.as_of}
    warehouse.put("step.rule_population", _population(definitions))
    warehouse.put("step.rule", _rules(definitions))
    warehouse.make(_sql("rule_event_person"), **moment)
    warehouse.append(_sql("rule_event_account"), **moment)
    warehouse.make(_sql("rule_attribute_person"))
    warehouse.append(_sql("rule_attribute_account"))
    warehouse.append(_sql("rule_point"))


def _reach(run: Run, definitions: Mapping[str, RuleScore]) -> bool:
    """Points follow from a profile's own events and facts: nobody else's move."""
    _ = run, definitions
    return True


def _again(run: Run, definitions: Mapping[str, RuleScore]) -> None:
    warehouse, moment = run.warehouse, {"as_of": run.as_of}
    warehouse.put("step.rule_population", _population(definitions))
    warehouse.put("step.rule", _rules(definitions))
    warehouse.refresh(_sql("rule_event_person"), **moment)
    warehouse.refresh(_sql("rule_event_account"), **moment)
    warehouse.refresh(_sql("rule_attribute_person"))
    warehouse.refresh(_sql("rule_attribute_account"))
    warehouse.append(narrowed(_sql("rule_point")))


def _sql(name: str) -> Statement:
    return Statement.load("cdp.scores", name)


def _population(definitions: Mapping[str, RuleScore]) -> pl.DataFrame:
    rows = [(name, entity_type) for name, d in definitions.items() for entity_type in d.of]
    return pl.DataFrame(rows, schema={"score": pl.String, "entity_type": pl.String}, orient="row")


def _rules(definitions: Mapping[str, RuleScore]) -> pl.DataFrame:
    rows: list[dict[str, Any]] = [
        rule.model_dump()
        | {
            "score": name,
            "rule": position,
            "half_life_days": rule.half_life_days or definition.half_life_days,
            "subject": rule.subject and rule.subject.casefold(),
            "among": [value.casefold() for value in rule.among],
            "containing": [part.casefold() for part in rule.containing],
        }
        for name, definition in definitions.items()
        for position, rule in enumerate(definition.rules)
    ]
    schema: dict[str, Any] = {
        "score": pl.String,
        "rule": pl.Int64,
        "because": pl.String,
        "points": pl.Float64,
        "event": pl.String,
        "channel": pl.String,
        "campaign": pl.String,
        "subject": pl.String,
        "half_life_days": pl.Float64,
        "within_days": pl.Int64,
        "at_most_points": pl.Float64,
        "feature": pl.String,
        "at_least": pl.Float64,
        "at_most": pl.Float64,
        "attribute": pl.String,
        "among": pl.List(pl.String),
        "containing": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema)


METHODS.add("rules", Method("rules", RuleScore, _compute, _reach, _again))
