"""The lowest number or the earliest date wins; what is neither comes last."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule, size

RULES.add(
    "lowest",
    Rule(
        name="lowest",
        description="the lowest number or earliest date wins; what is neither comes last",
        merit=lambda _: size("value", exp.Neg),
    ),
)
