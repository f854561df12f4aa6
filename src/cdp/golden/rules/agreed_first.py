"""A quorum: what two sources or more agree on beats what one says alone."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule


def _merit() -> exp.Expression:
    sources = exp.Window(
        this=exp.Count(this=exp.Distinct(expressions=[exp.column("source")])),
        partition_by=[exp.column(name) for name in ("profile_id", "attribute", "value")],
    )
    return exp.cast(exp.GTE(this=sources, expression=exp.Literal.number(2)), "int")


RULES.add(
    "agreed_first",
    Rule(
        name="agreed_first",
        description="a value that two sources or more agree on beats one of a single source",
        merit=lambda _: _merit(),
    ),
)
