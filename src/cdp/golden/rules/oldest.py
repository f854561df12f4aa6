"""The value that was told first wins: what a birth place or a first contact was at the time."""

from sqlglot import exp

from cdp.golden.rule import RULES, Rule

RULES.add(
    "oldest",
    Rule(
        name="oldest",
        description="the value whose source confirmed it longest ago wins",
        merit=lambda _: exp.Neg(
            this=exp.Anonymous(this="epoch_us", expressions=[exp.column("seen_at")])
        ),
    ),
)
