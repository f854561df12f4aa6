"""The value that most records of the profile agree on wins."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "frequency",
    Rule(
        name="frequency",
        description="the value that most records of the profile agree on wins",
        merit=lambda _: exp.column("records"),
    ),
)
