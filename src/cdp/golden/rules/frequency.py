"""The value that most records of the profile agree on wins."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "frequency",
    Rule(
        name="frequency",
        description="the value that most records of the profile agree on wins",
        merit=lambda _: exp.Window(
            this=exp.Count(this=exp.Star()),
            partition_by=[exp.column(name) for name in ("profile_id", "attribute", "value")],
        ),
    ),
)
