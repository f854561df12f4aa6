"""The one statement that is built: every candidate with what it costs by its attribute's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.golden.survivorship import SurvivorshipFile

_CARRIED = (
    "profile_id",
    "entity_type",
    "attribute",
    "value",
    "record_id",
    "source",
    "trust_tier",
    "seen_at",
)


def merit_statement(survivorship: SurvivorshipFile) -> Statement:
    """Return the SELECT that gives each candidate its rules' names and its costs, in their order.

    A cost is a merit turned round, so that the least of the `costs`, a list of doubles that
    compares from the left, is the best candidate: the least is found without sorting.
    """
    rules = _by_attribute(survivorship, lambda attribute: _names(survivorship, attribute))
    costs = _by_attribute(survivorship, lambda attribute: _costs(survivorship, attribute))
    columns = [exp.column(name) for name in _CARRIED]
    query = exp.select(*columns, rules.as_("rules"), costs.as_("costs"))
    return Statement(
        name="cdp.golden/merit",
        sql=query.from_("step.candidate").sql("duckdb", pretty=True),
        grain="one value of one attribute of one source record of one profile",
        key="profile_id",
        reads=("step.candidate",),
        broadcast=(),
        params=(),
        writes="step.merit",
    )


def _by_attribute(
    survivorship: SurvivorshipFile, build: Callable[[str | None], exp.Expression]
) -> exp.Expression:
    listed = sorted(survivorship.attributes)
    if not listed:
        return build(None)
    return exp.Case(
        this=exp.column("attribute"),
        ifs=[exp.If(this=exp.Literal.string(name), true=build(name)) for name in listed],
        default=build(None),
    )


def _names(survivorship: SurvivorshipFile, attribute: str | None) -> exp.Expression:
    names = [exp.Literal.string(rule.name) for rule, _ in survivorship.uses(attribute)]
    return exp.Array(expressions=names)


def _costs(survivorship: SurvivorshipFile, attribute: str | None) -> exp.Expression:
    merits = [exp.cast(rule.merit(words), "double") for rule, words in survivorship.uses(attribute)]
    return exp.Array(expressions=[exp.Neg(this=merit) for merit in merits])
