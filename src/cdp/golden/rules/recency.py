"""The value that its source confirmed last wins."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "recency",
    Rule(
        name="recency",
        description="the value that its source confirmed last wins",
        merit=lambda _: exp.Anonymous(this="epoch_us", expressions=[exp.column("seen_at")]),
    ),
)
