"""A value that its source has verified beats one that it has not."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "verified_first",
    Rule(
        name="verified_first",
        description="a value that its source has verified beats one that it has not",
        merit=lambda _: exp.cast(exp.column("verified"), "int"),
    ),
)
