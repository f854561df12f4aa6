"""A value that its own source prefers beats the source's further values."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "preferred_first",
    Rule(
        name="preferred_first",
        description="the value that a record names first beats its further values",
        merit=lambda _: exp.Neg(this=exp.column("position")),
    ),
)
