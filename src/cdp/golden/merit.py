"""The one statement that is built: every candidate with what it costs by its attribute's rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
from sqlglot import exp

from cdp.golden.survivorship import BESIDE_ATTRIBUTES
from cdp.model.attributes import ATTRIBUTES
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.golden.survivorship import SurvivorshipFile

MERIT: Final = "temp.merit"
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
_FIRST = dict.fromkeys(("given_name", "middle_name", "family_name"), ("whole_name",))
"""What stands above the rules: these come of one name."""


def merit_statement(survivorship: SurvivorshipFile) -> Statement:
    """Return the SELECT that gives each candidate a number and its costs, in the rules' order.

    A cost is a merit turned round, so that the least of the `costs`, a list of doubles that
    compares from the left, is the best candidate: the least is found without sorting. Which
    candidate has which number is chance, and nothing hangs on it.
    """
    costs = _by_attribute(survivorship, lambda attribute: _costs(survivorship, attribute))
    columns = [exp.column(name) for name in _CARRIED]
    number = exp.Window(this=exp.RowNumber())
    query = exp.select(number.as_("number"), *columns, costs.as_("costs"))
    return Statement(
        name="cdp.golden/merit",
        sql=query.from_("temp.candidate").sql("duckdb", pretty=True),
        grain="one value of one attribute of one source record of one profile",
        key="profile_id",
        reads=("temp.candidate",),
        broadcast=(),
        params=(),
        writes=MERIT,
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


def rule_names(survivorship: SurvivorshipFile) -> pl.DataFrame:
    """Return `attribute, rules` of every attribute: the names of its rules, in their order."""
    names = sorted((*ATTRIBUTES, *BESIDE_ATTRIBUTES))
    rules = [
        [*_FIRST.get(name, ()), *(rule.name for rule, _ in survivorship.uses(name))]
        for name in names
    ]
    return pl.DataFrame({"attribute": names, "rules": rules})


def _costs(survivorship: SurvivorshipFile, attribute: str | None) -> exp.Expression:
    merits = [exp.cast(rule.merit(words), "double") for rule, words in survivorship.uses(attribute)]
    return exp.Array(expressions=[exp.Neg(this=merit) for merit in merits])
