"""The highest number or the latest date wins; what is neither comes last."""

from cdp.golden.rule import RULES, Rule, size

RULES.add(
    "highest",
    Rule(
        name="highest",
        description="the highest number or latest date wins; what is neither comes last",
        merit=lambda _: size("value"),
    ),
)
