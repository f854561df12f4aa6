"""The rules of `survivorship.yaml` put into the statements that choose golden values.

Of equal values one record is the best by the rules that tell records apart; a value then is
judged by all rules, by its best record and by how many say the same.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl
import sqlglot
from sqlglot import exp

from cdp.golden.rule import OF_VALUE
from cdp.golden.survivorship import BESIDE_ATTRIBUTES
from cdp.model.attributes import ATTRIBUTES
from cdp.store import Statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from cdp.golden.survivorship import SurvivorshipFile
    from cdp.store import Warehouse

CANDIDATE: Final = "temp.candidate"
_FIRST = dict.fromkeys(("given_name", "middle_name", "family_name"), ("whole_name",))
"""What stands above the rules: these come of one name."""


def candidate_statement(survivorship: SurvivorshipFile) -> Statement:
    """Return the SELECT that gives each candidate a number and its costs, in the rules' order.

    A cost is a merit turned round, so that the least of the `costs`, a list of doubles that
    compares from the left, is the best candidate: the least is found without sorting. A rule on
    which the records of one value do not differ costs nothing here. Which candidate has which
    number is chance, and nothing hangs on it.
    """
    told = Statement.load("cdp.golden", "candidate")
    costs = _by_attribute(survivorship, lambda attribute: _costs(survivorship, attribute))
    number = exp.Window(this=exp.RowNumber())
    rows = exp.Subquery(
        this=sqlglot.parse_one(told.sql, dialect="duckdb"),
        alias=exp.TableAlias(this=exp.to_identifier("told")),
    )
    query = exp.select(number.as_("number"), "*", costs.as_("costs")).from_(rows)
    return replace(told, sql=query.sql("duckdb", pretty=True))


def define(warehouse: Warehouse, survivorship: SurvivorshipFile) -> None:
    """Give `attribute.sql` the rules: what a value costs, and what is counted for that."""
    costs = _by_attribute(survivorship, lambda attribute: _all_costs(survivorship, attribute))
    counted = any(column.name == "sources" for column in costs.find_all(exp.Column))
    # to count sources costs a fifth of the statement
    sources = exp.Count(this=exp.Distinct(expressions=[exp.column("source")]))
    macros = {
        "costs_of_value(attribute, costs, records, sources)": costs,
        "sources_of_value(source)": sources if counted else exp.Literal.number(1),
    }
    for name, formula in macros.items():
        sql = f"create or replace temp macro {name} as {formula.sql('duckdb')}"
        warehouse.connection.execute(sql)


def rule_names(survivorship: SurvivorshipFile) -> pl.DataFrame:
    """Return `attribute, rules` of every attribute: the names of its rules, in their order."""
    names = sorted((*ATTRIBUTES, *BESIDE_ATTRIBUTES))
    rules = [
        [*_FIRST.get(name, ()), *(rule.name for rule, _ in survivorship.uses(name))]
        for name in names
    ]
    return pl.DataFrame({"attribute": names, "rules": rules})


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


def _costs(survivorship: SurvivorshipFile, attribute: str | None) -> exp.Expression:
    """Return the list of costs of a candidate, zero where its value alone decides."""
    nothing = exp.cast(exp.Literal.number(0), "double")
    merits = [rule.merit(words) for rule, words in survivorship.uses(attribute)]
    return exp.Array(
        expressions=[nothing if _is_of_value(merit) else _cost(merit) for merit in merits]
    )


def _all_costs(survivorship: SurvivorshipFile, attribute: str | None) -> exp.Expression:
    """Return the list of costs of a value, from `costs`, those of its best record."""
    merits = [rule.merit(words) for rule, words in survivorship.uses(attribute)]
    costs = exp.column("costs")
    if not any(map(_is_of_value, merits)):
        return costs
    return exp.Array(
        expressions=[
            _cost(merit)
            if _is_of_value(merit)
            else exp.Anonymous(
                this="list_extract", expressions=[costs.copy(), exp.Literal.number(place)]
            )
            for place, merit in enumerate(merits, start=1)
        ]
    )


def _is_of_value(merit: exp.Expression) -> bool:
    return any(column.name in OF_VALUE for column in merit.find_all(exp.Column))


def _cost(merit: exp.Expression) -> exp.Expression:
    return exp.Neg(this=exp.cast(merit, "double"))
