"""The value that most sources agree on wins, however often one of them repeats its own."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "consensus",
    Rule(
        name="consensus",
        description="the value that most sources agree on wins, repeats of one source aside",
        merit=lambda _: exp.Window(
            this=exp.Count(this=exp.Distinct(expressions=[exp.column("source")])),
            partition_by=[exp.column(name) for name in ("profile_id", "attribute", "value")],
        ),
    ),
)
