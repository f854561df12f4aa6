"""A quorum: what two sources or more agree on beats what one says alone."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "agreed_first",
    Rule(
        name="agreed_first",
        description="a value that two sources or more agree on beats one of a single source",
        merit=lambda _: exp.cast(exp.column("sources") >= exp.Literal.number(2), "int"),
    ),
)
