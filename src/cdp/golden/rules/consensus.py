"""The value that most sources agree on wins, however often one of them repeats its own."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "consensus",
    Rule(
        name="consensus",
        description="the value that most sources agree on wins, repeats of one source aside",
        merit=lambda _: exp.column("sources"),
    ),
)
